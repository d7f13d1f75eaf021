"""`manage.py up`: one command from nothing to a completed run, and to nothing again."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import signal
import socket
import sqlite3
import stat
import subprocess
import time
import uuid
from http.cookies import SimpleCookie

import psutil
import pytest

from tests.acceptance.ups import (
    PASSWORD,
    SLEEPER,
    find_process,
    printed_curl,
    spawn_up,
    start_sleeper,
    wait_until_gone,
    wait_until_up,
)
from tests.servers import wait_until
from tests.servers.hub import MANAGE, ROOT

pytestmark = pytest.mark.acceptance
STOP_S = 10
IMPATIENT = {"DRAIN_SECONDS": "0.5", "GRACE_S": "0.5"}


@pytest.fixture(scope="module")
def fresh(make_module_hub):
    """A hub in whose folder `up` was started for the first time, and still runs."""
    hub = make_module_hub(**IMPATIENT)
    hub.copy_script("fetch_rss.py")
    hub.add_script("sleeper.py", SLEEPER)
    hub.up = spawn_up(hub)
    hub.first_output = wait_until_up(hub.up)
    return hub


@pytest.fixture(scope="module")
def place(make_module_hub):
    """A hub that is set up, and of which nothing runs."""
    hub = make_module_hub(**IMPATIENT)
    hub.add_script("sleeper.py", SLEEPER)
    hub.setup()
    return hub


def ask_database(hub, query):
    with contextlib.closing(sqlite3.connect(hub.data_dir / "database.db")) as database:
        return database.execute(query).fetchall()


@pytest.fixture
def start(place):
    """Start `up` in that place; it ends with the test."""
    started = []

    def run(**environment):
        started.append(spawn_up(place, **environment))
        wait_until_up(started[-1])
        return started[-1]

    yield run
    for up in started:
        up.stop(timeout_s=STOP_S)


def test_the_printed_request_runs_the_guides_script(fresh):
    words = printed_curl(fresh.first_output)
    assert words[4] == f"http://localhost:{fresh.port}/runs/runs"
    request = json.loads(words[-1])
    assert request["script_name"] == "fetch_rss.py"
    request["parameters"]["url"] = "gopher://nowhere/"

    answer = fresh.request("POST", "/runs/runs", json=request)

    assert answer.status == 201, answer.text
    run = fresh.wait_for_run(answer.json()["run_id"], 30)
    # The script itself said no: everything before it did its work.
    assert (run["status"], run["reason"], run["exit_code"]) == ("failed", "exit", 2)


def test_the_first_start_prints_a_password_that_opens_the_admin(fresh):
    username, password = PASSWORD.search(fresh.first_output).groups()
    page = fresh.request("GET", "/admin/login/")
    token = SimpleCookie(page.headers["Set-Cookie"])["csrftoken"].value
    form = f"username={username}&password={password}&csrfmiddlewaretoken={token}"
    answer = fresh.request(
        "POST",
        "/admin/login/?next=/admin/",
        body=form.encode(),
        headers={
            "Cookie": f"csrftoken={token}",
            "Content-Type": "application/x-www-form-urlencoded",
        },
    )
    assert (answer.status, answer.headers["Location"]) == (302, "/admin/")


def test_the_secret_key_is_for_its_owner_alone(fresh):
    assert stat.S_IMODE((fresh.data_dir / "secret_key").stat().st_mode) == 0o600


def test_a_terminals_ctrl_c_reaches_up_alone(fresh):
    up = psutil.Process(fresh.up.pid)
    sessions = {os.getsid(child.pid) for child in up.children()}
    assert os.getsid(up.pid) not in sessions


def test_a_killed_portal_comes_back(fresh):
    portal = find_process(fresh.up, "gunicorn")
    workers = portal.children()
    # A frozen one cannot notice by itself that its parent has gone.
    workers[0].suspend()
    portal.kill()
    wait_until_gone(workers, STOP_S)
    # The socket stayed open all the time: this call waits for the next portal.
    assert fresh.request("GET", "/health/live", timeout_s=20).status == 200
    assert "portal was killed by SIGKILL; starting it again in 1 s." in (
        fresh.up.output()
    )


def test_a_killed_worker_comes_back(fresh):
    worker = find_process(fresh.up, "qcluster")
    below = worker.children(recursive=True)
    worker.kill()
    wait_until_gone(below, STOP_S)
    start_sleeper(fresh)
    assert "worker was killed by SIGKILL; starting it again in 1 s." in (
        fresh.up.output()
    )


def test_the_next_start_changes_nothing_and_prints_no_password(place, start):
    key = (place.data_dir / "secret_key").read_bytes()
    users = "SELECT * FROM auth_user"
    before = ask_database(place, users)
    output = start().output()
    assert "password" not in output
    assert "migration" not in output
    assert "as admin\n" in output
    assert (place.data_dir / "secret_key").read_bytes() == key
    assert ask_database(place, users) == before
    assert len(before) == 1


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_request_to_stop_ends_everything_within_ten_seconds(place, start, number):
    up = start()
    run = start_sleeper(place)
    tree = up.tree()
    assert len(tree) > 6
    began = time.monotonic()

    up.send_signal(number)

    assert up.wait(STOP_S) == 0
    assert time.monotonic() - began < STOP_S
    assert not [process for process in tree if process.is_running()]
    assert place.survivors() == []
    assert "Traceback" not in up.output()
    key = uuid.UUID(run["run_id"]).hex
    said = ask_database(place, f"SELECT status, reason FROM runs_run WHERE id='{key}'")
    assert said == [("failed", "shutdown")]


def test_killing_it_leaves_nothing(place, start):
    up = start()
    start_sleeper(place)
    tree = up.tree()
    up.kill()
    wait_until_gone(tree, STOP_S)
    assert place.survivors() == []


@pytest.fixture
def piped_up(place):
    """An `up` whose output goes to a pipe."""
    up = subprocess.Popen(
        [*MANAGE, "up"],
        env=place.env | {"PORT": str(place.port)},
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )
    with up:
        yield up
        up.kill()


def test_a_terminal_that_goes_away_is_no_traceback(place, piped_up):
    assert b"Scripts: " in piped_up.stdout.readline()
    piped_up.stdout.close()
    place.wait_for(place.is_live, 30)
    piped_up.send_signal(signal.SIGHUP)
    assert piped_up.wait(STOP_S) == 0
    assert place.survivors() == []


def test_a_busy_port_is_one_sentence_and_nothing_is_made(make_hub):
    hub = make_hub()
    with socket.create_server(("127.0.0.1", hub.port)):
        done = hub.manage("up", check=False, PORT=str(hub.port))
    assert done.returncode == 1
    assert done.stderr == (
        f"CommandError: Port {hub.port} is in use; stop what listens there, or choose "
        "another: PORT=9000 make up\n"
    )
    assert not hub.data_dir.exists()


@pytest.mark.parametrize(
    ("environment", "sentence"),
    [
        ({"PORT": "http"}, "PORT is 'http'; write a number from 1 to 65535"),
        ({"DATA_DIR": "/dev/null/var"}, "/dev/null is a file. Move it away"),
        ({"DATABASE_PATH": "/nowhere/d"}, "file /nowhere/d cannot be opened: unable"),
    ],
)
def test_what_is_wrong_is_a_sentence(make_hub, environment, sentence):
    hub = make_hub()
    done = hub.manage("up", check=False, **({"PORT": str(hub.port)} | environment))
    assert done.returncode == 1
    assert sentence in done.stderr
    assert "Traceback" not in done.stderr


def test_a_request_while_it_sets_up_is_no_traceback(place):
    with (place.data_dir / "setup.lock").open("ab") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        up = spawn_up(place)
        wait_until(
            lambda: "Waiting for another process" in up.output(),
            timeout_s=20,
            what="it waits for the lock",
        )
        up.send_signal(signal.SIGINT)
        assert up.wait(STOP_S) == 0
    assert up.output().endswith("Stopped before it was up.\n")
    assert "Traceback" not in up.output()

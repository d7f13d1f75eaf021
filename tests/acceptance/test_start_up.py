"""How the services start, what stops them from it, and what a portal makes of odd
requests."""

from __future__ import annotations

import contextlib
import fcntl
import http.client
import os
import signal
import socket
import subprocess

import pytest

from tests.acceptance.ups import spawn_up, wait_until_up
from tests.servers import wait_until
from tests.servers.hub import GUNICORN, MANAGE, ROOT

pytestmark = pytest.mark.acceptance
START_S = 30
NO_KEY = (
    "There is no secret key. Run `manage.py setup`, which makes one in the data folder "
    "where there is none, or set SECRET_KEY."
)
LOOK_AGAIN = "`manage.py sync_scripts` looks into the scripts folder again."


@pytest.fixture(scope="module")
def portal(make_module_hub):
    """A hub of which the portal runs; its child is `hub.gunicorn`."""
    hub = make_module_hub(ANONYMOUS_API="127.0.0.0/8")
    hub.copy_script("fetch_rss.py")
    hub.setup()
    hub.gunicorn = hub.start_portal()
    return hub


def spawn_portal(hub, **environment):
    argv = [*GUNICORN, "--bind", f"127.0.0.1:{hub.port}"]
    return hub.spawn("portal", argv, **environment)


# -- Starting --------------------------------------------------------------------


def test_a_portal_without_a_key_ends_with_one_sentence(make_hub):
    portal = spawn_portal(make_hub())
    assert portal.wait(START_S) == 4
    assert NO_KEY in portal.output().splitlines()
    assert "Traceback" not in portal.output()


def test_a_portal_with_a_wrong_setting_ends_with_one_sentence(make_hub):
    portal = spawn_portal(make_hub(), WORKERS="abc")
    assert portal.wait(START_S) == 4
    assert "WORKERS is 'abc'; write a number." in portal.output().splitlines()
    assert "Traceback" not in portal.output()


@pytest.mark.parametrize(
    "command", [["up"], ["setup"], ["run", "x"], ["qcluster"], ["check"], ["migrate"]]
)
def test_a_wrong_setting_is_one_sentence_from_every_command(make_hub, command):
    done = make_hub().manage(*command, check=False, WORKERS="abc")
    assert done.returncode in {1, 4}
    assert done.stderr == "WORKERS is 'abc'; write a number.\n"


@pytest.mark.parametrize(
    ("setting", "sentence"),
    [
        ({"TIME_ZONE": "Foo/Bar"}, "TIME_ZONE is 'Foo/Bar', which is no time zone; "),
        ({"LANGUAGE_CODE": "xx"}, "LANGUAGE_CODE is 'xx'; the hub speaks: en, zh-hans"),
        ({"PUBLIC_URL": "http://[bad"}, "PUBLIC_URL is 'http://[bad'; write the whole"),
        ({"QUEUE": "a b"}, "QUEUE is 'a b'; write up to 64 letters, digits, "),
    ],
)
def test_each_wrong_setting_has_its_sentence(make_hub, setting, sentence):
    done = make_hub().manage("check", check=False, **setting)
    assert done.returncode == 1
    assert done.stderr.startswith(sentence)
    assert len(done.stderr.splitlines()) == 1


def test_where_a_wrong_setting_is_found_can_be_seen(make_hub):
    done = make_hub().manage("check", "--traceback", check=False, WORKERS="abc")
    assert "Traceback" in done.stderr


def test_ctrl_c_ends_a_command_without_a_traceback(make_hub):
    hub = make_hub()
    hub.data_dir.mkdir()
    with (hub.data_dir / "setup.lock").open("ab") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        setup = hub.spawn("setup", [*MANAGE, "setup"])
        wait_until(
            lambda: "Waiting for another process" in setup.output(),
            timeout_s=START_S,
            what="it waits for the lock",
        )
        setup.send_signal(signal.SIGINT)
        assert setup.wait(10) == 130
    assert "Traceback" not in setup.output()


# -- The command line ------------------------------------------------------------


@pytest.mark.parametrize(
    "words",
    [
        ["run", b"\xff"],
        ["run", "fetch_rss.py", b"url=\xff"],
        ["token", "create", "z", "--user", b"\xff"],
    ],
)
def test_an_argument_that_is_no_text_is_one_sentence(portal, words):
    done = subprocess.run(
        [*map(os.fsencode, [*MANAGE, *words])],
        cwd=ROOT,
        env=portal.env,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert done.stderr.startswith("The argument '")
    assert done.stderr.endswith(r"\udcff' is not text; write it in UTF-8." + "\n")


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["fetch_rss.py", "=x"], "'=x' is not name=value."),
        (["fetch_rss.py", "x"], "'x' is not name=value; write it as x=…"),
        (
            ["nope.py"],
            f"There is no script 'nope.py'; {LOOK_AGAIN}",
        ),
    ],
)
def test_what_cannot_be_run_is_one_sentence(portal, words, sentence):
    done = portal.manage("run", *words, check=False)
    assert done.returncode == 1
    assert done.stderr == f"CommandError: {sentence}\n"


# -- Requests --------------------------------------------------------------------


def exchange(hub, request):
    """Send a request as it is written; return all that comes back."""
    with socket.create_connection(("127.0.0.1", hub.port), timeout=15) as client:
        client.sendall(request.encode())
        return b"".join(iter(lambda: client.recv(65536), b""))


@pytest.mark.parametrize("count", [1, 300])
def test_a_body_in_chunks_is_refused_with_a_sentence(portal, count):
    connection = http.client.HTTPConnection("127.0.0.1", portal.port, timeout=15)
    with contextlib.closing(connection):
        connection.request(
            "POST",
            "/runs/runs",
            (b" " * 10_000 for _ in range(count)),
            {"Content-Type": "application/json", "Transfer-Encoding": "chunked"},
            encode_chunked=True,
        )
        answer = connection.getresponse()
        assert answer.status == 411
        assert b'"code":"length_required"' in answer.read()


def test_chunks_that_are_none_are_refused_too(portal):
    said = exchange(
        portal,
        "POST /runs/runs HTTP/1.1\r\nHost: localhost\r\n"
        "Transfer-Encoding: chunked\r\n\r\nnonsense\r\n\r\n",
    )
    assert said.startswith(b"HTTP/1.1 411 ")
    assert "Traceback" not in portal.gunicorn.output()


@pytest.mark.parametrize(
    "path", ["/health", "/docs", "/nothing", "/static/hub/icon.svg", "/admin/login/"]
)
def test_an_answer_to_head_has_a_length_and_no_body(portal, path):
    got = portal.request("GET", path)
    said = exchange(
        portal, f"HEAD {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
    )
    head, _blank, body = said.partition(b"\r\n\r\n")
    assert body == b""
    assert f" {got.status} ".encode() in head.splitlines()[0]
    assert f"content-length: {len(got.body)}".encode() in head.lower()
    assert "no-body" not in portal.gunicorn.output()


def test_a_wrong_host_is_one_line_in_the_log(portal):
    before = len(portal.gunicorn.output())
    answer = portal.request("GET", "/docs", headers={"Host": "evil.example"})
    assert answer.status == 400
    portal.wait_for(lambda: "evil.example" in portal.gunicorn.output()[before:])
    assert len(portal.gunicorn.output()[before:].splitlines()) == 1


@pytest.fixture
def up(make_hub):
    """A hub that `manage.py up` serves."""
    hub = make_hub(DRAIN_SECONDS="0.5", GRACE_S="0.5")
    child = spawn_up(hub)
    wait_until_up(child)
    yield hub
    child.stop(timeout_s=10)


def test_a_callers_script_name_means_nothing(up):
    answer = up.request("GET", "/health", headers={"SCRIPT_NAME": "/foo"})
    assert answer.status == 200
    assert answer.json()["checks"]["database"] == {"ok": True}

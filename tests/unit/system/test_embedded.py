"""The loop of `manage.py up`: coming up, looking after two children, ending them."""

from __future__ import annotations

import os
import signal
import sys
import time
from pathlib import Path

import psutil
import pytest

from tests.servers import Child, free_port, wait_until

ROOT = Path(__file__).parents[3]
PORTAL = """
import http.server, signal, socket, sys

class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()

server = http.server.HTTPServer(("", 0), Handler, bind_and_activate=False)
server.socket = socket.socket(fileno=int(sys.argv[1]))
server.serve_forever()
"""
WORKER = "import time; print('at work', flush=True); time.sleep(600)"
# Ignores SIGTERM, and so does what it left in a session of its own.
DEAF = """
import os, signal, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
if os.fork() == 0:
    os.setsid()
    if os.fork():
        os._exit(0)
print("at work", flush=True)
time.sleep(600)
"""
# Its child ends as somebody else's orphan.
LEAVES_ORPHANS = """
import os, time
if os.fork() == 0:
    if os.fork() == 0:
        time.sleep(0.1)
    os._exit(0)
os.wait()
print("at work", flush=True)
time.sleep(600)
"""


@pytest.fixture
def start(tmp_path):
    """Start the loop; what is left of it ends with the test."""
    children = []

    def run(portal=PORTAL, worker=WORKER, margin_s=5.0) -> Child:
        child = Child(
            [
                *(sys.executable, "-m", "tests.unit.system.embedded"),
                *(str(free_port()), portal, worker),
            ],
            log=tmp_path / "log",
            cwd=ROOT,
            env={
                "PATH": os.environ["PATH"],
                "DJANGO_SETTINGS_MODULE": "automation_hub.settings",
                "DATA_DIR": str(tmp_path),
                "DRAIN_SECONDS": "0",
                "STOP_MARGIN_S": str(margin_s),
            },
        )
        children.append(child)
        return child

    yield run
    for child in children:
        child.stop(signal.SIGKILL, timeout_s=5)


def wait_for(child, text, count=1):
    wait_until(
        lambda: child.output().count(text) >= count,
        timeout_s=20,
        what=f"{text!r} was said {count} time(s)",
    )


def wait_until_at_work(child, count=1):
    wait_for(child, "It is up.")
    wait_for(child, "worker | at work", count)


def left_of(tree):
    return [process for process in tree if process.is_running()]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_request_ends_both_children_and_is_success(start, number):
    child = start()
    wait_until_at_work(child)
    tree = child.tree()
    child.send_signal(number)
    assert child.wait(10) == 0
    assert left_of(tree) == []
    assert child.output().endswith("Stopping ...\n")


def test_what_does_not_end_in_time_is_killed_with_all_below_it(start):
    child = start(worker=DEAF, margin_s=0.3)
    wait_until_at_work(child, 2)
    tree = child.tree()
    child.send_signal(signal.SIGTERM)
    assert child.wait(10) == 0
    assert left_of(tree) == []
    assert "up     | Killing what has not ended yet.\n" in child.output()


def test_what_is_frozen_is_killed(start):
    child = start(margin_s=0.3)
    wait_until_at_work(child)
    tree = child.tree()
    for process in tree[1:]:
        process.suspend()
    child.send_signal(signal.SIGTERM)
    assert child.wait(10) == 0
    assert left_of(tree) == []


def test_a_second_request_hurries(start):
    child = start(worker=DEAF, margin_s=60)
    wait_until_at_work(child, 2)
    tree = child.tree()
    began = time.monotonic()
    while child.alive and time.monotonic() - began < 20:
        child.send_signal(signal.SIGINT)
        time.sleep(0.6)
    assert child.wait(10) == 0
    assert left_of(tree) == []


def test_the_same_request_twice_at_once_does_not_hurry(start):
    polite = (
        "import signal, sys, time\n"
        "def end(number, frame):\n    time.sleep(1); print('the end'); sys.exit()\n"
        "signal.signal(signal.SIGTERM, end)\n" + WORKER
    )
    child = start(worker=polite)
    wait_until_at_work(child)
    child.send_signal(signal.SIGTERM)
    child.send_signal(signal.SIGTERM)
    assert child.wait(10) == 0
    assert "worker | the end\n" in child.output()


def test_killing_it_kills_both_children(start):
    child = start()
    wait_until_at_work(child)
    tree = child.tree()
    child.kill()
    wait_until(lambda: not left_of(tree), timeout_s=10, what="both children died")


@pytest.mark.parametrize("which", [0, 1])
def test_a_child_that_ends_is_started_again(start, which):
    child = start()
    wait_until_at_work(child)
    victim = psutil.Process(child.pid).children()[which]
    victim.kill()
    wait_for(child, "was killed by SIGKILL; starting it again in 0.05 s.")
    wait_until(
        lambda: len(left_of(child.tree())) == 3, timeout_s=10, what="both are there"
    )


def test_a_portal_that_never_answers_ends_it_after_three_attempts(start):
    child = start(portal="raise SystemExit('no such module')")
    assert child.wait(10) == 1
    output = child.output()
    assert output.count("portal | no such module\n") == 3
    assert "The portal ended 3 times before it answered; what it said is " in output
    assert "Traceback" not in output


def test_a_portal_that_has_answered_is_never_given_up(start):
    child = start()
    wait_until_at_work(child)
    for number in range(1, 5):
        below = child.tree()[1:]
        [portal] = [p for p in below if "http.server" in " ".join(p.cmdline())]
        portal.kill()
        wait_for(child, "The portal was killed by SIGKILL; starting it again", number)
        wait_until(lambda: len(child.tree()) == 3, timeout_s=10, what="it is back")
    assert child.alive


def test_orphans_of_its_children_leave_no_zombies(start):
    child = start(worker=LEAVES_ORPHANS)
    wait_until_at_work(child)
    wait_until(lambda: len(child.tree()) == 3, timeout_s=10, what="the dead were freed")

"""The probe that containers are asked with, against real sockets and real files."""

from __future__ import annotations

import http.server
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from automation_hub import probe
from tests.servers.process import Child, wait_until

PROBE = Path(probe.__file__)
SERVER = (
    "import http.server, sys\n"
    "handler = http.server.BaseHTTPRequestHandler\n"
    "handler.do_GET = lambda self: (self.send_response(200), self.end_headers())\n"
    "server = http.server.HTTPServer(('127.0.0.1', 0), handler)\n"
    "print(server.server_address[1], flush=True)\n"
    "server.serve_forever()\n"
)


def run_probe(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(PROBE), *arguments],
        env=environment,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )


@pytest.fixture
def answering():
    """Serve one status code; `asked` is what was asked for."""
    servers = []

    def serve(code: int):
        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                server.asked = (self.path, self.headers["Host"])
                self.send_response(code)
                self.end_headers()

            def log_message(self, format, *args):
                pass

        server = http.server.HTTPServer(("127.0.0.1", 0), Handler)
        servers.append(server)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        return server

    yield serve
    for server in servers:
        server.shutdown()
        server.server_close()


@pytest.fixture
def listening():
    """A socket that takes connections."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server


def test_a_portal_that_lives_is_well(answering):
    server = answering(200)
    assert probe.api_problem(server.server_address) == ""
    assert server.asked == ("/health/live", "localhost")


def test_a_portal_that_answers_something_else_is_not(answering):
    problem = probe.api_problem(answering(503).server_address)
    assert problem == "The portal answered 'HTTP/1.0 503'."


def test_what_is_no_portal_is_not_well(listening):
    def greet():
        peer, _ = listening.accept()
        with peer:
            peer.sendall(b"+OK 200\r\n")

    threading.Thread(target=greet, daemon=True).start()
    problem = probe.api_problem(listening.getsockname())
    # What it was asked was never read, which may reset the connection first.
    assert problem.startswith(("The portal answered", "The portal cannot be reached"))


def test_nobody_there_is_a_sentence(listening):
    address = listening.getsockname()
    listening.close()
    problem = probe.api_problem(address)
    assert problem == "The portal cannot be reached: Connection refused."


def test_a_portal_that_is_frozen_is_late(tmp_path, monkeypatch):
    monkeypatch.setattr(probe, "ANSWER_S", 0.3)
    log = tmp_path / "log"
    child = Child([sys.executable, "-c", SERVER], log=log, env={}, cwd=tmp_path)
    try:
        wait_until(lambda: child.output().strip(), timeout_s=20, what="it serves")
        address = ("127.0.0.1", int(child.output().split()[0]))
        assert probe.api_problem(address) == ""
        child.send_signal(signal.SIGSTOP)
        late = "The portal did not answer within 0.3 seconds."
        assert probe.api_problem(address) == late
    finally:
        child.stop(timeout_s=5)


def test_an_answer_that_trickles_is_late_as_a_whole(listening, monkeypatch):
    monkeypatch.setattr(probe, "ANSWER_S", 0.3)
    over = threading.Event()

    def trickle():
        peer, _ = listening.accept()
        with peer:
            for letter in b"HTTP/1.1 2":
                peer.sendall(bytes([letter]))
                if over.wait(0.2):
                    return

    thread = threading.Thread(target=trickle, daemon=True)
    thread.start()
    began = time.monotonic()
    problem = probe.api_problem(listening.getsockname())
    took = time.monotonic() - began
    over.set()
    thread.join()
    assert problem == "The portal did not answer within 0.3 seconds."
    assert took < 1.5


def test_a_worker_that_beats_is_well(tmp_path):
    heartbeat = tmp_path / "heartbeat"
    heartbeat.touch()
    done = run_probe("worker", HEARTBEAT_FILE=str(heartbeat))
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize(
    ("moved_s", "words"),
    [
        (-50, ""),
        (-70, "The worker's last heartbeat is 70 seconds old.\n"),
        (50, ""),
        (3600, "seconds ahead of the clock.\n"),
    ],
)
def test_a_worker_that_is_frozen_is_found_by_its_age(tmp_path, moved_s, words):
    heartbeat = tmp_path / "heartbeat"
    heartbeat.touch()
    then = time.time() + moved_s
    os.utime(heartbeat, (then, then))
    done = run_probe("worker", HEARTBEAT_FILE=str(heartbeat))
    assert done.returncode == (1 if words else 0)
    assert done.stderr.endswith(words)


def test_a_worker_without_a_heartbeat_is_a_sentence(tmp_path):
    missing = tmp_path / "heartbeat"
    done = run_probe("worker", HEARTBEAT_FILE=str(missing))
    assert done.returncode == 1
    assert done.stderr == (
        f"The worker's heartbeat {missing} cannot be read: No such file or directory.\n"
    )


def test_without_the_variable_it_says_which():
    done = run_probe("worker")
    assert done.returncode == 1
    assert done.stderr.startswith("HEARTBEAT_FILE is not set")


@pytest.mark.parametrize("arguments", [(), ("portal",), ("api", "worker")])
def test_anything_else_is_told_what_there_is(arguments):
    done = run_probe(*arguments)
    assert done.returncode == 1
    assert done.stderr == (
        "Say whose health is asked for: probe.py api, or probe.py worker.\n"
    )


def test_it_loads_no_module_that_its_folder_hides():
    """Run as a file, it finds `automation_hub/logging.py` before Python's own."""
    show = (
        "import runpy, sys; sys.argv = ['probe.py']\n"
        f"sys.path.insert(0, {str(PROBE.parent)!r})\n"
        f"runpy.run_path({str(PROBE)!r})\n"
        "print(*sys.modules)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", show], capture_output=True, text=True, check=True
    )
    neighbours = {path.stem for path in PROBE.parent.glob("*.py")} - {"__init__"}
    assert neighbours & set(done.stdout.split()) == set()
    assert "http" not in done.stdout.split()

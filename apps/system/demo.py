"""`manage.py demo`: the hub's main job on a hub of its own, with no internet."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import shutil
import signal
import socket
import sys
import tempfile
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import IO, Any

from apps.core.errors import HubError
from apps.system.up import MANAGE, Process, answers, launch
from apps.system.up_greeting import curl_line, request_body
from apps.system.up_port import HOST

FEED = Path(__file__).resolve().with_name("sample_feed.xml")
LIMIT = 5
START_S = 60.0
RUN_S = 60.0
STOP_S = 12.0
POLL_S = 0.1
CALL_S = 10.0
TAIL_LINES = 50
# Whatever else the environment says is about the user's own hub.
PASSED_ON = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "LD_LIBRARY_PATH")

Say = Callable[[str], None]


class DemoFailed(HubError):
    """The demo did not get to the Markdown; the message says what it saw."""

    code = "demo_failed"


def run_demo(*, say: Say) -> None:
    """Fetch a sample feed through the API of a hub of its own, and print the result.

    The hub lives in a temporary folder and on a free port; the user's own data is not
    touched. Nothing is left when this returns or raises. Raises DemoFailed.
    """
    with _sample_feed() as feed_url, _hub(say) as port:
        address = f"http://localhost:{port}"
        parameters = {"url": feed_url, "limit": LIMIT}
        say("")
        say(f"$ {curl_line(address, parameters)}")
        run = _follow(port, request_body(parameters), say)
        if run["status"] != "completed":
            log = _get(port, run["log_url"]).decode(errors="replace")
            raise DemoFailed(
                f"The run ended {run['status']}: {run['message']}\n\nIts log:\n{log}"
            )
        _print_markdown(port, run, say)


def _follow(port: int, body: str, say: Say) -> dict[str, Any]:
    """Start a run and say each status it has, until the last."""
    run = json.loads(_call(port, "POST", "/runs/runs", body, expected=201))
    path = f"/runs/runs/{run['run_id']}"
    say(f"{run['status']}: {run['run_id']}")
    say("")
    say(f"$ curl -s http://localhost:{port}{path}")
    said = run["status"]
    give_up_at = time.monotonic() + RUN_S
    while run["finished_at"] is None:
        if time.monotonic() >= give_up_at:
            raise DemoFailed(f"The run is still {run['status']} after {RUN_S:g} s.")
        time.sleep(POLL_S)
        run = json.loads(_get(port, path))
        if run["status"] != said:
            said = run["status"]
            say(f"{said}: {run['message']}" if run["message"] else said)
    return run


def _print_markdown(port: int, run: dict[str, Any], say: Say) -> None:
    for artifact in run["artifacts"]:
        if artifact["name"].endswith(".md"):
            say("")
            say(f"{artifact['name']} ({artifact['size_bytes']} bytes):")
            say("")
            say(_get(port, artifact["url"]).decode("utf-8"))
            return
    raise DemoFailed("The run completed, but left no Markdown file.")


# -- The sample feed -------------------------------------------------------------


class _FeedHandler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        content = FEED.read_bytes()
        self.send_response(200)
        self.send_header("Content-Type", "application/rss+xml; charset=utf-8")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing of each request."""


@contextlib.contextmanager
def _sample_feed() -> Iterator[str]:
    """Serve the sample feed on a free port of loopback; gives its address."""
    with ThreadingHTTPServer((HOST, 0), _FeedHandler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield f"http://{HOST}:{server.server_port}/feed.xml"
        finally:
            server.shutdown()


# -- The hub ---------------------------------------------------------------------


@contextlib.contextmanager
def _hub(say: Say) -> Iterator[int]:
    """Run `manage.py up` in a temporary folder; gives the port of its portal."""
    folder = Path(tempfile.mkdtemp(prefix="automation-hub-demo-"))
    try:
        say(f"Starting a hub of its own in {folder}, which is removed afterwards ...")
        port = _free_port()
        hub = launch(
            [sys.executable, str(MANAGE), "up"], env=_environment(folder, port)
        )
        try:
            _wait_until_up(hub, port)
            yield port
        finally:
            _stop(hub)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _environment(folder: Path, port: int) -> dict[str, str]:
    env = {name: os.environ[name] for name in PASSED_ON if name in os.environ}
    return env | {
        "WORKSPACE": str(folder),
        "DATA_DIR": str(folder / "var"),
        "SCRIPTS_DIR": str(MANAGE.parent / "scripts"),
        "PORT": str(port),
    }


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return probe.getsockname()[1]


def _wait_until_up(hub: Process, port: int) -> None:
    assert hub.stdout is not None
    tail: deque[str] = deque(maxlen=TAIL_LINES)
    reader = threading.Thread(target=_read, args=(hub.stdout, tail), daemon=True)
    reader.start()
    give_up_at = time.monotonic() + START_S
    while not answers(port):
        if hub.poll() is not None or time.monotonic() >= give_up_at:
            reader.join(1)
            raise DemoFailed("The hub did not start. It said:\n" + "".join(tail))
        time.sleep(POLL_S)


def _read(stream: IO[bytes], tail: deque[str]) -> None:
    """Keep the last lines; somebody has to read, or the hub would wait."""
    with stream:
        for line in stream:
            tail.append(line.decode(errors="replace"))


def _stop(hub: Process) -> None:
    hub.send_signal(signal.SIGTERM)
    try:
        hub.wait(STOP_S)
    finally:
        # Also when a second Ctrl-C ends the wait; its children die with it.
        hub.kill()
        hub.wait()


# -- Requests --------------------------------------------------------------------


def _get(port: int, address: str) -> bytes:
    return _call(port, "GET", address, expected=200)


def _call(
    port: int, method: str, address: str, body: str | None = None, *, expected: int
) -> bytes:
    """Send a request as the guide's curl does; raises DemoFailed for another answer."""
    path = address.removeprefix(f"http://{HOST}:{port}")
    headers = {"Content-Type": "application/json"} if body else {}
    connection = http.client.HTTPConnection(HOST, port, timeout=CALL_S)
    try:
        connection.request(method, path, body and body.encode(), headers)
        response = connection.getresponse()
        content = response.read()
    except (OSError, http.client.HTTPException) as exc:
        raise DemoFailed(f"{method} {path} got no answer: {exc}") from exc
    finally:
        connection.close()
    if response.status != expected:
        text = content.decode(errors="replace")
        raise DemoFailed(f"{method} {path} answered {response.status}: {text}")
    return content

"""A container's health, asked without curl: `python automation_hub/probe.py api|worker`.

Ends with 0 where it is well, else with 1 and one sentence. It runs every few seconds in
each container, so it loads nothing but a few small modules of the standard library;
none that would find its neighbours here (`logging.py`) in place of Python's own.
"""

from __future__ import annotations

import os
import socket
import sys
import time

ADDRESS = ("127.0.0.1", 8000)
REQUEST = (
    b"GET /health/live HTTP/1.1\r\nHost: localhost\r\nUser-Agent: probe\r\n"
    b"Connection: close\r\n\r\n"
)
# Below the 5 seconds after which images and manifests give a probe up, so that the
# sentence is still said.
ANSWER_S = 3.0
# A worker renews the file every HEARTBEAT_S, 5 seconds.
FRESH_S = 60.0
STATUS_LINE_LENGTH = len(b"HTTP/1.1 200")


def api_problem(address: tuple[str, int] = ADDRESS) -> str:
    """Return why the portal is not well, as a sentence; "" when it is."""
    try:
        status = _status_line(address, time.monotonic() + ANSWER_S)
    except TimeoutError:
        return f"The portal did not answer within {ANSWER_S:g} seconds."
    except OSError as exc:
        return f"The portal cannot be reached: {exc.strerror or exc}."
    if status.startswith(b"HTTP/1.") and status.endswith(b" 200"):
        return ""
    return f"The portal answered {status.decode('ascii', 'replace')!r}."


def _status_line(address: tuple[str, int], give_up_at: float) -> bytes:
    """Return the start of the answer; TimeoutError when it is late as a whole.

    A timeout of the socket alone would start anew with each byte.
    """
    got = b""
    with socket.create_connection(address, timeout=ANSWER_S) as connection:
        connection.sendall(REQUEST)
        while len(got) < STATUS_LINE_LENGTH:
            left = give_up_at - time.monotonic()
            if left <= 0:
                raise TimeoutError
            connection.settimeout(left)
            part = connection.recv(STATUS_LINE_LENGTH - len(got))
            if not part:
                break
            got += part
    return got


def worker_problem(path: str) -> str:
    """Return why the worker is not well, as a sentence; "" when it is.

    A time that lies ahead, after the clock was set back, is as stale as an old one: the
    next heartbeat puts it right.
    """
    if not path:
        return "HEARTBEAT_FILE is not set, so nobody can tell whether the worker lives."
    try:
        age = time.time() - os.stat(path).st_mtime  # noqa: PTH116 - pathlib is slow
    except OSError as exc:
        return f"The worker's heartbeat {path} cannot be read: {exc.strerror}."
    if age > FRESH_S:
        return f"The worker's last heartbeat is {age:.0f} seconds old."
    if age < -FRESH_S:
        return f"The worker's last heartbeat is {-age:.0f} seconds ahead of the clock."
    return ""


def main(arguments: list[str]) -> int:
    """Ask the one that is named, and return the exit status."""
    if arguments == ["api"]:
        problem = api_problem()
    elif arguments == ["worker"]:
        problem = worker_problem(os.environ.get("HEARTBEAT_FILE", ""))
    else:
        problem = "Say whose health is asked for: probe.py api, or probe.py worker."
    if problem:
        sys.stderr.write(f"{problem}\n")
    return 1 if problem else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""Starting `manage.py up` in a hub's folder, and looking at what it left."""

from __future__ import annotations

import contextlib
import re
import shlex
from collections.abc import Sequence

import psutil

from tests.servers import Child, Hub, wait_until
from tests.servers.hub import MANAGE

UP_S = 40
PASSWORD = re.compile(r"Administrator: (\S+)  password: (\S+)  \(shown once\)")
SLEEPER = """#!/usr/bin/env python3
# /// script
# [tool.automation-hub]
# anonymous = true
# ///
import os, signal, time

signal.signal(signal.SIGTERM, signal.SIG_IGN)
if os.fork() == 0:
    # The second one is far from its parents, and as deaf.
    os.setsid()
    if os.fork():
        os._exit(0)
print("asleep", os.getpid(), flush=True)
time.sleep(600)
"""


def spawn_up(hub: Hub, **environment: str) -> Child:
    """Start `manage.py up` on the hub's port."""
    environment = {"PORT": str(hub.port), **environment}
    return hub.spawn("up", [*MANAGE, "up"], **environment)


def wait_until_up(up: Child) -> str:
    """Return what it said until the portal answered."""
    wait_until(
        lambda: "Ctrl-C stops it." in up.output() or not up.alive,
        timeout_s=UP_S,
        what="manage.py up printed where it is",
    )
    assert up.alive, up.output()
    return up.output()


def printed_curl(output: str) -> list[str]:
    """Return the words of the curl line that it printed."""
    [line] = [line for line in output.splitlines() if line.startswith("curl ")]
    return shlex.split(line)


def find_process(up: Child, *words: str) -> psutil.Process | None:
    """Return the direct child of `up` whose command line has all the words."""
    for process in psutil.Process(up.pid).children():
        # One may end while it is looked at.
        with contextlib.suppress(psutil.NoSuchProcess):
            if set(words) <= set(process.cmdline()):
                return process
    return None


def start_sleeper(hub: Hub) -> dict:
    """Start a run that ends only by force, and wait until it sleeps, twice."""
    answer = hub.request("POST", "/runs/runs", json={"script_name": "sleeper.py"})
    assert answer.status == 201, answer.text
    run = answer.json()
    path = f"/runs/runs/{run['run_id']}/log"
    hub.wait_for(
        lambda: hub.request("GET", path).text.count("asleep") == 2,
        20,
        what="the script sleeps",
    )
    return run


def wait_until_gone(processes: Sequence[psutil.Process], timeout_s: float) -> None:
    """Fail unless all of them end in time; their pids may have new owners by then."""
    wait_until(
        lambda: not [p for p in processes if p.is_running()],
        timeout_s=timeout_s,
        what=f"{[p.pid for p in processes]} ended",
    )

"""Our cluster: django-q2's, which dies whole, drains in bounded time, and ticks."""

from __future__ import annotations

import contextlib
import ctypes
import logging
import os
import signal
import sys
import time
from collections.abc import Iterator
from multiprocessing import get_context
from multiprocessing.context import ForkProcess
from pathlib import Path
from types import FrameType

from django import db
from django.conf import settings
from django_q.cluster import Cluster

from apps.executor.launcher_client import LauncherProcess, start_launcher
from apps.executor.starter import use_launcher
from apps.runs import state, ticking

logger = logging.getLogger(__name__)

PR_SET_PDEATHSIG = 1
PR_SET_DUMPABLE = 4
PR_SET_CHILD_SUBREAPER = 36
LOOK_S = 0.2
BURY_S = 5.0
DATABASE_WAIT_S = 5.0
# What draining may take beyond DRAIN_SECONDS: scripts' TERM and KILL, last writes.
DRAIN_MARGIN_S = 5.0


def _prctl(option: int, value: int) -> None:
    """Set a process attribute on Linux; elsewhere (developing on macOS) do nothing."""
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(option, value, 0, 0, 0)


def _die_with_parent() -> None:
    """Run in each process forked from a cluster's: none outlives the one above it."""
    _prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


class HubCluster(Cluster):
    """django-q2's cluster, whose signal handler only takes note.

    The handler of the base class waits for the pool inside the signal, without limit.
    """

    def sig_handler(self, signum: int, frame: FrameType | None) -> None:
        state.start_draining()


def run_cluster() -> int:
    """Run a cluster until it is told to stop; returns the exit status.

    0 after SIGTERM or SIGINT with everything ended in good order; 1 when a part of it
    died or draining took too long, and everything was killed: whatever supervises this
    process starts it again, and the rows say what is to be done.
    """
    _prctl(PR_SET_CHILD_SUBREAPER, 1)
    # A script of the same user must not read this environment in /proc.
    _prctl(PR_SET_DUMPABLE, 0)
    os.register_at_fork(after_in_child=_die_with_parent)
    _bound_database_waits()
    db.connections.close_all()
    cluster = HubCluster()
    try:
        launcher = _start_launcher()
        tick = _start_tick()
        cluster.start()
        status = _watch(cluster, tick, launcher)
    except RuntimeError as exc:
        # A part could not start, such as the sentinel without a broker.
        logger.error("The cluster could not start: %s", exc)
        status = 1
    finally:
        _kill_descendants()
    return status


def _bound_database_waits() -> None:
    """Let no query of a worker wait longer than the fence of its scripts allows."""
    for config in db.connections.settings.values():
        options = config.setdefault("OPTIONS", {})
        if config["ENGINE"].endswith("sqlite3"):
            options["timeout"] = min(options.get("timeout", 5), DATABASE_WAIT_S)
        else:
            wait = f"-c statement_timeout={int(DATABASE_WAIT_S * 1000)}"
            options["options"] = f"{options.get('options', '')} {wait}".strip()


def _start_launcher() -> LauncherProcess | None:
    """Start the launcher that all slots use; None where there is no such thing."""
    if sys.platform != "linux":
        return None
    try:
        launcher = start_launcher()
    except OSError as exc:
        raise RuntimeError(f"its launcher did not start: {exc}") from exc
    use_launcher(launcher)
    return launcher


def _start_tick() -> ForkProcess:
    process = get_context("fork").Process(
        target=ticking.tick_forever, args=(os.getpid(),), name="tick", daemon=True
    )
    process.start()
    return process


def _watch(
    cluster: HubCluster, tick: ForkProcess, launcher: LauncherProcess | None
) -> int:
    """Look after the parts until the sentinel has ended."""
    bury_at = 0.0
    while cluster.sentinel.is_alive():
        time.sleep(LOOK_S)
        if launcher and not launcher.is_alive():
            # Another one could not tell how the supervisors of this one end.
            logger.error("The launcher died; the cluster ends with it.")
            return 1
        if time.monotonic() >= bury_at:
            bury_at = time.monotonic() + BURY_S
            _bury({cluster.sentinel.pid, tick.pid, getattr(launcher, "pid", None)})
        draining_s = state.draining_s()
        if draining_s is None:
            if not tick.is_alive():
                logger.error("tick died with status %s; starting it", tick.exitcode)
                tick = _start_tick()
            continue
        cluster.stop_event.set()
        if draining_s > settings.DRAIN_SECONDS + DRAIN_MARGIN_S:
            logger.error("The cluster did not drain in time and is killed.")
            return 1
    if state.draining_s() is None:
        logger.error("The sentinel died; the cluster ends with it.")
        return 1
    tick.terminate()
    tick.join(timeout=2)
    return 0


def _bury(known: set[int | None]) -> None:
    """Reap what ended after this subreaper inherited it; `known` have their own ways."""
    for pid, parent, condition in _processes():
        if parent == os.getpid() and condition == "Z" and pid not in known:
            with contextlib.suppress(ChildProcessError):
                os.waitpid(pid, os.WNOHANG)


def _processes() -> Iterator[tuple[int, int, str]]:
    """Yield pid, parent's pid and condition (Z is a zombie) of every process."""
    if sys.platform != "linux":
        return
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(OSError):
                fields = (entry / "stat").read_text().rpartition(")")[2].split()
                yield int(entry.name), int(fields[1]), fields[0]


def _descendants() -> list[int]:
    children: dict[int, list[int]] = {}
    for pid, parent, condition in _processes():
        if condition != "Z":
            children.setdefault(parent, []).append(pid)
    found, todo = [], [os.getpid()]
    while todo:
        below = children.get(todo.pop(), [])
        found += below
        todo += below
    return found


def _kill_descendants() -> None:
    """Kill whatever this process is a parent of, directly or not, until none is left.

    As a subreaper it inherits what its dead children leave behind.
    """
    deadline = time.monotonic() + 5
    while sys.platform == "linux" and time.monotonic() < deadline:
        pids = _descendants()
        if not pids:
            return
        for pid in pids:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        with contextlib.suppress(ChildProcessError):
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
        time.sleep(0.02)

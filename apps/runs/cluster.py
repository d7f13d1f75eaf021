"""Our cluster: django-q2's, which dies whole, drains in bounded time, and ticks."""

from __future__ import annotations

import contextlib
import ctypes
import logging
import os
import signal
import sys
import time
from multiprocessing import get_context
from multiprocessing.context import ForkProcess
from pathlib import Path
from types import FrameType

from django import db
from django.conf import settings
from django_q.cluster import Cluster

from apps.runs import state, ticking

logger = logging.getLogger(__name__)

PR_SET_PDEATHSIG = 1
PR_SET_DUMPABLE = 4
PR_SET_CHILD_SUBREAPER = 36
LOOK_S = 0.2
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
    db.connections.close_all()
    cluster = HubCluster()
    tick = _start_tick()
    try:
        cluster.start()
        status = _watch(cluster, tick)
    except RuntimeError as exc:
        # The sentinel could not start, such as for a broker that is not there.
        logger.error("The cluster could not start: %s", exc)
        status = 1
    finally:
        _kill_descendants()
    return status


def _start_tick() -> ForkProcess:
    process = get_context("fork").Process(
        target=ticking.tick_forever, args=(os.getpid(),), name="tick", daemon=True
    )
    process.start()
    return process


def _watch(cluster: HubCluster, tick: ForkProcess) -> int:
    """Look after the parts until the sentinel has ended."""
    while cluster.sentinel.is_alive():
        time.sleep(LOOK_S)
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


def _descendants() -> list[int]:
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(OSError):
                fields = (entry / "stat").read_text().rpartition(")")[2].split()
                if fields[0] != "Z":
                    children.setdefault(int(fields[1]), []).append(int(entry.name))
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

"""The cluster's main process: starts the parts, looks after them, ends them all."""

from __future__ import annotations

import contextlib
import logging
import os
import signal
import tempfile
import time
from multiprocessing import Event, get_context
from multiprocessing.context import ForkProcess
from pathlib import Path
from types import FrameType

from django import db
from django.conf import settings
from django_q.cluster import Cluster

from apps.core.memory import fill_holes, look_at_models, settle
from apps.executor import processes
from apps.executor.launcher_client import LauncherProcess, start_launcher
from apps.executor.starter import use_launcher
from apps.runs import state, ticking
from apps.runs.cluster import wakeup
from apps.runs.cluster.sentinel import HubSentinel

logger = logging.getLogger(__name__)

# How often it looks after the parts when none of them has ended.
LOOK_S = 1.0
DRAIN_LOOK_S = 0.2
# What draining may take beyond DRAIN_SECONDS: scripts' TERM and KILL, last writes.
DRAIN_MARGIN_S = 5.0
TICK_END_S = 2.0
# A tick that ends over and over is started at most so often.
TICK_RESTART_S = 1.0
# Who overslept by so much was stopped, or the whole host was.
ASLEEP_S = 3.0
KILL_S = 5.0

_forking: list[int] = [0]


class HubCluster(Cluster):
    """django-q2's cluster, with our sentinel and a signal handler that takes note.

    The handler of the base class waits for the pool inside the signal, without limit.
    """

    def __init__(self) -> None:
        super().__init__()
        self.board = state.Board(settings.WORKERS)
        # Slots take turns by a lock on this file; it has no name, so nobody else can.
        self.turn = tempfile.TemporaryFile()  # noqa: SIM115

    def start(self) -> int:
        """Fork the sentinel; it forks the slots."""
        self.stop_event, self.start_event = Event(), Event()
        self.sentinel: ForkProcess = get_context("fork").Process(
            target=HubSentinel,
            args=(
                self.stop_event,
                self.start_event,
                self.cluster_id,
                self.board,
                self.turn,
            ),
            name="sentinel",
        )
        self.sentinel.start()
        return int(self.pid)

    def sig_handler(self, signum: int, frame: FrameType | None) -> None:
        """Take note that the cluster is to end."""
        state.start_draining()


def run_cluster() -> int:
    """Run a cluster until it is told to stop; returns the exit status.

    0 after SIGTERM or SIGINT with everything ended in good order; 1 when a part of it
    died or was stuck, or draining took too long, and everything was killed: whatever
    supervises this process starts it again, and the rows say what is to be done.
    """
    processes.name_process("hub-cluster")
    processes.adopt_orphans()
    # A script of the same user must not read this environment in /proc.
    processes.hide()
    os.register_at_fork(before=_before_fork, after_in_child=_after_fork)
    _bound_database_waits()
    db.connections.close_all()
    try:
        return _Watch(HubCluster()).run()
    except OSError as exc:
        logger.error("The cluster could not start: %s", exc)
        return 1
    finally:
        _kill_descendants()


def _before_fork() -> None:
    _forking[0] = os.getpid()


def _after_fork() -> None:
    """None of a cluster's processes outlives the one above it."""
    wakeup.forget()
    processes.die_with(_forking[0])


def _bound_database_waits() -> None:
    """Let no query of a worker wait longer than the fence of its scripts allows."""
    for config in db.connections.settings.values():
        options = config.setdefault("OPTIONS", {})
        if config["ENGINE"].endswith("sqlite3"):
            options["timeout"] = min(options.get("timeout", 5), state.DATABASE_WAIT_S)
        else:
            connecting = int(options.get("connect_timeout") or state.DATABASE_WAIT_S)
            options["connect_timeout"] = min(connecting, int(state.DATABASE_WAIT_S))
            wait = f"-c statement_timeout={int(state.DATABASE_WAIT_S * 1000)}"
            options["options"] = f"{options.get('options', '')} {wait}".strip()


class _Watch:
    """Looks after sentinel, tick and launcher until one of them ends the cluster."""

    def __init__(self, cluster: HubCluster) -> None:
        self.cluster = cluster
        self.is_stopping = False
        self.wakeup = wakeup.Wakeup()
        self.launcher = _start_launcher()
        # What is loaded by now is needed in every fork: leave its memory shared.
        look_at_models()
        settle()
        fill_holes()
        self.tick = self._start_tick()
        self.heartbeat = Heartbeat(settings.HEARTBEAT_FILE)
        cluster.start()
        logger.info(
            "Worker %s serves the queue %s with %s slot(s).",
            *(state.worker_name, settings.QUEUE, settings.WORKERS),
        )

    def run(self) -> int:
        """Return the exit status when the cluster has ended."""
        while self.cluster.sentinel.is_alive():
            if problem := self._problem():
                logger.error("%s The cluster ends with it.", problem)
                return 1
            self.heartbeat.go_on()
            if state.draining_s() is None:
                self._look_after_tick()
                self._wait(LOOK_S)
            else:
                self._tell_sentinel()
                self._wait(DRAIN_LOOK_S)
            self._bury()
        if state.draining_s() is None:
            logger.error("The sentinel died. The cluster ends with it.")
            return 1
        self.tick.terminate()
        self.tick.join(timeout=TICK_END_S)
        self.heartbeat.end()
        return 0

    def _wait(self, seconds: float) -> None:
        """Wait; after a sleep of the whole host, give all parts their time again."""
        began = time.monotonic()
        self.wakeup.wait(seconds)
        if time.monotonic() - began > seconds + ASLEEP_S:
            self.cluster.board.sentinel_beats(pool_is_well=True)
            self.cluster.board.tick_beats()

    def _problem(self) -> str:
        """Return what is beyond repair, as a sentence; "" when nothing is."""
        board = self.cluster.board
        if self.launcher and not self.launcher.is_alive():
            # Another one could not tell how the supervisors of this one end.
            return "The launcher died."
        if (draining_s := state.draining_s()) is not None:
            over = draining_s > settings.DRAIN_SECONDS + DRAIN_MARGIN_S
            return "The cluster did not drain in time." if over else ""
        # The sentinel gets a little more time to mend its pool than a slot has.
        if board.sentinel_silent_s() > settings.WEDGE_S:
            return "The sentinel says nothing."
        if board.pool_unwell_s() > 2 * settings.WEDGE_S:
            return "The slots do not stay alive."
        return ""

    def _look_after_tick(self) -> None:
        if self.tick.is_alive() and (
            self.cluster.board.tick_silent_s() > settings.WEDGE_S
        ):
            logger.error("tick says nothing and is killed.")
            self.tick.kill()
            self.tick.join(timeout=TICK_END_S)
        if not self.tick.is_alive() and (
            time.monotonic() >= self.tick_started + TICK_RESTART_S
        ):
            logger.error("tick ended with status %s; starting it", self.tick.exitcode)
            self.tick = self._start_tick()

    def _start_tick(self) -> ForkProcess:
        self.tick_started = time.monotonic()
        self.cluster.board.tick_beats()
        process = get_context("fork").Process(
            target=ticking.tick_forever,
            args=(os.getpid(), self.cluster.board),
            name="tick",
            daemon=True,
        )
        process.start()
        return process

    def _tell_sentinel(self) -> None:
        pid = self.cluster.sentinel.pid
        if pid and not self.is_stopping:
            self.is_stopping = True
            # It has not been waited for, so the pid is still its own.
            os.kill(pid, signal.SIGTERM)

    def _bury(self) -> None:
        launcher = getattr(self.launcher, "pid", None)
        processes.bury_orphans({self.cluster.sentinel.pid, self.tick.pid, launcher})


class Heartbeat:
    """Renews a file's time every HEARTBEAT_S, for whoever asks if this worker lives.

    That needs neither database nor broker: one that is away is no reason to start the
    worker again.
    """

    def __init__(self, path: Path | None) -> None:
        self.path = path
        self.due_at = 0.0

    def go_on(self) -> None:
        """Renew it if it is time; called only while all parts are well."""
        if self.path is None or time.monotonic() < self.due_at:
            return
        self.due_at = time.monotonic() + settings.HEARTBEAT_S
        try:
            self.path.touch()
        except OSError as exc:
            logger.warning("HEARTBEAT_FILE cannot be written: %s", exc)

    def end(self) -> None:
        """Remove it, since this worker has ended in good order."""
        if self.path is not None:
            with contextlib.suppress(OSError):
                self.path.unlink(missing_ok=True)


def _start_launcher() -> LauncherProcess | None:
    """Start the launcher that all slots use; None where there is no such thing."""
    if not processes.ON_LINUX:
        return None
    launcher = start_launcher()
    use_launcher(launcher)
    return launcher


def _kill_descendants() -> None:
    """Kill whatever this process is a parent of, directly or not, until none is left.

    As a subreaper it inherits what its dead children leave behind.
    """
    deadline = time.monotonic() + KILL_S
    while processes.ON_LINUX and time.monotonic() < deadline:
        left = [p for p in processes.descendants(os.getpid()) if p.alive]
        processes.kill(left)
        # Also when none is left alive: the last ones are to be buried.
        with contextlib.suppress(ChildProcessError):
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
        if not left:
            return
        time.sleep(0.02)

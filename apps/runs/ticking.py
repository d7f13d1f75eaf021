"""tick: the child process of every cluster that keeps the table moving."""

from __future__ import annotations

import logging
import random
import signal
import time
from collections.abc import Callable, Iterator
from types import FrameType
from typing import TypeVar

from django import db
from django.conf import settings

from apps.executor.processes import name_process
from apps.runs import services, state
from apps.runs.state import Board

T = TypeVar("T")

logger = logging.getLogger(__name__)


# How often it is asked whether pruning is due, and what a tick may spend on it.
PRUNE_LOOK_S = 30.0
PRUNE_BUDGET_S = 0.5
# A look at all processes of this host costs as much as twenty ticks.
SWEEP_S = 60.0
# How long after a whole second a worker ticks: each a little later than another.
LEAST_LAG_S = 0.01
LAG_S = 0.05
# An outage of hours is not to fill a log with the same sentence.
COMPLAIN_S = 60.0
_complained_at = [-COMPLAIN_S]


class Stopped(BaseException):
    """Somebody told tick to end. No error: nothing on the way may catch it as one."""


def _stop(signum: int, frame: FrameType | None) -> None:
    raise Stopped


def tick_forever(main_pid: int, board: Board) -> None:
    """Tick every TICK_S until SIGTERM. A database that is away is tried again."""
    name_process("hub-tick")
    # A terminal sends SIGINT to all of us; the main process decides what it means.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, _stop)
    state.take_place_of_tick(board)
    report_at = 0.0
    lag_s = LEAST_LAG_S + random.SystemRandom().random() * LAG_S
    pruner, sweeper = Pruner(), Sweeper()
    try:
        while True:
            started = time.monotonic()
            if started >= report_at:
                report_at = started + settings.HEARTBEAT_S
                _guarded(_report, main_pid)
            _guarded(fire)
            if _guarded(tick):
                sweeper.hurry()
            _guarded(sweeper.go_on)
            _guarded(pruner.go_on)
            time.sleep(pause_s(time.time(), lag_s))
    except Stopped:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        # It may have been stopped in the middle of a query.
        db.connections.close_all()
        _guarded(_forget)


def pause_s(now: float, lag_s: float) -> float:
    """Return how long to wait for the next tick: `lag_s` after a multiple of TICK_S.

    Most fires are planned for whole seconds (of the wall clock, as `now`), and so wait
    for no tick.
    """
    return float(settings.TICK_S - (now - lag_s) % settings.TICK_S)


def fire() -> None:
    """Start what schedules have planned up to now."""
    if rows := services.fire_due(beat=state.alive):
        logger.info("Wrote %s planned fire(s)", rows)


def tick() -> int:
    """Do once what falls due; returns how many runs were taken from dead workers."""
    services.deliver_outbox()
    state.alive()
    if not services.is_anything_due():
        return 0
    if reaped := services.reap():
        logger.warning("Took %s run(s) from workers that are gone", reaped)
    state.alive()
    if expired := services.expire():
        logger.info("%s run(s) waited too long", expired)
    state.alive()
    if sent := services.resend_lost():
        logger.info("Sent %s message(s) again", sent)
    return reaped


class Sweeper:
    """Ends what is left of dead runs: at the start, after a reap, and now and then."""

    def __init__(self) -> None:
        self._due_at = 0.0

    def hurry(self) -> None:
        """Sweep at once: the worker that was lost may have been one of this host."""
        self._due_at = 0.0

    def go_on(self) -> None:
        """Sweep if it is time."""
        if time.monotonic() >= self._due_at:
            self._due_at = time.monotonic() + SWEEP_S
            services.sweep_strays()


class Pruner:
    """Prunes once an hour, unless another cluster does, a little in each tick."""

    def __init__(self) -> None:
        self._steps: Iterator[services.PruneReport] | None = None
        self._look_at = 0.0
        self._report = services.PruneReport()

    def go_on(self) -> None:
        """Prune for PRUNE_BUDGET_S and one step, if it is due or has begun."""
        started = time.monotonic()
        if self._steps is None:
            if started < self._look_at:
                return
            self._look_at = started + PRUNE_LOOK_S
            if not services.claim_pruning():
                return
            self._steps, self._report = (
                services.prune_in_steps(),
                services.PruneReport(),
            )
        else:
            services.hold_pruning()
        self._take_steps(self._steps, until=started + PRUNE_BUDGET_S)

    def _take_steps(self, steps: Iterator[services.PruneReport], until: float) -> None:
        # One that failed cannot be continued: an hour later there is another.
        self._steps = None
        for part in steps:
            state.alive()
            self._report += part
            if time.monotonic() >= until:
                self._steps = steps
                return
        if self._report != services.PruneReport():
            logger.info("Pruned: %s", self._report)


def _forget() -> None:
    services.forget_worker(name=state.worker_name)


def _report(main_pid: int) -> None:
    services.report_worker(
        name=state.worker_name, pid=main_pid, draining=state.draining_s() is not None
    )


def _guarded(step: Callable[..., T], *args: int) -> T | None:
    """Call a step; without a database, the next tick is another chance."""
    # Each may wait for a database that does not answer, and that is no reason to end.
    state.alive()
    try:
        return step(*args)
    except db.DatabaseError as exc:
        _complain(exc)
        db.connections.close_all()
    except Exception:
        # What one step cannot do must not keep the others from being done.
        logger.exception("A step of tick failed; the next tick tries again")
    return None


def _complain(exc: db.DatabaseError) -> None:
    """Say that the database is away, once a minute while it is."""
    now = time.monotonic()
    if now - _complained_at[0] >= COMPLAIN_S:
        _complained_at[0] = now
        logger.warning("tick goes on when the database answers again: %s", exc)

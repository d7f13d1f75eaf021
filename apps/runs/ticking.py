"""tick: the child process of every cluster that keeps the table moving."""

from __future__ import annotations

import logging
import signal
import time
from types import FrameType

from django import db
from django.conf import settings

from apps.runs import services, state

logger = logging.getLogger(__name__)


class Stopped(Exception):
    """Somebody told tick to end."""


def _stop(signum: int, frame: FrameType | None) -> None:
    raise Stopped


def tick_forever(main_pid: int) -> None:
    """Tick every TICK_S until SIGTERM. A database that is away is tried again."""
    # A terminal sends SIGINT to all of us; the main process decides what it means.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, _stop)
    report_at = 0.0
    try:
        while True:
            started = time.monotonic()
            if started >= report_at:
                report_at = started + settings.HEARTBEAT_S
                _guarded(_report, main_pid)
            _guarded(tick)
            time.sleep(max(0.0, settings.TICK_S - (time.monotonic() - started)))
    except Stopped:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        services.forget_worker(name=state.worker_name)


def tick() -> None:
    """Do once what falls due: take runs from dead workers, send lost messages again."""
    if reaped := services.reap():
        logger.warning("Took %s run(s) from workers that are gone", reaped)
    if sent := services.resend_lost():
        logger.info("Sent %s message(s) again", sent)


def _report(main_pid: int) -> None:
    services.report_worker(
        name=state.worker_name, pid=main_pid, draining=state.draining_s() is not None
    )


def _guarded(step, *args: int) -> None:
    try:
        step(*args)
    except db.DatabaseError as exc:
        logger.warning("tick goes on when the database answers again: %s", exc)
        db.connections.close_all()

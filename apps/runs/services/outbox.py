"""Telling others how runs ended: written with the end, delivered by tick.

Delivery is at least once, and in no order that could be relied on.
"""

from __future__ import annotations

import logging
import signal
import threading
import time
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from types import FrameType
from typing import Any

from django.conf import settings
from django.db import connections
from django.db.models.functions import Now

from apps.core.text import storable
from apps.runs import state
from apps.runs.models import OutboxMessage, Run
from apps.runs.receivers import resolve
from apps.runs.rows import duration_s, rows

logger = logging.getLogger(__name__)

RUN_ENDED = "run.ended"
# What a payload has of a run's row. Not its parameters, which may be confidential.
FACTS = (
    "script_name",
    "status",
    "reason",
    "detail",
    "exit_code",
    "signal",
    "trigger",
    "queue",
    "worker",
    "attempt",
    "retry_of",
    "scheduled_for",
    "queued_at",
    "began_at",
    "finished_at",
)
# What one tick may spend, of which each receiver has an equal share, and what one call
# may take. A tick has other things to do, and what waits is done by the next one, or
# another cluster's.
BUDGET_S = 0.5
RECEIVER_LIMIT_S = 2.0
# For so long a receiver that was too slow is left alone, so that it costs each tick
# little however much there is to tell it.
PAUSE_S = 30.0
BATCH = 50
# Longer than a delivery may take: until then nobody else tries it.
HELD_S = 60.0
# 5 s before the second attempt, twice as long each time up to an hour: about a day.
FIRST_WAIT_S = 5.0
MAX_WAIT_S = 3600.0
MAX_ATTEMPTS = 33
MAX_ERROR_CHARS = 2000
# How long a message is kept that nobody took, and how many are deleted at a time.
KEEP_UNDELIVERED = timedelta(days=30)
FORGET_BATCH = 500

_paused: dict[str, float] = {}
# What a receiver may still spend of its shares, in seconds; below 0 it has to wait.
_credit: dict[str, float] = {}


class TooSlow(BaseException):
    """A receiver took too long. No error: what it catches may not catch this."""


def announce_ends(
    run_ids: Sequence[uuid.UUID],
    *,
    retries: Mapping[uuid.UUID, uuid.UUID] | None = None,
) -> None:
    """Write a message about each ended run for each receiver.

    Called in the transaction that ends them; `retries` are the runs that follow.
    Without receivers it costs no query.
    """
    if not settings.RUN_RECEIVERS or not run_ids:
        return
    OutboxMessage.objects.bulk_create(
        OutboxMessage(
            receiver=receiver,
            topic=RUN_ENDED,
            payload=payload,
            run_id=row["id"],
            due_at=Now(),
        )
        for row in rows(Run.objects.filter(pk__in=run_ids))
        for payload in [_payload(row, (retries or {}).get(row["id"]))]
        for receiver in settings.RUN_RECEIVERS
    )


def _payload(row: Mapping[str, Any], retry: uuid.UUID | None) -> dict[str, Any]:
    return {
        "event": RUN_ENDED,
        "run_id": row["id"],
        **{name: row[name] for name in FACTS},
        "task": row["task_name"],
        "requested_by": row["requested_by_name"] or None,
        "duration_s": duration_s(row),
        # The run that was queued because of this end.
        "retry": retry,
    }


def deliver_outbox() -> int:
    """Deliver what is due, for BUDGET_S and one call; how many were delivered.

    Called by tick. Any number of them may do it at once: each message is claimed by a
    guarded UPDATE, and who dies with it leaves it to the others after HELD_S.

    Each receiver has its share of the time, so that none waits for another that is slow
    or fails: who took more than that is left out until its later shares make up for it,
    so whoever found no time in this tick does in one of the next.
    """
    if not settings.RUN_RECEIVERS:
        return 0
    until = time.monotonic() + BUDGET_S
    waiting = _waiting()
    delivered = 0
    for receiver, messages in waiting.items():
        for message in messages:
            if time.monotonic() >= until:
                return delivered
            if _has_to_wait(receiver):
                break
            state.alive()
            began = time.monotonic()
            if _claim(message):
                delivered += _deliver(message)
            _credit[receiver] -= time.monotonic() - began
    return delivered


def _waiting() -> dict[str, list[OutboxMessage]]:
    """Return what is due for each receiver, the oldest first."""
    _share_out()
    due = OutboxMessage.objects.filter(due_at__lte=Now()).order_by("due_at")
    oldest = list(due[:BATCH])
    waiting: dict[str, list[OutboxMessage]] = {}
    for message in oldest:
        waiting.setdefault(message.receiver, []).append(message)
    if len(oldest) == BATCH:
        # Behind so many of one there may be some of another.
        for receiver in settings.RUN_RECEIVERS:
            if not _has_to_wait(receiver):
                waiting[receiver] = list(due.filter(receiver=receiver)[:BATCH])
    return waiting


def _share_out() -> None:
    """Give each receiver its share of this tick; what it did not use is not saved."""
    share_s = BUDGET_S / len(settings.RUN_RECEIVERS)
    for receiver in {*settings.RUN_RECEIVERS, *_credit}:
        _credit[receiver] = min(_credit.get(receiver, 0.0) + share_s, share_s)


def _has_to_wait(receiver: str) -> bool:
    """Whether a receiver was too slow just now, or has used up its shares."""
    is_paused = _paused.get(receiver, 0) > time.monotonic()
    return is_paused or _credit.setdefault(receiver, 0.0) < 0


def _claim(message: OutboxMessage) -> bool:
    """Have this message to ourselves for HELD_S; False when somebody was first."""
    # By the count and not by the moment, which not every database returns as it was.
    seen = OutboxMessage.objects.filter(pk=message.pk, attempts=message.attempts)
    message.attempts += 1
    held_until = Now() + timedelta(seconds=HELD_S)
    return seen.update(attempts=message.attempts, due_at=held_until) == 1


def _deliver(message: OutboxMessage) -> bool:
    # By the count again: after HELD_S somebody else may have it.
    mine = OutboxMessage.objects.filter(pk=message.pk, attempts=message.attempts)
    error = _call(message)
    if not error:
        mine.delete()
        return True
    logger.warning(
        "%s was not told of run %s: %s", message.receiver, message.run_id, error
    )
    given_up = message.attempts >= MAX_ATTEMPTS or not _is_named(message)
    wait_s = min(FIRST_WAIT_S * 2.0 ** min(message.attempts - 1, 16), MAX_WAIT_S)
    mine.update(
        last_error=storable(error[:MAX_ERROR_CHARS]),
        due_at=None if given_up else Now() + timedelta(seconds=wait_s),
    )
    return False


def _is_named(message: OutboxMessage) -> bool:
    return message.receiver in settings.RUN_RECEIVERS


def _call(message: OutboxMessage) -> str:
    """Call the receiver; returns what went wrong, or "" when nothing did."""
    if not _is_named(message):
        # A row alone must not decide what is called.
        return "RUN_RECEIVERS does not name this receiver any more."
    try:
        receiver = resolve(message.receiver)
        with _time_limit(RECEIVER_LIMIT_S):
            receiver(message.payload)
    except TooSlow:
        _paused[message.receiver] = time.monotonic() + PAUSE_S
        _drop_connections()
        return f"It took longer than {RECEIVER_LIMIT_S:g} s."
    except (Exception, SystemExit) as exc:
        # Whatever it is, the run has ended and the other receivers are waiting.
        logger.debug("A receiver failed", exc_info=True)
        return f"{type(exc).__name__}: {exc}"
    return ""


@contextmanager
def _time_limit(seconds: float) -> Iterator[None]:
    """Raise TooSlow in the block when it takes longer.

    By a signal, since nothing else ends a call that waits; only in a main thread, as
    tick's is, can there be one. Elsewhere the block takes what it takes.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGALRM, _too_slow)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def _too_slow(signum: int, frame: FrameType | None) -> None:
    raise TooSlow


def _drop_connections() -> None:
    """Close connections that the receiver may have been interrupted on in a query."""
    for connection in connections.all(initialized_only=True):
        if not connection.in_atomic_block:
            connection.close()


def forget_undelivered(*, before: datetime) -> int:
    """Delete messages from before a moment, at most FORGET_BATCH of them; how many."""
    old = OutboxMessage.objects.filter(created_at__lt=before)
    ids = list(old.order_by("pk").values_list("pk", flat=True)[:FORGET_BATCH])
    return OutboxMessage.objects.filter(pk__in=ids).delete()[0] if ids else 0

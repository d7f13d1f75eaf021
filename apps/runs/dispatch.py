"""Sending the hint that a run waits. Here and in cluster.py is django-q2 known."""

from __future__ import annotations

import logging
import os
import time
import uuid
from datetime import datetime

from django.conf import settings
from django.db import DatabaseError, transaction
from django_q.brokers import Broker, get_broker
from django_q.models import Task as Result
from django_q.tasks import async_task
from redis.exceptions import RedisError

logger = logging.getLogger(__name__)

# Named by its path, since web code must not import the worker's.
LOOK = "apps.runs.worker.look"
# After a failure no message is tried for so long: a dead Redis costs one request its
# time-out, not each of them. tick sends later what was skipped.
PAUSE_S = 10.0
# How many rows of failures are deleted at a time.
FAILURES = 500

BROKER_ERRORS = (RedisError, DatabaseError, OSError)

_brokers: dict[tuple[int, str], Broker] = {}
_broken_until = 0.0


def _broker(queue: str) -> Broker:
    """One broker per process and queue: making one costs ten times a message."""
    key = (os.getpid(), queue)
    if key not in _brokers:
        _brokers[key] = get_broker(queue)
    return _brokers[key]


def send_after_commit(run_id: uuid.UUID, queue: str) -> None:
    """Send the hint once the transaction commits; never fails the caller.

    The row is the truth: when the hint cannot be sent, tick sends it again.
    """

    def send_it() -> None:
        send(run_id, queue)

    # Not a partial: Django asks a callback that failed for its name, which it has not.
    transaction.on_commit(send_it, robust=True)


def send(run_id: uuid.UUID, queue: str) -> bool:
    """Send "look, a run waits" to the queue; False when the broker does not answer."""
    global _broken_until
    if time.monotonic() < _broken_until:
        return False
    try:
        async_task(LOOK, str(run_id), broker=_broker(queue))
    except BROKER_ERRORS as exc:
        _broken_until = time.monotonic() + PAUSE_S
        logger.warning(
            "Run %s waits without a message, since the broker failed: %s", run_id, exc
        )
        return False
    return True


def forget_failures(before: datetime) -> int:
    """Delete django-q2's rows of calls that failed before a moment; how many.

    At most FAILURES of them at a time. How a run ended stands in its own row.
    """
    failed = Result.objects.filter(success=False, stopped__lt=before)
    ids = list(failed.order_by("pk").values_list("pk", flat=True)[:FAILURES])
    return int(Result.objects.filter(pk__in=ids).delete()[0]) if ids else 0


def broker_kind() -> str:
    """Return "redis" or "database"."""
    return "redis" if settings.REDIS_URL else "database"

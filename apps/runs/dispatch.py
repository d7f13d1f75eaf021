"""Sending and receiving the hint that a run waits, through django-q2's Redis broker.

Where the database is the broker nothing is sent: the row itself is there to be seen.
"""

from __future__ import annotations

import logging
import os
import time
import uuid
from importlib import import_module

from django.conf import settings
from django.db import DatabaseError, transaction
from django_q.brokers import Broker, get_broker

logger = logging.getLogger(__name__)

# After a failure no message is tried for so long: a dead Redis costs one request its
# time-out, not each of them. tick sends later what was skipped.
PAUSE_S = 10.0

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

    if not sends_messages():
        return
    # Not a partial: Django asks a callback that failed for its name, which it has not.
    transaction.on_commit(send_it, robust=True)


def send(run_id: uuid.UUID, queue: str) -> bool:
    """Send "look, a run waits" to the queue; False when the broker does not answer.

    The message is the run's id, for people who look into the list; nothing reads it.
    """
    global _broken_until
    if not sends_messages():
        return True
    if time.monotonic() < _broken_until:
        return False
    try:
        _broker(queue).enqueue(str(run_id))
    except broker_errors() as exc:
        _broken_until = time.monotonic() + PAUSE_S
        logger.warning(
            "Run %s waits without a message, since the broker failed: %s", run_id, exc
        )
        return False
    return True


def has_unread(queue: str) -> bool:
    """Whether messages of the queue lie about unread; False without an answer."""
    try:
        return bool(_broker(queue).queue_size())
    except broker_errors():
        return False


def receive(queue: str) -> bool:
    """Wait for a hint, for a second at most; whether there was one.

    Whatever stands in the list is one: a message means "look, a run waits", and which
    run is the table's to say. Raises one of broker_errors().
    """
    return bool(_broker(queue).dequeue())


def broker_errors() -> tuple[type[Exception], ...]:
    """Return what a broker that does not work fails with."""
    if not sends_messages():
        return (DatabaseError, OSError)
    # Its client is loaded only where there is a Redis: it takes 9 MB of each process.
    return (import_module("redis.exceptions").RedisError, DatabaseError, OSError)


def sends_messages() -> bool:
    """Whether there is a broker beside the table."""
    return bool(settings.REDIS_URL)


def broker_kind() -> str:
    """Return "redis" or "database"."""
    return "redis" if settings.REDIS_URL else "database"

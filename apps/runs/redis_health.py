"""Asking a Redis whether it takes messages, and what its errors mean in words.

Loaded only where there is a Redis: its client takes 9 MB of each process.
"""

from __future__ import annotations

import socket
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _
from redis import Redis
from redis import exceptions as errors
from redis.backoff import NoBackoff
from redis.retry import Retry

from apps.core.probes import NoAnswer

KEY = "automation-hub:health"
KEY_LIVES_S = 5


def ask(timeout_s: float) -> Exception | None:
    """Return what the broker failed with within `timeout_s`, None where it did not."""
    options: dict[str, Any] = {
        **settings.Q_CLUSTER["redis"],
        "socket_connect_timeout": timeout_s,
        "socket_timeout": timeout_s,
        "retry": Retry(NoBackoff(), 0),
    }
    try:
        with Redis(**options) as client:
            # A write: one that is full or a replica answers a ping all the same.
            client.set(KEY, b"1", ex=KEY_LIVES_S)
    except (errors.RedisError, OSError) as exc:
        return exc
    return None


def sentence_of(failure: Exception) -> str:
    """Return what `broker_health.sentence_of` says."""
    if isinstance(failure, errors.AuthenticationError):
        if not settings.Q_CLUSTER["redis"].get("password"):
            return _("It wants a password, and REDIS_URL has none.")
        return _("It refuses the password; put the right one into REDIS_URL.")
    for kinds, text, sentence in _SENTENCES:
        if isinstance(failure, kinds) and text in str(failure):
            return sentence()
    return _network_sentence(failure)


def _network_sentence(failure: Exception) -> str:
    # The client's own error says little; what it was raised from is the system's.
    causes = (failure, failure.__cause__, failure.__context__)
    if any(isinstance(cause, socket.gaierror) for cause in causes):
        return _("The host that REDIS_URL names is not known.")
    if any(
        isinstance(cause, (ConnectionRefusedError, FileNotFoundError))
        for cause in causes
    ):
        return _("It refuses connections; it does not run, or not at that address.")
    if any(
        isinstance(cause, (NoAnswer, TimeoutError, errors.TimeoutError))
        for cause in causes
    ):
        return _("It does not answer in time; it may be frozen or overloaded.")
    return ""


# Which errors, with what in their words, mean what; each sentence is translated when it
# is read.
_SENTENCES: tuple[tuple[type[Exception], str, Callable[[], str]], ...] = (
    (
        errors.OutOfMemoryError,
        "",
        lambda: _("It is full and takes no messages; raise its maxmemory."),
    ),
    (
        errors.ReadOnlyError,
        "",
        lambda: _("It is a read-only replica; REDIS_URL must name the primary."),
    ),
    (
        errors.BusyLoadingError,
        "",
        lambda: _("It is loading its data, and will answer when it has."),
    ),
    (
        errors.NoPermissionError,
        "",
        lambda: _("The user that REDIS_URL names may not write; see its ACL."),
    ),
    (
        errors.ResponseError,
        "MISCONF",
        lambda: _("It cannot save to its disk, and takes no messages until it can."),
    ),
    (
        errors.ConnectionError,
        "max number of clients",
        lambda: _("It has as many clients as it takes; raise its maxclients."),
    ),
)

"""Whether the broker takes messages, and what is wrong in words if it does not.

It asks with a connection of its own, since those of the web and of the workers wait
longer than a probe may. The database broker is as well as the database, which others
look after.
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

from apps.core.probes import NoAnswer, Probe

# Together less than a second, which is what /health may take.
PATIENCE_S = 0.7
TIMEOUT_S = 0.5
KEEP_S = 3.0
KEY = "automation-hub:health"
KEY_LIVES_S = 5


def _ask() -> Exception | None:
    options: dict[str, Any] = {
        **settings.Q_CLUSTER["redis"],
        "socket_connect_timeout": TIMEOUT_S,
        "socket_timeout": TIMEOUT_S,
        "retry": Retry(NoBackoff(), 0),
    }
    try:
        with Redis(**options) as client:
            # A write: one that is full or a replica answers a ping all the same.
            client.set(KEY, b"1", ex=KEY_LIVES_S)
    except (errors.RedisError, OSError) as exc:
        return exc
    return None


_probe = Probe(_ask, patience_s=PATIENCE_S, keep_s=KEEP_S)


def start_asking() -> None:
    """Ask the broker now, for whoever calls `broker_failure` soon."""
    if settings.REDIS_URL:
        _probe.start()


def forget() -> None:
    """Ask anew the next time."""
    _probe.forget()


def broker_failure() -> Exception | None:
    """Return what the broker failed with, or None when it takes messages.

    Takes at most PATIENCE_S seconds. What was found is given again for KEEP_S seconds.
    """
    if not settings.REDIS_URL:
        return None
    try:
        return _probe.answer()
    except NoAnswer as exc:
        return exc


def sentence_of(failure: Exception) -> str:
    """Return what is wrong as everybody may know it; "" when it is none of these.

    Without hosts, users and passwords: /health is open to all.
    """
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

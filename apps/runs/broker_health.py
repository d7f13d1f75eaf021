"""Whether the broker takes messages, and what is wrong in words if it does not.

It asks with a connection of its own, since those of the web and of the workers wait
longer than a probe may. The database broker is as well as the database, which others
look after.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

from django.conf import settings

from apps.core.probes import NoAnswer, Probe

# Together less than a second, which is what /health may take.
PATIENCE_S = 0.7
TIMEOUT_S = 0.5
KEEP_S = 3.0


def _redis() -> Any:
    """Return what asks a Redis; its client is loaded only where there is one."""
    return import_module("apps.runs.redis_health")


def _ask() -> Exception | None:
    failure: Exception | None = _redis().ask(TIMEOUT_S)
    return failure


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
    sentence: str = _redis().sentence_of(failure)
    return sentence

"""System checks of what the settings say about runs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Error, register

from apps.runs import state
from apps.runs.receivers import MAX_PATH, resolve

# For a processor that has others to serve.
WEDGE_MARGIN_S = 1.0


def register_checks() -> None:
    """Called when the app is ready."""
    for check in (check_receivers, check_wedge):
        register(check, "hub")


def check_receivers(
    app_configs: Sequence[AppConfig] | None, **kwargs: Any
) -> list[CheckMessage]:
    """Refuse receivers of run events that are not there, or there twice."""
    named = Counter(settings.RUN_RECEIVERS)
    found = (_check_receiver(path, times) for path, times in named.items())
    return [message for message in found if message is not None]


def _check_receiver(path: str, times: int) -> CheckMessage | None:
    if times > 1:
        return Error(
            f"RUN_RECEIVERS names {path!r} {times} times: it would be told of each end "
            "as often.",
            hint="Name it once.",
            id="runs.E002",
        )
    if len(path) > MAX_PATH:
        return Error(
            f"RUN_RECEIVERS names {path!r}, which has {len(path)} characters; "
            f"{MAX_PATH} can be kept.",
            hint="Give the function a shorter path.",
            id="runs.E003",
        )
    try:
        resolve(path)
    except ImportError as exc:
        return Error(
            f"RUN_RECEIVERS names {path!r}, which cannot be imported: {exc}",
            hint="Write the dotted path of a function that takes a dict, or take it "
            "out; several are parted by commas.",
            id="runs.E001",
        )
    return None


def check_wedge(
    app_configs: Sequence[AppConfig] | None, **kwargs: Any
) -> list[CheckMessage]:
    """Refuse a patience that ends before what a part that is well says next."""
    # Between two signs of life a part sleeps for one of these, or asks the database.
    longest = max(settings.TICK_S, state.FOLLOWING_BEAT_S)
    least = longest + state.DATABASE_WAIT_S + WEDGE_MARGIN_S
    if least <= settings.WEDGE_S:
        return []
    return [
        Error(
            f"WEDGE_S ({settings.WEDGE_S:g}) must be at least {least:g} seconds with "
            f"TICK_S at {settings.TICK_S:g}: a part of a worker that is well may say "
            "nothing for nearly so long, and would be killed over and over.",
            hint="Raise WEDGE_S or lower TICK_S, or leave both out of the environment "
            "for 60 and 1 seconds.",
            id="runs.E004",
        )
    ]

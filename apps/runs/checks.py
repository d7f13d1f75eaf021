"""System checks of what the settings say about runs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Error, register

from apps.runs.receivers import resolve


def register_checks() -> None:
    """Called when the app is ready."""
    register(check_receivers, "hub")


def check_receivers(
    app_configs: Sequence[AppConfig] | None, **kwargs: Any
) -> list[CheckMessage]:
    """Refuse receivers of run events that are not there."""
    found = (_check_receiver(path) for path in settings.RUN_RECEIVERS)
    return [message for message in found if message is not None]


def _check_receiver(path: str) -> CheckMessage | None:
    try:
        resolve(path)
    except ImportError as exc:
        return Error(
            f"RUN_RECEIVERS names {path!r}, which cannot be imported: {exc}",
            hint="Write the dotted path of a function that takes a dict, or take it "
            "out.",
            id="runs.E001",
        )
    return None

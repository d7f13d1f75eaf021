"""How far a host's clock is from the database's, by which all moments are reckoned."""

from __future__ import annotations

from datetime import datetime

from django.db import connection
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.runs.models.worker import CLOCK_TOLERANCE_S

# An answer that took longer says too little of when it was true.
PROMPT_S = 1.0


def clock_ahead_s() -> float | None:
    """Return how many seconds this host's clock is ahead of the database's, or None.

    None on SQLite, whose clock is this host's, and where the answer took too long.
    Raises DatabaseError.
    """
    if connection.vendor == "sqlite":
        return None
    asked_at = timezone.now()
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        (theirs,) = cursor.fetchone()
    return ahead_s(asked_at, theirs, timezone.now())


def ahead_s(asked_at: datetime, theirs: datetime, told_at: datetime) -> float | None:
    """Return by how much a clock that read `asked_at` and `told_at` is ahead of `theirs`."""
    took = told_at - asked_at
    if not 0 <= took.total_seconds() <= PROMPT_S:
        return None
    return round((asked_at + took / 2 - theirs).total_seconds(), 3)


def is_wrong(seconds: float | None) -> bool:
    """Say whether a clock that is ahead by so much (behind: below 0) has to be set."""
    return seconds is not None and abs(seconds) > CLOCK_TOLERANCE_S


def clock_sentence(seconds: float | None) -> str:
    """Return how wrong a clock is, for people; "" where it is right or not known."""
    if seconds is None or not is_wrong(seconds):
        return ""
    if seconds > 0:
        return _("%(seconds)d s ahead of the database's clock") % {
            "seconds": round(seconds)
        }
    return _("%(seconds)d s behind the database's clock") % {"seconds": round(-seconds)}

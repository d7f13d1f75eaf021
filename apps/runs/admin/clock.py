"""What time it is for the pages of the console: the database's, as for schedules."""

from __future__ import annotations

from datetime import datetime

from django.http import HttpRequest

from apps.runs import services


def now_of(request: HttpRequest) -> datetime:
    """Return the database's time, the same one for all of a request."""
    known: datetime | None = getattr(request, "database_now", None)
    if known is None:
        known = services.database_now()
        request.database_now = known  # type: ignore[attr-defined]
    return known

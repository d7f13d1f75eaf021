"""What time it is for everybody: the database's clock, whatever this host's says."""

from __future__ import annotations

from datetime import datetime

from django.db.models.functions import Now

from apps.runs.models import Instance


def database_now() -> datetime:
    """Return the database's time. Schedules, pauses and leases are judged by it."""
    moments = Instance.objects.annotate(moment=Now()).values_list("moment", flat=True)
    moment: datetime | None = moments.first()
    if moment is None:
        # Somebody emptied the tables.
        Instance.objects.own()
        moment = moments.get()
    return moment

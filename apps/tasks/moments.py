"""Moments as people type them, in the zone in which they think."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from django.utils import timezone

from apps.tasks.models import Schedule
from apps.tasks.timing import TimingError, at_local, parse_zone


def hub_zone() -> ZoneInfo:
    """The zone of the hub's TIME_ZONE."""
    zone = timezone.get_default_timezone()
    assert isinstance(zone, ZoneInfo)
    return zone


def zone_of(schedule: Schedule | None) -> ZoneInfo:
    """The zone of a schedule; the hub's without one, or if it is not known here."""
    try:
        return parse_zone(schedule.timezone) if schedule else hub_zone()
    except TimingError:
        return hub_zone()


def moment_text(moment: datetime, zone: ZoneInfo) -> str:
    """Return a moment as it is typed in a zone; with its offset where that is needed."""
    local = moment.astimezone(zone)
    naive = local.replace(tzinfo=None, fold=0)
    shown = naive if at_local(naive, zone) == moment else local
    return shown.isoformat(" ", "seconds" if shown.second else "minutes")

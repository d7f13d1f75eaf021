"""What schedules are called where they are only mentioned."""

from __future__ import annotations

from apps.tasks.models import Schedule
from apps.tasks.sentences import words
from apps.tasks.timing import TimingError


def schedule_name(schedule: Schedule) -> str:
    """Return its label, or when it fires in words."""
    if schedule.label:
        return schedule.label
    try:
        return words(schedule.plan)
    except TimingError:
        # Its zone is gone from this host, say; its own page tells.
        return str(schedule)

"""Reading the ledger: how many fires were expected, and what became of them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta

from django.db.models import Max, Q

from apps.runs.models import DayCount, Occurrence
from apps.runs.services.tallies import (
    MAX_EXCEPTIONS,
    Tally,
    count_outcomes,
    listed,
    total_of,
    unwritten,
)
from apps.tasks.models import Schedule, Task


@dataclass
class Ledger:
    """The ledger of a task from `since`, inclusive, to `until`, exclusive.

    `exceptions` are all fires that did not start in time, the latest first;
    `compacted_before` is the moment before which only the counts of whole days are
    left, null where all rows are there.
    """

    since: datetime
    until: datetime
    total: Tally
    by_schedule: dict[int, Tally]
    exceptions: list[Occurrence]
    has_more: bool
    compacted_before: datetime | None


def read_ledger(
    *,
    task: Task,
    since: datetime,
    until: datetime,
    schedule_key: int | None = None,
    outcome: str = "",
    missing_first: bool = False,
) -> Ledger:
    """Return what became of the fires of a task, or of one of its schedules.

    `outcome` is the one whose rows are listed, "" for all that did not start in time;
    the counts are of all. `missing_first` puts missed fires in front of later others.
    """
    ours = Q(task=task.pk)
    if schedule_key is not None:
        ours &= Q(schedule_key=schedule_key)
    schedules = Schedule.objects.filter(task=task.pk)
    if schedule_key is not None:
        schedules = schedules.filter(pk=schedule_key)
    tallies, odd = count_outcomes(ours, "schedule_key", since, until)
    for schedule, count in unwritten(schedules, since, until):
        tallies[schedule.pk].unwritten += count
    exceptions = listed(
        odd.select_related("run"), outcome=outcome, missing_first=missing_first
    )
    return Ledger(
        since,
        until,
        total_of(tallies),
        tallies,
        exceptions[:MAX_EXCEPTIONS],
        len(exceptions) > MAX_EXCEPTIONS,
        _compacted_before(ours),
    )


def _compacted_before(ours: Q) -> datetime | None:
    day = DayCount.objects.filter(ours).aggregate(last=Max("day"))["last"]
    if day is None:
        return None
    return datetime.combine(day + timedelta(days=1), time.min, UTC)

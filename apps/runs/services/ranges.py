"""Parts of rows that stand for a range of fires: how many of them lie where."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta

from apps.runs.models import Occurrence
from apps.tasks.models import Schedule
from apps.tasks.timing import Plan, TimingError, count_fires

INSTANT = timedelta(microseconds=1)
DAY = timedelta(days=1)


def count_between(
    row: Occurrence, schedule: Schedule | None, since: datetime, until: datetime
) -> int:
    """Return how many fires of a row lie from `since` to before `until`.

    Where the schedule is gone, or plans other fires by now, nobody can say where those
    of a range lay: all of them count at the first one's moment.
    """
    plan = _plan_of(row, schedule)
    if plan is None or row.until is None:
        return row.count if since <= row.scheduled_for < until else 0
    first = max(row.scheduled_for, since) - INSTANT
    return count_fires(plan, first, min(row.until, until - INSTANT))


def days_of(row: Occurrence, schedule: Schedule | None) -> Iterator[tuple[date, int]]:
    """Yield the days (UTC) of a row's fires, and how many lie on each."""
    first = row.scheduled_for.astimezone(UTC)
    plan = _plan_of(row, schedule)
    if plan is None or row.until is None:
        yield first.date(), row.count
        return
    begin = datetime.combine(first.date(), time.min, UTC)
    while begin <= row.until:
        last = min(row.until, begin + DAY - INSTANT)
        count = count_fires(plan, max(first, begin) - INSTANT, last)
        if count:
            yield begin.date(), count
        begin += DAY


def _plan_of(row: Occurrence, schedule: Schedule | None) -> Plan | None:
    """Return the plan that a range is of, if that can be told from its count."""
    if schedule is None or row.until is None:
        return None
    try:
        plan = schedule.plan
    except TimingError:
        return None
    count = count_fires(plan, row.scheduled_for - INSTANT, row.until)
    return plan if count == row.count else None

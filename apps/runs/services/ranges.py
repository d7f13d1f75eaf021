"""Parts of rows that stand for a range of fires: how many of them lie where."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from apps.runs.models import Occurrence
from apps.tasks.models import Schedule
from apps.tasks.timing import Plan, TimingError, count_fires

INSTANT = timedelta(microseconds=1)
DAY = timedelta(days=1)
# What a plan is made of; a single date has no range.
TERMS = ("cron", "every_s", "timezone", "start", "end", "created_at")


def terms_of(schedule: Schedule) -> dict[str, Any]:
    """Return what plans the fires of a schedule now, as JSON."""
    terms = {name: getattr(schedule, name) for name in TERMS}
    return {
        name: value.isoformat() if isinstance(value, datetime) else value
        for name, value in terms.items()
    }


def count_between(
    row: Occurrence, schedule: Schedule | None, since: datetime, until: datetime
) -> int:
    """Return how many fires of a row lie from `since` to before `until`.

    Where nobody can say any more where those of a range lay, all of them count at the
    first one's moment.
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
    """Return the plan that a range is of, if its count is the one that it names.

    That is not so where the host's knowledge of the zone has changed.
    """
    planned = _schedule_of(row.plan) if row.plan else schedule
    if planned is None or row.until is None:
        return None
    try:
        plan = planned.plan
    except TimingError:
        return None
    count = count_fires(plan, row.scheduled_for - INSTANT, row.until)
    return plan if count == row.count else None


def _schedule_of(plan: Mapping[str, Any]) -> Schedule:
    """Return the schedule of a range as it was then."""
    terms = {name: plan[name] for name in TERMS if plan.get(name) is not None}
    for name in ("start", "end", "created_at"):
        if name in terms:
            terms[name] = datetime.fromisoformat(terms[name])
    return Schedule(**terms)

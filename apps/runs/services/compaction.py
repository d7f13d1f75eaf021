"""Retention of the ledger: rows of days that are long over become counts by day."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, time, timedelta
from typing import NamedTuple

from django.conf import settings
from django.db import transaction
from django.db.models import F, Q, QuerySet

from apps.runs.models import DayCount, Occurrence, Outcome
from apps.runs.services.ranges import days_of
from apps.tasks.models import Schedule

# What one transaction puts together.
BATCH = 200
# Nothing is older than schedules can be.
BEGINNING = datetime(1970, 1, 2, tzinfo=UTC)


class _Key(NamedTuple):
    """What makes a count of its own."""

    task_id: int
    schedule_key: int
    day: date
    outcome: str
    cause: str


def compact_in_steps(*, now: datetime, dry_run: bool) -> Iterator[int]:
    """Put the ledger's rows of over KEEP_LEDGER_DAYS together by day (UTC).

    Yields after each small step how many rows went. Only days that are over as a whole,
    and no row that still waits. A range lies on its days by its schedule's plan; where
    that is gone or changed, on its first day. Rows and counts change in one
    transaction: killed in between, each fire is still counted once. A dry run changes
    nothing and yields how many would go.
    """
    days = settings.KEEP_LEDGER_DAYS
    if days == 0 or days >= (now - BEGINNING).days:
        return
    last = (now.astimezone(UTC) - timedelta(days=days)).date()
    before = datetime.combine(last, time.min, UTC)
    old = (
        Occurrence.objects.filter(scheduled_for__lt=before)
        .filter(Q(until=None) | Q(until__lt=before))
        .exclude(outcome=Outcome.WAITING)
        .order_by("scheduled_for", "pk")
    )
    if dry_run:
        yield old.count()
        return
    while count := _compact(old):
        yield count


@transaction.atomic
def _compact(old: QuerySet[Occurrence]) -> int:
    # Locked: of several that do it at once, one counts a row.
    rows = list(old.select_for_update()[:BATCH])
    counts, labels = _counted(rows)
    # In one order, so that no two wait for each other.
    for key, count in sorted(counts.items()):
        found = DayCount.objects.filter(**key._asdict())
        if not found.update(count=F("count") + count):
            DayCount.objects.create(
                **key._asdict(), label=labels[key.schedule_key], count=count
            )
    Occurrence.objects.filter(pk__in=[row.pk for row in rows]).delete()
    return len(rows)


def _counted(rows: Iterable[Occurrence]) -> tuple[Counter[_Key], dict[int, str]]:
    ranges = {row.schedule_id for row in rows if row.until is not None}
    schedules = Schedule.objects.in_bulk([pk for pk in ranges if pk is not None])
    counts: Counter[_Key] = Counter()
    labels: dict[int, str] = {}
    for row in rows:
        labels[row.schedule_key] = row.label
        for day, count in days_of(row, schedules.get(row.schedule_key)):
            key = _Key(row.task_id, row.schedule_key, day, row.outcome, row.cause)
            counts[key] += count
    return counts, labels

"""Counting what became of fires: of one schedule, of a task, or of all tasks."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from typing import Literal

from django.db.models import F, Q, QuerySet, Sum

from apps.runs.models import DayCount, Occurrence, Outcome
from apps.runs.services.moment import database_now
from apps.runs.services.ranges import INSTANT, count_between
from apps.tasks.models import Schedule
from apps.tasks.timing import TimingError, count_fires

MAX_EXCEPTIONS = 200
"""The most exceptions that one answer lists; the counts are always of all."""


@dataclass
class Tally:
    """How many fires met which fate."""

    counts: Counter[str] = field(default_factory=Counter)
    unwritten: int = 0

    @property
    def expected(self) -> int:
        """Every fire that the schedules named, whatever became of it."""
        return sum(self.counts.values()) + self.unwritten

    def __getitem__(self, outcome: str) -> int:
        return self.counts[outcome]


def count_outcomes(
    ours: Q, by: Literal["schedule_key", "task_id"], since: datetime, until: datetime
) -> tuple[dict[int, Tally], QuerySet[Occurrence]]:
    """Return the written fires that `ours` finds from `since` to before `until`.

    Tallies by `by`, a column of occurrences and of the counts of days, which make one
    where there is none; and the rows that tell of them.
    """
    rows = Occurrence.objects.filter(
        ours, scheduled_for__gte=since, scheduled_for__lt=until
    )
    tallies: dict[int, Tally] = defaultdict(Tally)
    for found in (rows, _whole_days(DayCount.objects.filter(ours), since, until)):
        groups = found.order_by().values_list(by, "outcome")
        for key, fate, count in groups.annotate(total=Sum("count")):
            tallies[key].counts[fate] += count
    reaching_in = []
    for row, more in _at_the_edges(ours, since, until):
        tallies[getattr(row, by)].counts[row.outcome] += more
        reaching_in += [row.pk] if row.scheduled_for < since else []
    return tallies, rows | Occurrence.objects.filter(pk__in=reaching_in)


def _at_the_edges(
    ours: Q, since: datetime, until: datetime
) -> Iterator[tuple[Occurrence, int]]:
    """Yield ranges that lie in this time in part, and how many fires to add for it."""
    ranges = Occurrence.objects.filter(ours, until__isnull=False)
    reaching = Q()
    for edge in (since, until):
        reaching |= Q(scheduled_for__lt=edge, until__gte=edge)
    for row in ranges.filter(reaching).select_related("schedule"):
        count = count_between(row, row.schedule, since, until)
        counted = row.count if row.scheduled_for >= since else 0
        if count != counted:
            yield row, count - counted


def _whole_days(
    counts: QuerySet[DayCount], since: datetime, until: datetime
) -> QuerySet[DayCount]:
    """Days (UTC) that lie in this time as a whole; of the others, nobody knows."""
    first = since.astimezone(UTC)
    day = first.date() if first.time() == time.min else first.date() + timedelta(1)
    return counts.filter(day__gte=day, day__lt=until.astimezone(UTC).date())


def unwritten(
    schedules: QuerySet[Schedule], since: datetime, until: datetime
) -> Iterator[tuple[Schedule, int]]:
    """Yield schedules with the fires up to now of which the ledger does not tell yet.

    Those of a schedule that is paused or disabled are written when that ends; those of
    any other wait for a cluster.
    """
    last = min(until - INSTANT, database_now())
    for schedule in schedules.annotate(written_until=F("alarm__written_until")):
        after = max(schedule.written_until or last, since - INSTANT)
        if after >= last:
            continue
        try:
            count = count_fires(schedule.plan, after, last)
        except TimingError:
            # Its page says that it cannot be reckoned.
            continue
        if count:
            yield schedule, count


def listed(
    rows: QuerySet[Occurrence], *, outcome: str, missing_first: bool
) -> list[Occurrence]:
    """Return the rows of one outcome, "" for all that did not start in time.

    The latest first, or missed ones in front of them; one more than MAX_EXCEPTIONS
    tells that there are more.
    """
    rows = rows.order_by("-scheduled_for", "-id")
    if outcome:
        return list(rows.filter(outcome=outcome)[: MAX_EXCEPTIONS + 1])
    odd = rows.exclude(outcome=Outcome.STARTED)
    if not missing_first:
        return list(odd[: MAX_EXCEPTIONS + 1])
    missed = list(odd.filter(outcome=Outcome.MISSED)[: MAX_EXCEPTIONS + 1])
    others = odd.exclude(outcome=Outcome.MISSED)
    return [*missed, *others[: MAX_EXCEPTIONS + 1 - len(missed)]]


def total_of(tallies: Mapping[int, Tally]) -> Tally:
    """Return all of them together."""
    total = Tally()
    for tally in tallies.values():
        total.counts.update(tally.counts)
        total.unwritten += tally.unwritten
    return total

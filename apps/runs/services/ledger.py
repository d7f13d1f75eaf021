"""Reading the ledger: how many fires were expected, and what became of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta

from django.db.models import Max, Q, QuerySet, Sum

from apps.runs.models import Alarm, DayCount, Occurrence, Outcome
from apps.runs.services.moment import database_now
from apps.runs.services.ranges import count_between
from apps.tasks.models import Schedule, Task
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
    rows = Occurrence.objects.filter(
        ours, scheduled_for__gte=since, scheduled_for__lt=until
    )
    days = _whole_days(DayCount.objects.filter(ours), since, until)
    tallies: dict[int, Tally] = {}
    for found in (rows, days):
        groups = found.order_by().values_list("schedule_key", "outcome")
        for key, fate, count in groups.annotate(total=Sum("count")):
            tallies.setdefault(key, Tally()).counts[fate] += count
    reaching_in = []
    for row, more in _at_the_edges(ours, since, until):
        tallies.setdefault(row.schedule_key, Tally()).counts[row.outcome] += more
        reaching_in += [row.pk] if row.scheduled_for < since else []
    for key, count in _unwritten(task, since, until, schedule_key):
        tallies.setdefault(key, Tally()).unwritten += count
    odd = (rows | Occurrence.objects.filter(pk__in=reaching_in)).select_related("run")
    odd = odd.order_by("-scheduled_for", "-id")
    exceptions = _listed(odd, outcome, missing_first)
    return Ledger(
        since,
        until,
        _sum(tallies),
        tallies,
        exceptions[:MAX_EXCEPTIONS],
        len(exceptions) > MAX_EXCEPTIONS,
        _compacted_before(ours),
    )


def _listed(
    rows: QuerySet[Occurrence], outcome: str, missing_first: bool
) -> list[Occurrence]:
    if outcome:
        return list(rows.filter(outcome=outcome)[: MAX_EXCEPTIONS + 1])
    odd = rows.exclude(outcome=Outcome.STARTED)
    if not missing_first:
        return list(odd[: MAX_EXCEPTIONS + 1])
    missed = list(odd.filter(outcome=Outcome.MISSED)[: MAX_EXCEPTIONS + 1])
    others = odd.exclude(outcome=Outcome.MISSED)
    return [*missed, *others[: MAX_EXCEPTIONS + 1 - len(missed)]]


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


def _unwritten(
    task: Task, since: datetime, until: datetime, schedule_key: int | None
) -> Iterator[tuple[int, int]]:
    """Fires up to now of which the ledger does not tell yet.

    Those of a schedule that is paused or disabled are written when that ends; those of
    any other wait for a cluster.
    """
    schedules = Schedule.objects.filter(task=task.pk)
    if schedule_key is not None:
        schedules = schedules.filter(pk=schedule_key)
    written = dict(
        Alarm.objects.filter(schedule__in=schedules).values_list("pk", "written_until")
    )
    last = min(until - timedelta(microseconds=1), database_now())
    for schedule in schedules:
        after = max(written.get(schedule.pk, last), since - timedelta(microseconds=1))
        if after >= last:
            continue
        try:
            count = count_fires(schedule.plan, after, last)
        except TimingError:
            # Its page says that it cannot be reckoned.
            continue
        if count:
            yield schedule.pk, count


def _sum(tallies: dict[int, Tally]) -> Tally:
    total = Tally()
    for tally in tallies.values():
        total.counts.update(tally.counts)
        total.unwritten += tally.unwritten
    return total


def _compacted_before(ours: Q) -> datetime | None:
    day = DayCount.objects.filter(ours).aggregate(last=Max("day"))["last"]
    if day is None:
        return None
    return datetime.combine(day + timedelta(days=1), time.min, UTC)

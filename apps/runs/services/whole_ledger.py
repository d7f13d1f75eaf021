"""Reading the ledger of all tasks: how much was expected, and what became of it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from django.db.models import F, Q, QuerySet, Sum

from apps.runs.models import DayCount, Occurrence, Outcome
from apps.runs.services.ledger import (
    MAX_EXCEPTIONS,
    Tally,
    _at_the_edges,
    _listed,
    _whole_days,
)
from apps.runs.services.moment import database_now
from apps.runs.services.ranges import INSTANT
from apps.tasks.models import Schedule, Task
from apps.tasks.timing import TimingError, count_fires


@dataclass
class WholeLedger:
    """The ledger of tasks from `since`, inclusive, to `until`, exclusive.

    `by_task` are those of which anything was expected, what was missed in front;
    `exceptions` are at most MAX_EXCEPTIONS fires that did not start in time, also
    missed ones first.
    """

    total: Tally
    by_task: list[tuple[Task, Tally]]
    exceptions: list[Occurrence]
    has_more: bool


def read_whole_ledger(
    *, tasks: QuerySet[Task], since: datetime, until: datetime, outcome: str = ""
) -> WholeLedger:
    """Return what became of the fires of `tasks`, with a handful of queries.

    `outcome` is the one whose rows are listed, "" for all that did not start in time;
    the counts are of all, and add up to those that read_ledger gives of each task.
    """
    ours = Q(task__in=tasks.order_by().values("pk"))
    rows = Occurrence.objects.filter(
        ours, scheduled_for__gte=since, scheduled_for__lt=until
    )
    tallies: dict[int, Tally] = defaultdict(Tally)
    for found in (rows, _whole_days(DayCount.objects.filter(ours), since, until)):
        groups = found.order_by().values_list("task", "outcome")
        for task, fate, count in groups.annotate(total=Sum("count")):
            tallies[task].counts[fate] += count
    reaching_in = []
    for row, more in _at_the_edges(ours, since, until):
        tallies[row.task_id].counts[row.outcome] += more
        reaching_in += [row.pk] if row.scheduled_for < since else []
    for task, count in _unwritten(ours, since, until):
        tallies[task].unwritten += count
    odd = (rows | Occurrence.objects.filter(pk__in=reaching_in)).select_related(
        "run", "task"
    )
    listed = _listed(odd.order_by("-scheduled_for", "-id"), outcome, True)
    return WholeLedger(
        _sum(tallies),
        _by_task(tasks, tallies),
        listed[:MAX_EXCEPTIONS],
        len(listed) > MAX_EXCEPTIONS,
    )


def _unwritten(ours: Q, since: datetime, until: datetime) -> Iterator[tuple[int, int]]:
    """Fires up to now of which the ledger does not tell yet, by task.

    Only schedules whose alarm is due, or silent, can have any: those that are paused or
    disabled, and those that wait for a cluster.
    """
    last = min(until - INSTANT, database_now())
    behind = Q(alarm__rings_at__lte=last) | Q(alarm__rings_at=None)
    schedules = Schedule.objects.filter(ours, behind).order_by()
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
            yield schedule.task_id, count


def _by_task(
    tasks: QuerySet[Task], tallies: dict[int, Tally]
) -> list[tuple[Task, Tally]]:
    expected = {key: tally for key, tally in tallies.items() if tally.expected}
    named = tasks.order_by().filter(pk__in=expected).only("pk", "name")
    return sorted(
        ((task, expected[task.pk]) for task in named),
        key=lambda pair: (*_urgency(pair[1]), pair[0].name),
    )


def _urgency(tally: Tally) -> tuple[int, int]:
    odd = sum(tally[fate] for fate in (Outcome.SKIPPED, Outcome.LATE, Outcome.WAITING))
    return -tally[Outcome.MISSED], -odd


def _sum(tallies: dict[int, Tally]) -> Tally:
    total = Tally()
    for tally in tallies.values():
        total.counts.update(tally.counts)
        total.unwritten += tally.unwritten
    return total

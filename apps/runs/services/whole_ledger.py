"""Reading the ledger of all tasks: how much was expected, and what became of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q, QuerySet

from apps.runs.models import Occurrence, Outcome
from apps.runs.services.moment import database_now
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
    tallies, odd = count_outcomes(ours, "task_id", since, until)
    # Only schedules whose alarm is due, or silent, can be behind: those that are paused
    # or disabled, and those that wait for a cluster.
    behind = Q(alarm__rings_at__lte=min(until, database_now())) | Q(
        alarm__rings_at=None
    )
    schedules = Schedule.objects.filter(ours, behind).order_by()
    for schedule, count in unwritten(schedules, since, until):
        tallies[schedule.task_id].unwritten += count
    exceptions = listed(
        odd.select_related("run", "task"), outcome=outcome, missing_first=True
    )
    return WholeLedger(
        total_of(tallies),
        _by_task(tasks, tallies),
        exceptions[:MAX_EXCEPTIONS],
        len(exceptions) > MAX_EXCEPTIONS,
    )


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

"""Places under a limit: taken with the claim, given up with the run's end.

A limit may be lowered, set or lifted at any moment. What is counted are the runs that
go on, also those that began before there was a limit and so hold no slot; what two
workers cannot both have is a slot's number. Each takes the lowest one free, so of two
who see the same room one is refused by the table, and sees less room the next time.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import count
from typing import Any

from django.db.models import F, OuterRef, QuerySet, Subquery
from django.db.models.lookups import Exact

from apps.runs import dispatch
from apps.runs.models import Run, RunStatus, Slot
from apps.tasks.models import ConcurrencyGroup

SCRIPT, GROUP = "script", "group"


class Full(Exception):
    """As many runs go on as may; the transaction of the claim has to be undone."""


@dataclass(frozen=True)
class Limit:
    """At most `size` of the runs that the key is about go on at once."""

    key: str
    size: int


def limits_of(run: Run) -> list[Limit]:
    """Return the limits that a run is under, as they are now.

    Always in one order, so that two claims never wait for each other's slots.
    """
    limits = []
    if run.group:
        row = ConcurrencyGroup.objects.filter(name=run.group)
        size = row.values_list("max_running", flat=True).first()
        limits.append(Limit(f"{GROUP}:{run.group}", size or 1))
    if run.script is not None and run.script.max_running is not None:
        limits.append(Limit(f"{SCRIPT}:{run.script.pk}", run.script.max_running))
    return limits


def take(run: Run) -> tuple[str, ...]:
    """Take the slots of a run that was claimed in this transaction; returns their keys.

    Raises Full, or IntegrityError when another worker took a place at this moment.
    """
    limits = limits_of(run)
    Slot.objects.bulk_create(
        Slot(key=limit.key, n=_lowest_free(limit, run), run=run) for limit in limits
    )
    return tuple(limit.key for limit in limits)


def _lowest_free(limit: Limit, run: Run) -> int:
    # In one query: the number of runs and their slots have to be of the same moment.
    slot = Slot.objects.filter(key=limit.key, run=OuterRef("pk")).values("n")[:1]
    going = Run.objects.filter(_counted(limit.key), status=RunStatus.RUNNING)
    others = going.exclude(pk=run.pk).order_by()
    taken = list(others.annotate(n=Subquery(slot)).values_list("n", flat=True))
    if len(taken) >= limit.size:
        raise Full(limit.key)
    return next(n for n in count(1) if n not in taken)


def give_up(*, run_id: uuid.UUID) -> None:
    """Give up a run's slots, and after the commit call who waits for them.

    Called in the transaction that ends or releases the run.
    """
    held = Slot.objects.filter(run=run_id)
    keys = list(held.values_list("key", flat=True))
    if keys:
        held.delete()
        call_waiting(keys)


def call_waiting(keys: Iterable[str]) -> None:
    """After the commit, send the message of the best run that waits for each key."""
    best = {}
    for key in keys:
        run = Run.objects.ready().filter(_counted(key)).with_room().first()
        if run is not None:
            best[run.pk] = run.queue
    for run_id, queue in best.items():
        dispatch.send_after_commit(run_id, queue)


def stale() -> QuerySet[Slot]:
    """Slots whose run does not go on.

    There are none, unless a worker of an earlier version, which knows no slots, ended
    a run of one that does.
    """
    return Slot.objects.exclude(run__status=RunStatus.RUNNING)


def sweep() -> None:
    """Delete the stale slots."""
    # Read first: a DELETE takes SQLite's one writer's place even if it finds nothing.
    if stale().exists():
        stale().delete()


def _counted(key: str) -> Exact[Any]:
    """Return the condition for the runs that a limit is about."""
    kind, _, name = key.partition(":")
    if kind == SCRIPT:
        # Not the bare column: an index leads from a script to all the runs it ever had,
        # where those that wait or go on are few.
        return Exact(F("script_id") + 0, int(name))
    return Exact(F("group"), name)

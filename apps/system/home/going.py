"""What goes on now: what runs, what waits and for what, and who works."""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db.models import Count

from apps.runs import sentences
from apps.runs.models import Run, RunStatus, Worker
from apps.runs.rows import rows
from apps.runs.usual import over_usual_after, usual_durations
from apps.runs.waits import Waits
from apps.system.home.reader import Reader

# Of more it is only said that they are more: counting them all would take its time.
MOST_COUNTED = 1000
SHOWN_RUNNING = 12
SHOWN_WAITING = 3
MOST_WORKERS = 200
# A worker that was not heard of for longer is not told of any more.
TOLD_FOR = timedelta(hours=24)
RUNNING_COLUMNS = (
    *("id", "script", "script_name", "task", "task__name"),
    *("began_at", "claimed_at", "worker", "cancel_requested_at"),
)


@dataclass(frozen=True)
class Counted:
    """A number of rows that is exact up to MOST_COUNTED."""

    number: int

    @property
    def is_more(self) -> bool:
        return self.number > MOST_COUNTED

    @property
    def shown(self) -> str:
        return f"{MOST_COUNTED}+" if self.is_more else str(self.number)


@dataclass(frozen=True)
class Going:
    """A run that goes on; `usual_s` null: nothing to compare it with."""

    id: uuid.UUID
    name: str
    worker: str
    since: datetime
    elapsed_s: float
    usual_s: float | None
    is_ending: bool

    @property
    def is_over(self) -> bool:
        """Whether it takes longer than such a run mostly does."""
        usual = self.usual_s
        return usual is not None and self.elapsed_s > over_usual_after(usual)


@dataclass(frozen=True)
class Running:
    count: Counted
    shown: list[Going]


@dataclass(frozen=True)
class Waiting:
    """Runs in queues; `shown` are pairs of the oldest ones and why each waits."""

    count: Counted
    shown: list[dict[str, Any]]

    @property
    def oldest_s(self) -> float | None:
        return self.shown[0]["waited_s"] if self.shown else None


def running(reader: Reader) -> Running:
    """Return what runs, what began first in front."""
    going = reader.runs(status=RunStatus.RUNNING)
    found = list(going.order_by("id").values(*RUNNING_COLUMNS)[: MOST_COUNTED + 1])
    shown = found[:SHOWN_RUNNING]
    usual = usual_durations([(row["script"], row["task"]) for row in shown])
    return Running(
        Counted(len(found)),
        [_going(row, usual.get((row["script"], row["task"])), reader) for row in shown],
    )


def _going(row: Mapping[str, Any], usual_s: float | None, reader: Reader) -> Going:
    since = row["began_at"] or row["claimed_at"] or reader.now
    return Going(
        id=row["id"],
        name=row["task__name"] or row["script_name"],
        worker=row["worker"],
        since=since,
        elapsed_s=max((reader.now - since).total_seconds(), 0),
        usual_s=usual_s,
        is_ending=row["cancel_requested_at"] is not None,
    )


def waiting(reader: Reader) -> Waiting:
    """Return what waits, the oldest in front."""
    queued = reader.runs(status=RunStatus.QUEUED)
    found = list(rows(queued.order_by("id"))[:SHOWN_WAITING])
    waits = Waits.of(found)
    shown = [
        {
            "id": row["id"],
            "name": row["task_name"] or row["script_name"],
            "since": row["queued_at"],
            "waited_s": (reader.now - row["queued_at"]).total_seconds(),
            "why": sentences.waiting(row, waits),
        }
        for row in found
    ]
    ids = queued.order_by("id").values_list("pk")[: MOST_COUNTED + 1]
    return Waiting(Counted(len(ids)), shown)


@dataclass
class QueueOfWorkers:
    """Who serves a queue."""

    name: str
    alive: int = 0
    slots: int = 0
    busy: int = 0
    draining: int = 0
    # The sentence of one that starts nothing.
    problem: str = ""
    seen_at: datetime | None = None

    def add(self, worker: Worker, is_alive: bool, busy: int) -> None:
        self.seen_at = max(self.seen_at or worker.seen_at, worker.seen_at)
        self.busy += busy
        if is_alive:
            self.alive += 1
            self.slots += worker.slots
            self.draining += worker.draining
            self.problem = self.problem or worker.problem

    @property
    def state(self) -> str:
        if not self.alive:
            return "missed"
        return "late" if self.problem or self.draining == self.alive else "on"


@dataclass
class Workers:
    queues: list[QueueOfWorkers] = field(default_factory=list)

    @property
    def alive(self) -> int:
        return sum(queue.alive for queue in self.queues)

    @property
    def slots(self) -> int:
        return sum(queue.slots for queue in self.queues)

    @property
    def busy(self) -> int:
        return sum(queue.busy for queue in self.queues)

    @property
    def missing(self) -> int:
        """How many queues nobody serves any more."""
        return sum(not queue.alive for queue in self.queues)


def workers(reader: Reader) -> Workers:
    """Return who was heard of in the last day, by queue."""
    lease = timedelta(seconds=settings.LEASE_S)
    busy = _busy()
    queues: dict[str, QueueOfWorkers] = {}
    known = Worker.objects.filter(seen_at__gte=reader.now - TOLD_FOR)
    for worker in known.order_by("queue", "-seen_at")[:MOST_WORKERS]:
        queue = queues.setdefault(worker.queue, QueueOfWorkers(worker.queue))
        is_alive = worker.seen_at >= reader.now - lease
        queue.add(worker, is_alive, busy[worker.name])
    return Workers(list(queues.values()))


def _busy() -> Counter[str]:
    """Return how many runs each worker has; there are as many as there are slots."""
    running = Run.objects.filter(status=RunStatus.RUNNING).order_by()
    counts = running.values_list("worker").annotate(Count("pk"))
    return Counter(dict(counts))

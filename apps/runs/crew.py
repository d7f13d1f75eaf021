"""Who works: each worker with what runs there, and queues that wait for one in vain."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.contrib.auth.models import AnonymousUser, User
from django.utils import timezone

from apps.runs.clocks import clock_sentence
from apps.runs.listing import visible_scripts
from apps.runs.models import Run, RunStatus, Worker

# Of more waiting runs it is only said that they are more.
MOST_COUNTED = 1000
MOST_QUEUES = 50
MOST_WORKERS = 500
RUNNING = (
    *("id", "script", "script_name", "task__name", "worker", "began_at", "claimed_at"),
)


@dataclass(frozen=True)
class Going:
    """A run that goes on at a worker."""

    id: Any
    name: str
    since: datetime


@dataclass
class Member:
    """A worker. `runs` are those that the reader may know of, of `busy` ones."""

    worker: Worker
    is_alive: bool
    busy: int = 0
    runs: list[Going] = field(default_factory=list)

    @property
    def hidden(self) -> int:
        return self.busy - len(self.runs)

    @property
    def free(self) -> int:
        return max(self.worker.slots - self.busy, 0)

    @property
    def state(self) -> str:
        """`gone`, `draining`, `stuck` (it takes no runs) or `alive`."""
        if not self.is_alive:
            return "gone"
        if self.worker.draining:
            return "draining"
        return "stuck" if self.worker.problem else "alive"

    @property
    def is_other_version(self) -> bool:
        """Whether it is of another version than this portal."""
        return bool(self.worker.version != settings.HUB_VERSION)

    @property
    def clock(self) -> str:
        """How wrong the clock of its host is; empty where it is right."""
        return clock_sentence(self.worker.clock_ahead_s)


@dataclass(frozen=True)
class Unserved:
    """A queue whose runs nobody takes; `count` is at most MOST_COUNTED + 1."""

    name: str
    count: int
    oldest: datetime
    seen_at: datetime | None

    @property
    def shown(self) -> str:
        return f"{MOST_COUNTED}+" if self.count > MOST_COUNTED else str(self.count)


@dataclass(frozen=True)
class Crew:
    """All workers; those that are gone apart, the last that was seen in front."""

    alive: list[Member]
    gone: list[Member]
    unserved: list[Unserved]
    queues: list[str]

    @property
    def slots(self) -> int:
        return sum(member.worker.slots for member in self.alive)

    @property
    def busy(self) -> int:
        return sum(member.busy for member in self.alive)


def crew(user: User | AnonymousUser, queue: str = "") -> Crew:
    """Return who works, for `user` to read; with `queue`, of that one alone."""
    border = timezone.now() - timedelta(seconds=settings.LEASE_S)
    workers = list(Worker.objects.order_by("queue", "name")[:MOST_WORKERS])
    members = {w.name: Member(w, w.seen_at >= border) for w in workers}
    may = user.has_perm("runs.view_run")
    _add_runs(members, visible_scripts(user) if may else [])
    shown = [m for m in members.values() if queue in ("", m.worker.queue)]
    alive = {m.worker.queue for m in members.values() if m.is_alive}
    seen: dict[str, datetime] = {}
    for worker in workers:
        seen[worker.queue] = max(seen.get(worker.queue, worker.seen_at), worker.seen_at)
    gone = [member for member in shown if not member.is_alive]
    return Crew(
        alive=[member for member in shown if member.is_alive],
        gone=sorted(gone, key=lambda member: member.worker.seen_at, reverse=True),
        unserved=[_unserved(name, seen.get(name)) for name in _waiting(alive)],
        queues=sorted(seen),
    )


def _add_runs(members: dict[str, Member], scripts: Collection[int] | None) -> None:
    """Add what runs; there are as many as there are slots. `scripts` None: all."""
    going = Run.objects.filter(status=RunStatus.RUNNING).order_by("id")
    for row in going.values(*RUNNING):
        member = members.get(row["worker"])
        if member is None:
            continue
        member.busy += 1
        if scripts is None or row["script"] in scripts:
            since = row["began_at"] or row["claimed_at"] or timezone.now()
            name = row["task__name"] or row["script_name"]
            member.runs.append(Going(row["id"], name, since))


def _waiting(served: Collection[str]) -> Iterator[str]:
    """Yield queues with waiting runs that nobody serves: from each to the next, by the
    index, however many wait."""
    queued = Run.objects.filter(status=RunStatus.QUEUED).order_by("queue")
    names = queued.values_list("queue", flat=True)
    last = ""
    for _time in range(MOST_QUEUES):
        name = names.filter(queue__gt=last).first()
        if name is None:
            return
        last = name
        if name not in served:
            yield name


def _unserved(name: str, seen_at: datetime | None) -> Unserved:
    waiting = Run.objects.filter(status=RunStatus.QUEUED, queue=name).order_by()
    moments = list(waiting.values_list("queued_at", flat=True)[: MOST_COUNTED + 1])
    # Those may all have begun or been cancelled a moment ago.
    oldest = min(moments, default=timezone.now())
    return Unserved(name, len(moments), oldest, seen_at)

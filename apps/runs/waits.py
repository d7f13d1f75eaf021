"""What queued runs wait for, looked up once for all the runs that are shown."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

from django.conf import settings
from django.db.models import Q
from django.db.models.functions import Now
from django.utils import timezone

from apps.core.prepared import PreparedValues
from apps.runs.models import Run, RunStatus, Worker
from apps.tasks.models import ConcurrencyGroup

Row = Mapping[str, Any]


@dataclass
class Service:
    """Who serves a queue: whether anybody lives, and whether one of these takes runs."""

    alive: bool = False
    takes_runs: bool = False
    # Why one of them starts none; empty where they only stop.
    problem: str = ""
    # When a worker of the queue was last heard of; None for never, or not for a day.
    seen_at: datetime | None = None

    def add(self, *, draining: bool, problem: str) -> None:
        """Add a worker that lives."""
        self.alive = True
        self.takes_runs |= not draining and not problem
        self.problem = self.problem or problem


@dataclass
class Jam:
    """A limit that has no room: how many runs go on, and the oldest of them."""

    name: str
    is_group: bool
    limit: int
    going: int = 0
    oldest: uuid.UUID | None = None

    @property
    def is_full(self) -> bool:
        return self.going >= self.limit

    def add(self, run_id: uuid.UUID) -> None:
        self.going += 1
        self.oldest = self.oldest or run_id


@dataclass
class Waits:
    """The facts from which `sentences.waiting` makes its sentence."""

    now: datetime = field(default_factory=timezone.now)
    services: dict[str, Service] = field(default_factory=dict)
    scripts: dict[int, Jam] = field(default_factory=dict)
    groups: dict[str, Jam] = field(default_factory=dict)

    @classmethod
    def of(cls, found: Sequence[Row]) -> Waits:
        """Look up what the queued ones of these rows wait for.

        No query when none is queued, one when none of them is limited, and at most
        three whatever their number.
        """
        waits = cls()
        queued = [row for row in found if row["status"] == RunStatus.QUEUED]
        if queued:
            waits.services = _services()
            waits._find_jams(queued)
        return waits

    def service_of(self, row: Row) -> Service:
        """Return who serves the queue of a run."""
        return self.services.get(row["queue"], Service())

    def jam_of(self, row: Row) -> Jam | None:
        """Return the limit that has no room for a run, if there is one."""
        jams = (self.scripts.get(row["script"]), self.groups.get(row["group"]))
        return next((jam for jam in jams if jam is not None and jam.is_full), None)

    def _find_jams(self, queued: Sequence[Row]) -> None:
        self.scripts = {
            row["script"]: Jam(
                row["script_name"], is_group=False, limit=row["max_running"]
            )
            for row in queued
            if row["max_running"] is not None
        }
        names = {row["group"] for row in queued if row["group"]}
        if names:
            listed = ConcurrencyGroup.objects.filter(name__in=names)
            sizes = dict(listed.values_list("name", "max_running"))
            self.groups = {
                name: Jam(name, is_group=True, limit=sizes.get(name, 1))
                for name in names
            }
        if self.scripts or self.groups:
            self._count()

    def _count(self) -> None:
        # All that go on, since they are few: an index leads from a script to all the
        # runs it ever had.
        going = Run.objects.filter(status=RunStatus.RUNNING).order_by("claimed_at")
        for run_id, script, group in going.values_list("pk", "script", "group"):
            if script in self.scripts:
                self.scripts[script].add(run_id)
            if group in self.groups:
                self.groups[group].add(run_id)


def _services() -> dict[str, Service]:
    """Return who serves each queue that any worker was heard of in."""
    services: dict[str, Service] = {}
    for row in _workers(settings.LEASE_S).fetch():
        service = services.setdefault(row["queue"], Service())
        service.seen_at = max(service.seen_at or row["seen_at"], row["seen_at"])
        if row["alive"]:
            service.add(draining=row["draining"], problem=row["problem"])
    return services


@lru_cache(maxsize=1)
def _workers(lease_s: float) -> PreparedValues:
    """Return the query, in which the length of a lease is fixed."""
    alive = Q(seen_at__gte=Now() - timedelta(seconds=lease_s))
    return PreparedValues(
        lambda: (
            Worker.objects.order_by()
            .annotate(alive=alive)
            .values("queue", "seen_at", "draining", "problem", "alive")
        )
    )

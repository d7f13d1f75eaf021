"""Which runs the picture shows: at most some hundreds, however many there were.

Ids sort by the time they were made, so an index that ends with the id leads to the runs
of a time. Where a time holds more than there is room for, it is cut into as many parts,
and the first run of each part stands for the others.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import chain, pairwise
from typing import Any, NamedTuple

from django.db import connection

from apps.core.ids import first_uuid7
from apps.runs.models import Run, RunStatus
from apps.system.home.reader import Reader

# How many of each are shown at most; failures so many that they are hardly ever thinned.
ROOM = {
    RunStatus.COMPLETED: 350,
    RunStatus.CANCELLED: 80,
    RunStatus.FAILED: 350,
    RunStatus.RUNNING: 50,
}
# How many parts one statement has at most: SQLite takes 500.
PARTS = 100
SPANS = 400
ANY = "script_id IS NOT NULL"


class Mark(NamedTuple):
    """A run in the picture; `seconds` is how long it ran, or has been running."""

    id: uuid.UUID
    name: str
    status: str
    at: datetime
    seconds: float


@dataclass
class Marks:
    """`thinned` are the statuses of which not every run is shown."""

    since: datetime
    until: datetime
    marks: list[Mark] = field(default_factory=list)
    thinned: set[str] = field(default_factory=set)

    def count(self, status: str) -> int:
        return sum(mark.status == status for mark in self.marks)


def marks(reader: Reader, days: int) -> Marks:
    """Return the runs of the last days that are shown; failures come last, on top."""
    found = Marks(reader.now - timedelta(days=days), reader.now)
    ids: list[Any] = []
    for status, room in ROOM.items():
        some = _Some(reader, status, found.since, found.until)
        first = some.first(room + 1)
        if len(first) > room:
            found.thinned.add(status)
            first = some.spread(room)
        ids += first
    found.marks = sorted(_read(ids, reader.now), key=_order)
    return found


def _order(mark: Mark) -> tuple[bool, datetime]:
    return mark.status == RunStatus.FAILED, mark.at


def _read(ids: list[Any], now: datetime) -> Iterator[Mark]:
    columns = ("id", "script_name", "status", "queued_at", "began_at", "finished_at")
    for row in Run.objects.filter(pk__in=ids).order_by().values_list(*columns):
        pk, name, status, queued, began, finished = row
        end = finished or now
        seconds = (end - began).total_seconds() if began else 0.0
        yield Mark(pk, name, status, began or finished or queued, max(seconds, 0.0))


@dataclass(frozen=True)
class _Some:
    """Runs of one status between two moments."""

    reader: Reader
    status: str
    since: datetime
    until: datetime

    def first(self, count: int) -> list[Any]:
        """Return the ids of the first `count` runs."""
        low = _id_at(self.since)
        found: list[Any] = []
        for branches in _parts(self._branches(), PARTS):
            wheres = [f"{branch} AND id >= %s" for branch in branches]
            found += self._ids(wheres, [(low,)] * len(branches), count)
            if len(found) >= count:
                break
        return found[:count]

    def spread(self, count: int) -> list[Any]:
        """Return the ids of about `count` runs, spread evenly over the time.

        Each script that a reader is limited to has its share of them.
        """
        branches = self._branches()[:count]
        spans = list(pairwise(self._edges(max(count // len(branches), 1))))
        return [
            pk
            for branch in branches
            for some in _parts(spans, SPANS)
            for pk in self._firsts(branch, some)
        ]

    def _firsts(self, branch: str, spans: Sequence[tuple[Any, Any]]) -> list[Any]:
        """Return the first id in each of these spans that has one."""
        values = ", ".join(["(%s, %s)"] * len(spans))
        first = (
            f"SELECT id FROM runs_run WHERE status = %s AND {branch} "  # noqa: S608
            "AND id >= low AND id < high ORDER BY id LIMIT 1"
        )
        sql = f"WITH span(low, high) AS (VALUES {values}) SELECT ({first}) FROM span"  # noqa: S608
        params = [*chain.from_iterable(spans), self.status]
        with connection.cursor() as cursor:
            cursor.execute(sql, params)
            return [row[0] for row in cursor.fetchall() if row[0] is not None]

    def _ids(
        self, wheres: Sequence[str], params: Sequence[Sequence[Any]], limit: int
    ) -> list[Any]:
        """Return the first ids that meet each condition. All names are our own."""
        sql = " UNION ALL ".join(
            f"SELECT id FROM (SELECT id FROM runs_run WHERE status = %s AND {where} "  # noqa: S608
            f"ORDER BY id LIMIT {limit}) AS part_{number}"
            for number, where in enumerate(wheres)
        )
        values = [value for each in params for value in (self.status, *each)]
        with connection.cursor() as cursor:
            cursor.execute(sql, values)
            return [row[0] for row in cursor.fetchall()]

    def _edges(self, count: int) -> list[Any]:
        step = (self.until - self.since) / count
        # The last one is open: a run may have been queued while this was asked.
        last = self.until + timedelta(minutes=1)
        return [*(_id_at(self.since + n * step) for n in range(count)), _id_at(last)]

    def _branches(self) -> list[str]:
        """Return the conditions under each of which an index is in the order of ids."""
        if self.reader.sees_all:
            return ["1 = 1"]
        if self.reader.scripts is None:
            return [ANY]
        return [f"script_id = {int(pk)}" for pk in self.reader.scripts] or ["1 = 0"]


def _id_at(moment: datetime) -> Any:
    return Run._meta.pk.get_db_prep_value(first_uuid7(moment), connection)


def _parts(all_of: Sequence[Any], size: int) -> Iterator[Sequence[Any]]:
    for first in range(0, len(all_of), size):
        yield all_of[first : first + size]

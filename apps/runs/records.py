"""How the latest runs of scripts went: how many completed, and how long they took."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from statistics import median

from apps.core.prepared import PreparedValues, Spliced
from apps.runs.models import Run, RunStatus

LATEST = 50
"""Of how many runs of each script a record tells."""

# How many scripts one statement asks about: SQLite takes 500 parts.
PARTS = 100
COLUMNS = ("script", "status", "began_at", "finished_at")
_RUNS = PreparedValues(
    lambda: Run.objects.order_by().filter(pk__in=Spliced()).values(*COLUMNS)
)


@dataclass
class Record:
    """What became of the latest runs; active ones and cancelled ones say nothing."""

    completed: int = 0
    failed: int = 0
    seconds: list[float] = field(default_factory=list)

    @property
    def judged(self) -> int:
        return self.completed + self.failed

    @property
    def percent(self) -> int | None:
        """How many of a hundred completed; 100 and 0 only where it was all and none."""
        if not self.judged:
            return None
        share = round(100 * self.completed / self.judged)
        least, most = min(self.completed, 1), 100 - min(self.failed, 1)
        return min(max(share, least), most)

    @property
    def usual_s(self) -> float | None:
        return median(self.seconds) if self.seconds else None

    @property
    def slowest_s(self) -> float | None:
        return max(self.seconds, default=None)


def records_of(scripts: Collection[int]) -> dict[int, Record]:
    """Return the record of each of these scripts, by its id; by an index."""
    records = {script: Record() for script in scripts}
    for some in _parts(sorted(records)):
        for row in _RUNS.fetch(_latest(len(some)), some):
            record = records[row["script"]]
            record.completed += row["status"] == RunStatus.COMPLETED
            record.failed += row["status"] == RunStatus.FAILED
            if row["status"] == RunStatus.COMPLETED and row["began_at"]:
                took = row["finished_at"] - row["began_at"]
                record.seconds.append(took.total_seconds())
    return records


def _latest(count: int) -> str:
    """Return the SQL that finds the ids of the latest runs of so many scripts.

    In our own words, since a queryset that is limited cannot be a part of a union on
    SQLite.
    """
    return " UNION ALL ".join(
        "SELECT id FROM (SELECT id FROM runs_run WHERE script_id = %s "  # noqa: S608
        f"ORDER BY id DESC LIMIT {LATEST}) AS part_{number}"
        for number in range(count)
    )


def _parts(scripts: Sequence[int]) -> Iterator[Sequence[int]]:
    for first in range(0, len(scripts), PARTS):
        yield scripts[first : first + PARTS]

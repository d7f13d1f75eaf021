"""Retention: which ended runs are kept for how long, and deleting the others.

Rows are walked in the order of their ids, which is that of time, a window at a time, so
that no single query takes long whatever is kept. A run that has ended never becomes
active again: what was chosen may be deleted later, and by two at once.
"""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import chain
from typing import NamedTuple

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet, Sum
from django.db.models.functions import Now
from django.utils import timezone

from apps.core.ids import first_uuid7
from apps.runs.models import (
    FINAL,
    Artifact,
    Instance,
    LogChunk,
    OutboxMessage,
    Run,
    Trigger,
)
from apps.runs.services import leftovers, outbox
from apps.runs.services.choices import forget_lists
from apps.runs.services.clearing import clear_environments
from apps.runs.services.compaction import compact_in_steps
from apps.runs.services.once import forget_keys
from apps.runs.services.uploads import forget_uploads
from apps.runs.services.versions import prune_versions
from apps.tasks.models import Task

# What one transaction deletes at most: runs, and bytes of logs beyond the first run's.
BATCH_RUNS = 100
BATCH_LOG_BYTES = 16 * 2**20
# How many rows one query looks at.
WINDOW = 500
PRUNE_EVERY = timedelta(hours=1)
# How long a run is kept that listed choices for a form.
KEEP_CHOICES = timedelta(days=1)
# No run is older, and ids hold no earlier time.
BEGINNING = datetime(1970, 1, 2, tzinfo=UTC)


@dataclass(frozen=True)
class PruneReport:
    """What was deleted, or would be: runs, artifact files, bytes of these and of logs,
    rows of the ledger that became counts by day, and environments of scripts."""

    runs: int = 0
    artifacts: int = 0
    bytes: int = 0
    ledger_rows: int = 0
    environments: int = 0
    environment_bytes: int = 0

    def __add__(self, other: PruneReport) -> PruneReport:
        return PruneReport(
            self.runs + other.runs,
            self.artifacts + other.artifacts,
            self.bytes + other.bytes,
            self.ledger_rows + other.ledger_rows,
            self.environments + other.environments,
            self.environment_bytes + other.environment_bytes,
        )


def prune(
    *,
    now: datetime | None = None,
    dry_run: bool = False,
    limit: int | None = None,
    days: int | None = None,
    keep: int | None = None,
) -> PruneReport:
    """Delete the ended runs that are over age or count, and left-over files, and put
    old rows of the ledger together by day.

    At most `limit` runs. `days` and `keep` stand for KEEP_RUNS_DAYS and
    KEEP_RUNS_COUNT; a task's own figures come first. Active runs and a retry of a
    deleted run stay. A dry run deletes nothing and returns what would go.
    """
    report = PruneReport()
    for part in prune_in_steps(
        now=now, dry_run=dry_run, limit=limit, days=days, keep=keep
    ):
        report += part
    return report


def prune_in_steps(
    *,
    now: datetime | None = None,
    dry_run: bool = False,
    limit: int | None = None,
    days: int | None = None,
    keep: int | None = None,
) -> Iterator[PruneReport]:
    """Do what `prune` does, and yield after each small step what it deleted.

    Called by tick, which has other things to do in between.
    """
    now = now or timezone.now()
    policy = _Policy.load(now=now, days=days, keep=keep)
    left = limit
    counted: set[uuid.UUID] = set()
    for rows in chain(_of_choices(policy), _too_old(policy), _too_many(policy)):
        if left == 0:
            break
        # A dry run meets again, in the second walk, what it left in the first.
        rows = [row for row in rows if row.id not in counted][:left]
        if not rows:
            yield PruneReport()
        for batch in _batches(rows):
            if dry_run:
                yield _counted(batch)
            else:
                yield from _deleted(batch)
        if left is not None:
            left -= len(rows)
        if dry_run:
            counted.update(row.id for row in rows)
    for count in compact_in_steps(now=now, dry_run=dry_run):
        yield PruneReport(ledger_rows=count)
    yield from _clear_leftovers(now, dry_run)


def _clear_leftovers(now: datetime, dry_run: bool) -> Iterator[PruneReport]:
    for files, size in chain(
        forget_uploads(now=now, dry_run=dry_run),
        leftovers.sweep_files(now=now, dry_run=dry_run),
        leftovers.sweep_uploads(now=now, dry_run=dry_run),
    ):
        yield PruneReport(artifacts=files, bytes=size)
    for count, size in clear_environments(now=now, dry_run=dry_run):
        yield PruneReport(environments=count, environment_bytes=size)
    if dry_run:
        return
    for _ in forget_lists(now=now):
        yield PruneReport()
    for _ in leftovers.sweep_work_folders(now=now):
        yield PruneReport()
    while outbox.forget_undelivered(before=now - outbox.KEEP_UNDELIVERED):
        yield PruneReport()
    while forget_keys(now=now):
        yield PruneReport()
    for _ in prune_versions(now=now):
        yield PruneReport()


class _Row(NamedTuple):
    """What is known of a run while it is decided upon."""

    id: uuid.UUID
    status: str
    finished_at: datetime | None
    script_name: str
    task_id: int | None
    log_bytes: int

    @property
    def kept_log_bytes(self) -> int:
        """About how much of its log is in the database."""
        return min(self.log_bytes, settings.LOG_LIMIT_BYTES)


@dataclass(frozen=True)
class _Policy:
    """How long and how many: the hub's figures, and those of tasks; 0 is no limit."""

    now: datetime
    days: int
    keep: int
    task_days: dict[int, int]
    task_keep: dict[int, int]

    @classmethod
    def load(cls, *, now: datetime, days: int | None, keep: int | None) -> _Policy:
        own = Task.objects.exclude(keep_days=None, keep_count=None)
        figures = list(own.order_by().values_list("pk", "keep_days", "keep_count"))
        return cls(
            now=now,
            days=settings.KEEP_RUNS_DAYS if days is None else days,
            keep=settings.KEEP_RUNS_COUNT if keep is None else keep,
            task_days={pk: n for pk, n, _ in figures if n is not None},
            task_keep={pk: n for pk, _, n in figures if n is not None},
        )

    def cutoff(self, days: int) -> datetime | None:
        """Return before when a run must have ended to go; None for never."""
        if days == 0 or days >= (self.now - BEGINNING).days:
            return None
        return self.now - timedelta(days=days)


def _of_choices(policy: _Policy) -> Iterator[list[_Row]]:
    """Yield the ended runs that listed choices; their lists are kept apart."""
    listing = Run.objects.filter(trigger=Trigger.CHOICES)
    yield from _over_age(listing, policy.now - KEEP_CHOICES)


def _too_old(policy: _Policy) -> Iterator[list[_Row]]:
    """Yield the ended runs over age, the oldest first, a window at a time."""
    if cutoff := policy.cutoff(policy.days):
        for rows in _over_age(Run.objects.all(), cutoff):
            yield [row for row in rows if row.task_id not in policy.task_days]
    for task_id, days in policy.task_days.items():
        if cutoff := policy.cutoff(days):
            yield from _over_age(Run.objects.filter(task=task_id), cutoff)


def _over_age(runs: QuerySet[Run], cutoff: datetime) -> Iterator[list[_Row]]:
    # What ended before the cut-off was queued before it too, and its id says when.
    for window in _windows(runs.filter(id__lt=first_uuid7(cutoff))):
        yield [row for row in window if row.finished_at and row.finished_at < cutoff]


def _too_many(policy: _Policy) -> Iterator[list[_Row]]:
    """Yield the ended runs over the count of their script and task, newest first."""
    if policy.keep:
        yield from _over_count(Run.objects.all(), policy)
        return
    for task_id, keep in policy.task_keep.items():
        if keep:
            yield from _over_count(Run.objects.filter(task=task_id), policy)


def _over_count(runs: QuerySet[Run], policy: _Policy) -> Iterator[list[_Row]]:
    met: Counter[tuple[str, int | None]] = Counter()
    for window in _windows(runs, newest_first=True):
        over = []
        for row in window:
            if row.status not in FINAL:
                continue
            group = row.script_name, row.task_id
            met[group] += 1
            keep = policy.keep
            if row.task_id is not None:
                keep = policy.task_keep.get(row.task_id, keep)
            if keep and met[group] > keep:
                over.append(row)
        yield over


def _windows(
    runs: QuerySet[Run], *, newest_first: bool = False
) -> Iterator[list[_Row]]:
    """Yield all of `runs` by id; what is deleted in between does no harm."""
    runs = runs.order_by("-id" if newest_first else "id")
    rest = runs
    while window := [_Row(*row) for row in rest.values_list(*_Row._fields)[:WINDOW]]:
        yield window
        last = window[-1].id
        rest = runs.filter(id__lt=last) if newest_first else runs.filter(id__gt=last)


def _batches(rows: list[_Row]) -> Iterator[list[_Row]]:
    """Split so that deleting each takes a short transaction."""
    batch: list[_Row] = []
    size = 0
    for row in rows:
        full = len(batch) == BATCH_RUNS or size + row.kept_log_bytes > BATCH_LOG_BYTES
        if batch and full:
            yield batch
            batch, size = [], 0
        batch.append(row)
        size += row.kept_log_bytes
    if batch:
        yield batch


def _counted(batch: list[_Row]) -> PruneReport:
    files = Artifact.objects.filter(run__in=[row.id for row in batch]).order_by()
    size = files.aggregate(size=Sum("size_bytes"))["size"] or 0
    logs = sum(row.kept_log_bytes for row in batch)
    return PruneReport(len(batch), files.count(), size + logs)


def _deleted(batch: list[_Row]) -> Iterator[PruneReport]:
    """Delete the rows in one transaction, then the files, each in a step of its own.

    A kill in between leaves files without a row, which the next sweep finds.
    """
    with transaction.atomic():
        # Locked, in one order, against a retry and a prune elsewhere. By status too:
        # nothing here may ever take an active run.
        ended = Run.objects.filter(pk__in=[row.id for row in batch], status__in=FINAL)
        locked = ended.select_for_update().order_by("id")
        ids = set(locked.values_list("pk", flat=True))
        files = Artifact.objects.filter(run__in=ids).order_by()
        kept = list(files.values_list("run_id", "path", "size_bytes"))
        LogChunk.objects.filter(run__in=ids).delete()
        files.delete()
        # What a receiver has yet to be told of outlives its run.
        OutboxMessage.objects.filter(run_id__in=ids, due_at=None).delete()
        Run.objects.filter(pk__in=ids).delete()
    logs = sum(row.kept_log_bytes for row in batch if row.id in ids)
    yield PruneReport(len(ids), len(kept), sum(n for _, _, n in kept) + logs)
    for _ in leftovers.delete_files((run_id, path) for run_id, path, _ in kept):
        yield PruneReport()


def claim_pruning() -> bool:
    """Take the hour's pruning; False when a cluster has it, or had it already."""
    due = Instance.objects.filter(prune_due_at__lte=Now())
    # Read first: an UPDATE takes SQLite's one writer's place even if it changes nothing.
    return due.exists() and due.update(prune_due_at=Now() + PRUNE_EVERY) > 0


def hold_pruning() -> None:
    """Say that the pruning goes on; without, another cluster takes it in an hour."""
    Instance.objects.update(prune_due_at=Now() + PRUNE_EVERY)

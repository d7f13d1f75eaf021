"""Runs as rows: what the API, the admin and the command line show is read so."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from django.conf import settings
from django.db.models import F

from apps.core.prepared import Prepared
from apps.runs.models import Run, Worker

COLUMNS = (
    "id",
    "script_name",
    "parameters",
    "status",
    "reason",
    "detail",
    "exit_code",
    "signal",
    "trigger",
    "queue",
    "worker",
    "attempt",
    "retry_of",
    "not_before",
    "timeout_s",
    "scheduled_for",
    "queued_at",
    "began_at",
    "started_at",
    "finished_at",
    "cancel_requested_at",
    "cpu_s",
    "max_rss_bytes",
    "requested_by_name",
)


def rows(runs: Any) -> Any:
    """Return a queryset of runs as dicts of COLUMNS and `task_name`."""
    return runs.values(*COLUMNS, task_name=F("task__name"))


def row_of(run: Run) -> dict[str, Any]:
    """Return a run that is at hand as `rows` would give it."""
    row = {name: getattr(run, name) for name in COLUMNS if name != "retry_of"}
    return {
        **row,
        "retry_of": run.retry_of_id,
        "task_name": run.task.name if run.task else None,
    }


def duration_s(row: Mapping[str, Any]) -> float | None:
    """Return how long the script ran, once it has ended; None if it never began."""
    began, finished = row["began_at"], row["finished_at"]
    if began is None or finished is None:
        return None
    return round((finished - began).total_seconds(), 3)


def live_queues() -> set[str]:
    """Return the queues that a living worker serves."""
    return {worker.queue for worker in _alive(settings.LEASE_S).fetch()}


@lru_cache(maxsize=1)
def _alive(lease_s: float) -> Prepared[Worker]:
    """Return the query, in which the length of a lease is fixed."""
    return Prepared(lambda: Worker.objects.alive().order_by())

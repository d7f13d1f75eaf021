"""Runs as rows: what the API, the admin and the command line show is read so."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db.models import F

from apps.runs.models import Run

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
    "group",
    "script",
    "script_sha256",
    "version",
    "worker",
    "attempt",
    "retry_of",
    "not_before",
    "timeout_s",
    "note",
    "schedule",
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
    """Return a queryset of runs as dicts of COLUMNS, `task_name` and `max_running`."""
    names = {"task_name": F("task__name"), "max_running": F("script__max_running")}
    return runs.values(*COLUMNS, **names)


def row_of(run: Run) -> dict[str, Any]:
    """Return a run that is at hand as `rows` would give it."""
    others = ("retry_of", "schedule", "script", "version")
    return {
        **{name: getattr(run, name) for name in COLUMNS if name not in others},
        **{name: getattr(run, f"{name}_id") for name in others},
        "task_name": run.task.name if run.task else None,
        "max_running": run.script.max_running if run.script else None,
    }


def duration_s(row: Mapping[str, Any]) -> float | None:
    """Return how long the script ran, once it has ended; None if it never began."""
    began, finished = row["began_at"], row["finished_at"]
    if began is None or finished is None:
        return None
    return round((finished - began).total_seconds(), 3)

"""How the latest runs of a task went: a mark for each, and how many completed."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.core.durations import duration_text
from apps.runs.admin.records import rate_html
from apps.runs.models import Run, RunStatus
from apps.runs.records import Record
from apps.runs.rows import duration_s
from apps.tasks.models import Task

RUNS = 20
COLUMNS = ("pk", "status", "queued_at", "began_at", "finished_at")


@dataclass(frozen=True)
class Mark:
    """One run; `label` says what its colour says, and when it was."""

    url: str
    status: str
    label: str


@dataclass
class Latest:
    """The marks, the oldest first, and what is said of them together."""

    marks: list[Mark] = field(default_factory=list)
    rate: Any = ""
    sentence: str = ""


def latest_runs(task: Task) -> Latest:
    """Return the latest runs of a task; by an index."""
    runs = Run.objects.filter(task=task.pk).order_by("-id").values(*COLUMNS)[:RUNS]
    rows = list(runs)
    record = Record(
        completed=sum(row["status"] == RunStatus.COMPLETED for row in rows),
        failed=sum(row["status"] == RunStatus.FAILED for row in rows),
    )
    marks = [_mark(row) for row in reversed(rows)]
    if not record.judged:
        return Latest(marks, sentence=_("None has ended yet.") if marks else "")
    facts = {"completed": record.completed, "all": record.judged}
    sentence = _("%(completed)d of %(all)d completed") % facts
    return Latest(marks, rate_html(record), sentence)


def _mark(row: dict[str, Any]) -> Mark:
    local = row["queued_at"].astimezone(timezone.get_default_timezone())
    parts = [str(RunStatus(row["status"]).label), f"{local:%Y-%m-%d %H:%M %Z}"]
    took = duration_s(row)
    if took is not None:
        parts.append(duration_text(took))
    url = reverse("admin:runs_run_change", args=[row["pk"]])
    return Mark(url, row["status"], ", ".join(parts))

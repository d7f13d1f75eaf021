"""What stands beside the run form: what it can be filled in from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.urls import reverse

from apps.runs.admin.filling import PRESET, RUN, TASK
from apps.runs.models import Preset, Run, RunStatus
from apps.runs.rows import duration_s
from apps.scripts.models import Script
from apps.tasks.models import Task

LAST_RUNS = 5
# Of more runs of the script than these a person's own are not looked for.
LOOKED_AT = 1000
MOST_TASKS = 20


@dataclass(frozen=True)
class PastRun:
    """One of the reader's last runs of the script."""

    url: str
    status: str
    label: str
    queued_at: Any
    duration_s: float | None
    fill: str


@dataclass(frozen=True)
class Saved:
    """A preset or a task, with the address that fills the form in from it."""

    name: str
    fill: str
    # Whose it is, if not the reader's own.
    owner: str = ""
    shared: bool = False
    # What the button posts to that deletes it; empty: it is not the reader's to delete.
    delete: str = ""


def last_runs(request: HttpRequest, script: Script) -> list[PastRun]:
    """Return the reader's own last runs of the script."""
    if not request.user.has_perm("runs.view_run"):
        return []
    latest = Run.objects.filter(script=script).order_by("-id").values("pk")[:LOOKED_AT]
    mine = Run.objects.filter(pk__in=latest, requested_by=request.user.pk)
    columns = ("pk", "status", "queued_at", "began_at", "finished_at")
    form = reverse("admin:runs_script_run", args=[script.pk])
    return [
        PastRun(
            url=reverse("admin:runs_run_change", args=[row["pk"]]),
            status=row["status"],
            label=str(RunStatus(row["status"]).label),
            queued_at=row["queued_at"],
            duration_s=duration_s(row),
            fill=f"{form}?{RUN}={row['pk']}",
        )
        for row in mine.order_by("-id").values(*columns)[:LAST_RUNS]
    ]


def presets(request: HttpRequest, script: Script) -> list[Saved]:
    """Return the reader's presets of the script, then what others share."""
    found = Preset.objects.visible_to(request.user).filter(script=script)
    form = reverse("admin:runs_script_run", args=[script.pk])
    mine: list[Saved] = []
    others: list[Saved] = []
    for preset in found.select_related("owner"):
        is_mine = preset.owner_id == request.user.pk
        may_delete = is_mine or request.user.is_superuser
        args = [script.pk, preset.pk]
        saved = Saved(
            name=preset.name,
            fill=f"{form}?{PRESET}={preset.pk}",
            owner="" if is_mine else preset.owner.get_username(),
            shared=preset.shared,
            delete=reverse("admin:runs_preset_delete", args=args) if may_delete else "",
        )
        (mine if is_mine else others).append(saved)
    return mine + others


def tasks(request: HttpRequest, script: Script) -> list[Saved]:
    """Return tasks of the script, whose parameters can be taken over."""
    if not request.user.has_perm("tasks.view_task"):
        return []
    form = reverse("admin:runs_script_run", args=[script.pk])
    found = Task.objects.filter(script=script).values_list("pk", "name")
    return [
        Saved(name=name, fill=f"{form}?{TASK}={number}")
        for number, name in found[:MOST_TASKS]
    ]

"""What a script's page tells of its runs: how the latest went, and who uses it."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.html import escape, format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from apps.core.durations import duration_text
from apps.runs.admin.clock import now_of
from apps.runs.models import Run, RunStatus
from apps.runs.outlook import Outlook, outlooks
from apps.runs.records import LATEST, Record, records_of
from apps.scripts.models import Script
from apps.tasks.models import Schedule, Task

COLUMNS = ("id", "status", "queued_at", "began_at", "finished_at")
# Of more tasks it is only said that they are more.
MOST_TASKS = 50
STEP, BAR, HEIGHT, LEAST = 12, 8, 44, 5


@dataclass(frozen=True)
class Use:
    """A task of the script, with its schedules and what stands ahead of each."""

    task: Task
    schedules: list[tuple[Schedule, Outlook]]


@dataclass(frozen=True)
class Uses:
    shown: list[Use]
    has_more: bool

    @property
    def next_fire(self) -> datetime | None:
        """When the first of all schedules fires."""
        found = [
            outlook.next_fire
            for use in self.shown
            for _schedule, outlook in use.schedules
            if outlook.next_fire
        ]
        return min(found, default=None)


def overview(request: HttpRequest, script: Script) -> dict[str, Any]:
    """Return the context of the overview, with what this reader may see of it."""
    user = request.user
    latest = _latest(script) if user.has_perm("runs.view_run") else []
    return {
        "record": records_of([script.pk])[script.pk],
        "latest": latest,
        "last": latest[0] if latest else None,
        "strip": _strip(latest),
        "most": LATEST,
        "uses": _uses(request, script) if user.has_perm("tasks.view_task") else None,
    }


def record_words(record: Record) -> str:
    """Return how the latest runs went, in a sentence."""
    if not record.judged:
        return _("None has ended yet.")
    parts = [
        _("%(completed)d of %(all)d completed")
        % {"completed": record.completed, "all": record.judged}
    ]
    if record.usual_s is not None and record.slowest_s is not None:
        about = {
            "usual": duration_text(record.usual_s),
            "slowest": duration_text(record.slowest_s),
        }
        parts.append(_("usually in %(usual)s, at most in %(slowest)s") % about)
    return ", ".join(parts)


def _latest(script: Script) -> list[dict[str, Any]]:
    """The latest runs, the newest in front; by an index."""
    found = Run.objects.filter(script=script.pk).order_by("-id")
    return list(found.values(*COLUMNS)[:LATEST])


def _uses(request: HttpRequest, script: Script) -> Uses:
    tasks = list(
        Task.objects.filter(script=script.pk).order_by("name")[: MOST_TASKS + 1]
    )
    shown = tasks[:MOST_TASKS]
    schedules: list[Schedule] = []
    if request.user.has_perm("tasks.view_schedule"):
        planned = Schedule.objects.filter(task__in=shown).order_by("id")
        schedules = list(planned.select_related("task__script"))
    ahead = outlooks(schedules, now_of(request))
    uses = [
        Use(task, [(s, ahead[s.pk]) for s in schedules if s.task_id == task.pk])
        for task in shown
    ]
    return Uses(uses, len(tasks) > MOST_TASKS)


def _strip(latest: Sequence[Mapping[str, Any]]) -> SafeString | str:
    """The latest runs as bars, the newest at the right: how long each took by its
    height, on a logarithmic scale, and how it ended by colour and mark."""
    if not latest:
        return ""
    ordered = latest[::-1]
    longest = max((_seconds(run) for run in ordered), default=0)
    # Numbers, our own words and what is escaped.
    bars = mark_safe("".join(_bars(ordered, max(longest, 1))))  # noqa: S308
    return format_html(
        '<svg class="hub-runs-strip" viewBox="0 0 {} {}" role="group" '
        'aria-label="{}">{}</svg>',
        LATEST * STEP,
        HEIGHT + 10,
        _("The latest runs, the newest at the right"),
        bars,
    )


def _bars(runs: Sequence[Mapping[str, Any]], longest: float) -> Iterator[str]:
    zone = timezone.get_default_timezone()
    left = (LATEST - len(runs)) * STEP
    for number, run in enumerate(runs):
        seconds = _seconds(run)
        share = math.log1p(seconds) / math.log1p(longest)
        height = LEAST + share * (HEIGHT - LEAST)
        x, top = left + number * STEP + 2, HEIGHT + 10 - height
        status = RunStatus(run["status"])
        at = run["queued_at"].astimezone(zone)
        title = f"{at:%Y-%m-%d %H:%M %Z} · {status.label} · {duration_text(seconds)}"
        yield (
            f'<a href="{reverse("admin:runs_run_change", args=[run["id"]])}" '
            f'tabindex="-1"><g class="hub-bar hub-{status.value}">'
            f"<title>{escape(title)}</title>"
            f'<rect class="hub-bar-room" x="{x - 2}" y="0" width="{STEP}" '
            f'height="{HEIGHT + 10}"/>'
            f'<rect x="{x}" y="{top:.1f}" width="{BAR}" height="{height:.1f}"/>'
            f"{_mark(status, x + BAR / 2, top)}</g></a>"
        )


def _mark(status: RunStatus, x: float, top: float) -> str:
    """A diamond over what failed: not everybody tells the colours apart."""
    if status != RunStatus.FAILED:
        return ""
    return f'<path d="M{x:.1f} {max(top - 10, 0):.1f}l4 4-4 4-4-4z"/>'


def _seconds(run: Mapping[str, Any]) -> float:
    if run["began_at"] is None:
        return 0
    end = run["finished_at"] or timezone.now()
    return max((end - run["began_at"]).total_seconds(), 0)

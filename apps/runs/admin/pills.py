"""Short words in a frame: the state of a schedule, what became of a fire."""

from __future__ import annotations

from collections.abc import Sequence

from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _

from apps.core.templatetags.hub import moment
from apps.runs.models import Occurrence
from apps.runs.outlook import Outlook
from apps.tasks.models import Schedule, Task
from apps.tasks.moments import hub_zone

PILL = '<span class="hub-pill hub-{}">{}</span>'


def state_pill(outlook: Outlook) -> str:
    """Return whether a schedule is on, and what to know about it."""
    labels = {
        "on": _("on"),
        "paused": _("paused"),
        "freeze": _("freeze window"),
        "disabled": _("disabled"),
        "over": _("over"),
        "wrong": _("wrong"),
    }
    pill = format_html(PILL, outlook.state, labels[outlook.state])
    if not outlook.sentence or outlook.sentence == _("It is disabled."):
        return pill
    return format_html('{} <span class="hub-quiet">{}</span>', pill, outlook.sentence)


def next_fire_html(schedule: Schedule, outlook: Outlook) -> str:
    """Return the next fire by the reader's clock, and by its own where that differs."""
    shown = moment(outlook.next_fire, "minute")
    there = next_there(schedule, outlook)
    return format_html('{}<span class="hub-under">{}</span>', shown, there)


def next_there(schedule: Schedule, outlook: Outlook) -> str:
    """Return the next fire in the schedule's zone, where that is not the hub's."""
    is_here = schedule.timezone == hub_zone().key
    return outlook.next_text if outlook.next_fire and not is_here else ""


def task_pill(task: Task, problems: Sequence[str]) -> str:
    """Return whether a task is enabled; else, or if it would be refused, why."""
    if not task.enabled:
        return format_html(PILL, "disabled", _("disabled"))
    if not problems:
        return format_html(PILL, "on", _("on"))
    pill = format_html(PILL, "wrong", _("does not fit its script"))
    return format_html('{} <span class="hub-quiet">{}</span>', pill, problems[0])


def outcome_pill(row: Occurrence | None) -> str:
    """Return what became of a fire, with a link to its run."""
    if row is None:
        return "-"
    text, css = row.get_outcome_display(), f"hub-pill hub-{row.outcome}"
    if row.run_id is None:
        return format_html('<span class="{}">{}</span>', css, text)
    url = reverse("admin:runs_run_change", args=[row.run_id])
    return format_html('<a class="{}" href="{}">{}</a>', css, url, text)

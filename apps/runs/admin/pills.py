"""Short words in a frame: the state of a schedule, what became of a fire."""

from __future__ import annotations

from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _

from apps.runs.models import Occurrence
from apps.runs.outlook import Outlook


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
    return format_html(
        '<span class="hub-pill hub-{}">{}</span> <span class="hub-quiet">{}</span>',
        outlook.state,
        labels[outlook.state],
        outlook.sentence,
    )


def outcome_pill(row: Occurrence | None) -> str:
    """Return what became of a fire, with a link to its run."""
    if row is None:
        return "-"
    text, css = row.get_outcome_display(), f"hub-pill hub-{row.outcome}"
    if row.run_id is None:
        return format_html('<span class="{}">{}</span>', css, text)
    url = reverse("admin:runs_run_change", args=[row.run_id])
    return format_html('<a class="{}" href="{}">{}</a>', css, url, text)

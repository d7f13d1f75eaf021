"""How often scripts completed lately, and how long they took, in their list."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.core.durations import duration_text
from apps.runs.records import Record, records_of


class RecordMixin:
    """Columns that tell of the latest runs, from one query for the whole list."""

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        shown: Any = super().get_changelist_instance(request)  # type: ignore[misc]
        records = records_of([script.pk for script in shown.result_list])
        for script in shown.result_list:
            script.record = records[script.pk]
        return shown

    @admin.display(description=gettext_lazy("success"))
    def success_rate(self, script: Any) -> SafeString | str:
        return rate_html(script.record)

    @admin.display(description=gettext_lazy("usual duration"))
    def usual_time(self, script: Any) -> str:
        usual = script.record.usual_s
        return "-" if usual is None else duration_text(usual)


def rate_html(record: Record) -> SafeString | str:
    """Return how many of a hundred of the latest runs completed: a bar, and a number."""
    percent = record.percent
    if percent is None:
        return "-"
    kind = "completed" if percent >= 95 else "late" if percent >= 50 else "failed"
    title = _("%(completed)d of the last %(all)d completed") % {
        "completed": record.completed,
        "all": record.judged,
    }
    return format_html(
        '<span class="hub-rate hub-{kind}" title="{title}">'
        '<svg viewBox="0 0 50 8" aria-hidden="true">'
        '<rect class="hub-rate-room" width="50" height="8" rx="2"/>'
        '<rect width="{width}" height="8" rx="2"/></svg> {percent} %</span>',
        kind=kind,
        title=title,
        width=f"{percent / 2:.1f}",
        percent=percent,
    )

"""How often a script completed lately, and how long it took, on its page and the list."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.core.durations import duration_text
from apps.runs.records import LATEST, Record, records_of
from apps.scripts.models import Script


class RecordMixin:
    """Columns that tell of the latest runs, from one query for the whole list."""

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        shown: Any = super().get_changelist_instance(request)  # type: ignore[misc]
        records = records_of([script.pk for script in shown.result_list])
        for script in shown.result_list:
            script.record = records[script.pk]
        return shown

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        fields: Any = super().get_readonly_fields(request, obj)  # type: ignore[misc]
        return (*fields, "latest_runs")

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        fieldsets: Any = super().get_fieldsets(request, obj)  # type: ignore[misc]
        latest = (_("The last %d runs") % LATEST, {"fields": ("latest_runs",)})
        return (*fieldsets, latest)

    @admin.display(description=gettext_lazy("success"))
    def success_rate(self, script: Any) -> SafeString | str:
        return rate_html(script.record)

    @admin.display(description=gettext_lazy("usual duration"))
    def usual_time(self, script: Any) -> str:
        usual = script.record.usual_s
        return "-" if usual is None else duration_text(usual)

    @admin.display(description=gettext_lazy("latest runs"))
    def latest_runs(self, script: Script) -> SafeString | str:
        """How the last 50 runs went, in a sentence."""
        record = records_of([script.pk])[script.pk]
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
        return format_html("{} {}", rate_html(record), ", ".join(parts))


def rate_html(record: Record) -> SafeString | str:
    """Return how many of a hundred runs completed, as a pill."""
    percent = record.percent
    if percent is None:
        return "-"
    kind = "completed" if percent >= 95 else "late" if percent >= 50 else "failed"
    return format_html('<span class="hub-pill hub-{}">{} %</span>', kind, percent)

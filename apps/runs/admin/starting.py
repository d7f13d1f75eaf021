"""What runs add to the pages of scripts: "Run" and the last run."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import OuterRef, QuerySet, Subquery
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from apps.runs.admin.records import RecordMixin
from apps.runs.admin.runnable import may_run, why_not
from apps.runs.admin.starting_page import RunPage
from apps.runs.models import Run, RunStatus
from apps.runs.services.versions import count_runs
from apps.scripts import services as scripts
from apps.scripts.admin import ScriptAdmin
from apps.scripts.models import Script, ScriptVersion

admin.site.unregister(Script)


class LastRunMixin:
    """A column that links to the last run, from one query for the whole list."""

    def with_last_run(self, queryset: QuerySet[Any], column: str) -> QuerySet[Any]:
        last = Run.objects.filter(**{column: OuterRef("pk")}).order_by("-id")
        return queryset.annotate(
            last_run_id=Subquery(last.values("id")[:1]),
            last_run_status=Subquery(last.values("status")[:1]),
        )

    @admin.display(description=gettext_lazy("last run"))
    def last_run(self, row: Any) -> str:
        if row.last_run_id is None:
            return "-"
        return format_html(
            '<a class="hub-pill hub-{}" href="{}">{}</a>',
            row.last_run_status,
            reverse("admin:runs_run_change", args=[row.last_run_id]),
            RunStatus(row.last_run_status).label,
        )


@admin.register(Script)
class RunnableScriptAdmin(RecordMixin, LastRunMixin, ScriptAdmin):
    """The page of a script with "Run"."""

    list_display = (
        *ScriptAdmin.list_display,
        "success_rate",
        "usual_time",
        "last_run",
    )
    change_form_template = "admin/runs/script/change_form.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Script]:
        return self.with_last_run(super().get_queryset(request), "script")

    def get_list_display(self, request: HttpRequest) -> tuple[str, ...]:
        if request.user.has_perm("scripts.run_script"):
            return (*self.list_display, "run_link")
        return self.list_display

    def render_change_form(
        self,
        request: HttpRequest,
        context: dict[str, Any],
        add: bool = False,
        change: bool = False,
        form_url: str = "",
        obj: Script | None = None,
    ) -> HttpResponse:
        context["may_run"] = obj is not None and may_run(request, obj)
        return super().render_change_form(request, context, add, change, form_url, obj)

    def run_counts(self, found: list[ScriptVersion]) -> dict[int, int]:
        return count_runs(found)

    @admin.display(description="")
    def run_link(self, script: Script) -> str:
        if why_not(script):
            return ""
        url = reverse("admin:runs_script_run", args=[script.pk])
        return format_html('<a href="{}">{}</a>', url, _("Run…"))

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        return [
            path("<int:script_id>/run/", view(self.run_view), name="runs_script_run"),
            path(
                "<int:script_id>/run/commands/",
                view(require_POST(self.commands_view)),
                name="runs_script_commands",
            ),
            path(
                "<int:script_id>/run/choices/",
                view(require_POST(self.choices_view)),
                name="runs_script_offers",
            ),
            path(
                "<int:script_id>/run/presets/<int:preset_id>/delete/",
                view(require_POST(self.delete_preset_view)),
                name="runs_preset_delete",
            ),
            *super().get_urls(),
        ]

    def run_view(self, request: HttpRequest, script_id: int) -> HttpResponse:
        """The form of a script's parameters."""
        return self._page(request, script_id).answer()

    def commands_view(self, request: HttpRequest, script_id: int) -> HttpResponse:
        """What the form as it is filled in comes to, while somebody types."""
        return self._page(request, script_id).commands()

    def choices_view(self, request: HttpRequest, script_id: int) -> HttpResponse:
        """What may be chosen for one parameter, while somebody types."""
        return self._page(request, script_id).choices()

    def delete_preset_view(
        self, request: HttpRequest, script_id: int, preset_id: int
    ) -> HttpResponse:
        """The button that deletes a preset."""
        return self._page(request, script_id).delete_preset(preset_id)

    def _page(self, request: HttpRequest, script_id: int) -> RunPage:
        if not request.user.has_perm("scripts.run_script"):
            raise PermissionDenied
        script = Script.objects.visible_to(request.user).filter(pk=script_id).first()
        if script is None:
            raise Http404
        scripts.refresh_script(script=script)
        return RunPage(self, request, script)

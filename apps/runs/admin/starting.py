"""What runs add to the pages of scripts: "Run" and the last run."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import OuterRef, QuerySet, Subquery
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.core.errors import HubError, InvalidInput
from apps.runs import services
from apps.runs.admin.forms import RunForm
from apps.runs.admin.records import RecordMixin
from apps.runs.models import Run, RunStatus, Trigger
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


def why_not(script: Script) -> str:
    """Return why a script cannot be run, as a sentence; empty when it can."""
    try:
        scripts.check_runnable(script=script)
    except scripts.ScriptNotRunnable as exc:
        return exc.message
    return ""


def may_run(request: HttpRequest, script: Script) -> bool:
    """Whether a link or button that runs the script leads anywhere for this reader."""
    return request.user.has_perm("scripts.run_script") and not why_not(script)


def to_run(run: Run) -> HttpResponseRedirect:
    """Show a run that was just started."""
    return HttpResponseRedirect(reverse("admin:runs_run_change", args=[run.pk]))


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
        view = self.admin_site.admin_view(self.run_view)
        return [
            path("<int:script_id>/run/", view, name="runs_script_run"),
            *super().get_urls(),
        ]

    def run_view(self, request: HttpRequest, script_id: int) -> HttpResponse:
        """The form of a script's parameters."""
        if not request.user.has_perm("scripts.run_script"):
            raise PermissionDenied
        script = Script.objects.visible_to(request.user).filter(pk=script_id).first()
        if script is None:
            raise Http404
        scripts.refresh_script(script=script)
        problem = why_not(script)
        data = request.POST if request.method == "POST" else None
        form = RunForm(script.parameters_schema, data)
        if form.is_valid():
            run = self._start(request, script, form)
            if run is not None:
                return to_run(run)
        context = {
            **self.admin_site.each_context(request),
            "title": _("Run %(name)s") % {"name": script.name},
            "opts": self.opts,
            "script": script,
            "problem": problem,
            "form": form,
            "media": self.media + form.media,
        }
        return TemplateResponse(request, "admin/runs/script/run.html", context)

    def _start(self, request: HttpRequest, script: Script, form: RunForm) -> Run | None:
        try:
            return services.start_run(
                script=script,
                parameters=form.parameters,
                user=request.user,
                trigger=Trigger.ADMIN,
            )
        except InvalidInput as exc:
            form.add_problems(exc.fields)
        except HubError as exc:
            form.add_error(None, exc.message)
        return None

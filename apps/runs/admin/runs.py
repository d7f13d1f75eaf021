"""One run in the admin: its page, its log, Cancel and Run again."""

from __future__ import annotations

import json
from typing import Any

from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.loader import render_to_string
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from apps.core.admin import ReadOnlyAdmin
from apps.core.errors import HubError
from apps.runs import sentences, services
from apps.runs.admin.artifacts import ArtifactPages, artifacts_context
from apps.runs.admin.asking import start_or_ask
from apps.runs.admin.log import LogPages, find_run, log_context
from apps.runs.admin.run_list import RunList
from apps.runs.admin.versions import version_html
from apps.runs.models import Run, Trigger
from apps.runs.rows import rows
from apps.runs.waits import Waits
from apps.scripts.secrecy import veiled


@admin.register(Run)
class RunAdmin(RunList, LogPages, ArtifactPages, ReadOnlyAdmin):
    """A window on runs: nothing here is edited, only asked for."""

    change_form_template = "admin/runs/run/change_form.html"
    fieldsets = (
        (
            None,
            {
                "fields": (
                    "status_pill",
                    "message",
                    "script_link",
                    "script_version",
                    "task",
                    "schedule_name",
                    "scheduled_time",
                    "note",
                    "parameters_text",
                )
            },
        ),
        (gettext_lazy("Output"), {"fields": ("log",)}),
        (
            gettext_lazy("When and where"),
            {
                "fields": (
                    "trigger",
                    "asked_by",
                    "queue",
                    "group",
                    "worker",
                    "queued_at",
                    "not_before",
                    "start_by",
                    "claimed_at",
                    "began_at",
                    "finished_at",
                    "duration",
                    "cancel_requested_at",
                    "exit_code",
                    "signal",
                    "cpu_s",
                    "max_rss_bytes",
                    "attempt",
                    "retry_of",
                    "id",
                )
            },
        ),
    )
    readonly_fields = (
        "status_pill",
        "message",
        "script_link",
        "script_version",
        "schedule_name",
        "scheduled_time",
        "asked_by",
        "parameters_text",
        "log",
        "duration",
    )

    # -- What is shown -----------------------------------------------------------
    @admin.display(description=gettext_lazy("message"))
    def message(self, run: Run) -> str:
        row = rows(Run.objects).get(pk=run.pk)
        return sentences.message(row) or sentences.waiting(row, Waits.of([row])) or "-"

    @admin.display(description=gettext_lazy("script"))
    def script_link(self, run: Run) -> str:
        if run.script_id is None:
            return run.script_name
        url = reverse("admin:scripts_script_change", args=[run.script_id])
        return format_html('<a href="{}">{}</a>', url, run.script_name)

    @admin.display(description=gettext_lazy("what ran"), empty_value="-")
    def script_version(self, run: Run) -> str | None:
        return version_html(run)

    @admin.display(description=gettext_lazy("parameters"))
    def parameters_text(self, run: Run) -> str:
        text = json.dumps(veiled(run.parameters), ensure_ascii=False, indent=2)
        return format_html('<pre class="hub-block">{}</pre>', text)

    @admin.display(description=gettext_lazy("log"))
    def log(self, run: Run) -> str:
        context = {"log": log_context(run, reloads=True)}
        return render_to_string("admin/runs/run/log.html", context)

    # -- What can be asked for ---------------------------------------------------
    def get_urls(self) -> list[URLPattern]:
        def post(view: Any) -> Any:
            return require_POST(self.admin_site.admin_view(view))

        return [
            path("<uuid:run_id>/cancel/", post(self.cancel), name="runs_run_cancel"),
            path("<uuid:run_id>/again/", post(self.again), name="runs_run_again"),
            *super().get_urls(),
        ]

    def cancel(self, request: HttpRequest, run_id: Any) -> HttpResponse:
        """The button "Cancel"."""
        run = find_run(request, run_id, "runs.cancel_run")
        try:
            services.cancel_run(run=run)
        except HubError as exc:
            self.message_user(request, exc.message, messages.WARNING)
        else:
            self.message_user(request, _("The run was asked to stop."))
        return _to_run(run)

    def again(self, request: HttpRequest, run_id: Any) -> HttpResponse:
        """The button "Run again"."""
        run = find_run(request, run_id, "scripts.run_script")
        return start_or_ask(
            self,
            request,
            lambda reason: services.run_again(
                run=run, user=request.user, trigger=Trigger.ADMIN, reason=reason
            ),
            name=run.script_name,
            back=reverse("admin:runs_run_change", args=[run.pk]),
        )

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        context = {
            "may_cancel": request.user.has_perm("runs.cancel_run"),
            "may_run": request.user.has_perm("scripts.run_script"),
        }
        return super().change_view(
            request, object_id, form_url, context | (extra_context or {})
        )

    def render_change_form(
        self, request: HttpRequest, context: Any, *args: Any, **about: Any
    ) -> HttpResponse:
        """Add what the run left to its page."""
        context["artifacts"] = artifacts_context(context["original"], request)
        return super().render_change_form(request, context, *args, **about)


def _to_run(run: Run) -> HttpResponseRedirect:
    return HttpResponseRedirect(reverse("admin:runs_run_change", args=[run.pk]))

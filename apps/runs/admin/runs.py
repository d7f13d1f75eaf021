"""Runs in the admin: the list, one run with its log, Cancel and Run again."""

from __future__ import annotations

import json
from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.loader import render_to_string
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_POST

from apps.core.admin import ReadOnlyAdmin
from apps.core.api.params import parse_uuid
from apps.core.errors import HubError
from apps.runs import sentences, services
from apps.runs.admin.asking import start_or_ask
from apps.runs.admin.log import LogPages, find_run, log_context
from apps.runs.admin.versions import version_html
from apps.runs.downloads import artifact_path
from apps.runs.listing import visible_scripts
from apps.runs.models import Run, Trigger
from apps.runs.rows import duration_s, rows
from apps.runs.waits import Waits
from apps.scripts.admin import ScriptFilter
from apps.scripts.secrecy import veiled
from apps.tasks.moments import zone_of
from apps.tasks.sentences import show_moment


@admin.register(Run)
class RunAdmin(LogPages, ReadOnlyAdmin):
    """A window on runs: nothing here is edited, only asked for."""

    list_display = (
        "short_id",
        "script_name",
        "status_pill",
        "duration",
        "trigger",
        "schedule_name",
        "scheduled_time",
        "asked_by",
        "queued_at",
    )
    # Its name may be its task's.
    list_select_related = ("schedule__task",)
    list_filter = ("status", ("script", ScriptFilter), "trigger", "queued_at")
    search_fields = ("id",)
    search_help_text = gettext_lazy("A run's id, or the beginning of a script's name.")
    list_per_page = 50
    actions = ("cancel_selected",)
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
        (gettext_lazy("Output"), {"fields": ("log", "artifact_list")}),
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
        "artifact_list",
        "duration",
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Run]:
        if not _is_list(request):
            return Run.objects.visible_to(request.user)
        runs = Run.objects.defer("parameters", "secrets")
        if not {"trigger__exact", "q"} & request.GET.keys():
            # What forms ask for is in nobody's way unless it is looked for.
            runs = runs.exclude(trigger=Trigger.CHOICES)
        if request.user.is_superuser:
            return runs
        # Written out: what a subquery would find, PostgreSQL guesses wrong by far.
        scripts = visible_scripts(request.user)
        if scripts is None:
            return runs.filter(script__isnull=False)
        return runs.filter(script__in=scripts)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Run], search_term: str
    ) -> tuple[QuerySet[Run], bool]:
        """An id, or the beginning of a script's name."""
        term = search_term.strip()
        if not term:
            return queryset, False
        if number := parse_uuid(term):
            return queryset.filter(pk=number), False
        return queryset.filter(script_name__startswith=term), False

    def has_cancel_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("runs.cancel_run")

    # -- What is shown -----------------------------------------------------------
    @admin.display(description=gettext_lazy("run"), ordering="id")
    def short_id(self, run: Run) -> SafeString:
        return format_html("<code>{}</code>", str(run.pk)[-12:])

    @admin.display(description=gettext_lazy("requested by"))
    def asked_by(self, run: Run) -> str:
        return run.requested_by_name or "-"

    @admin.display(description=gettext_lazy("status"), ordering="status")
    def status_pill(self, run: Run) -> SafeString:
        return format_html(
            '<span class="hub-pill hub-{}">{}</span>',
            run.status,
            run.get_status_display(),
        )

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

    @admin.display(description=gettext_lazy("schedule"), empty_value="-")
    def schedule_name(self, run: Run) -> str | None:
        if run.schedule is None:
            return None
        url = reverse("admin:tasks_schedule_change", args=[run.schedule_id])
        return format_html('<a href="{}">{}</a>', url, str(run.schedule))

    @admin.display(description=gettext_lazy("scheduled for"), empty_value="-")
    def scheduled_time(self, run: Run) -> str | None:
        """In the zone of the schedule, or the hub's when that is gone."""
        if run.scheduled_for is None:
            return None
        return show_moment(run.scheduled_for.astimezone(zone_of(run.schedule)))

    @admin.display(description=gettext_lazy("parameters"))
    def parameters_text(self, run: Run) -> str:
        text = json.dumps(veiled(run.parameters), ensure_ascii=False, indent=2)
        return format_html('<pre class="hub-block">{}</pre>', text)

    @admin.display(description=gettext_lazy("log"))
    def log(self, run: Run) -> str:
        context = {"log": log_context(run, reloads=True)}
        return render_to_string("admin/runs/run/log.html", context)

    @admin.display(description=gettext_lazy("artifacts"))
    def artifact_list(self, run: Run) -> str:
        found = run.artifacts.values_list("name", "size_bytes")
        if not found:
            return _("No files were left.") if not run.is_active else "-"
        items = format_html_join(
            "",
            '<li><a href="{}" download>{}</a> ({} B)</li>',
            ((artifact_path(run.pk, name), name, size) for name, size in found),
        )
        return format_html('<ul class="hub-files">{}</ul>', items)

    @admin.display(description=gettext_lazy("duration"))
    def duration(self, run: Run) -> str:
        seconds = duration_s({"began_at": run.began_at, "finished_at": run.finished_at})
        return "-" if seconds is None else _("%(seconds).1f s") % {"seconds": seconds}

    # -- What can be asked for ---------------------------------------------------
    @admin.action(
        description=gettext_lazy("Cancel selected runs"), permissions=["cancel"]
    )
    def cancel_selected(self, request: HttpRequest, queryset: QuerySet[Run]) -> None:
        done = services.cancel_runs(runs=queryset)
        level = messages.WARNING if done.left or not done.asked else messages.INFO
        self.message_user(request, _cancelled_sentences(done), level)

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


def _cancelled_sentences(done: services.Cancelled) -> str:
    parts = [
        ngettext("Asked %d run to stop.", "Asked %d runs to stop.", done.asked)
        % done.asked
    ]
    if done.ended:
        text = ngettext("%d had ended already.", "%d had ended already.", done.ended)
        parts.append(text % done.ended)
    if done.left:
        text = ngettext(
            "That was as many as are asked at once; %d more is active. Do it again "
            "for it.",
            "That was as many as are asked at once; %d more are active. Do it again "
            "for them.",
            done.left,
        )
        parts.append(text % done.left)
    return " ".join(parts)


def _is_list(request: HttpRequest) -> bool:
    match = request.resolver_match
    return match is not None and match.url_name == "runs_run_changelist"


def _to_run(run: Run) -> HttpResponseRedirect:
    return HttpResponseRedirect(reverse("admin:runs_run_change", args=[run.pk]))

"""The list of runs in the admin: what it shows, finds, and does to many at once."""

from __future__ import annotations

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from apps.core.admin import HubAdmin
from apps.core.api.params import parse_uuid
from apps.runs import services
from apps.runs.listing import visible_scripts
from apps.runs.models import Run, Trigger
from apps.runs.rows import duration_s
from apps.scripts.admin import ScriptFilter
from apps.tasks.moments import zone_of
from apps.tasks.sentences import show_moment


class RunList(HubAdmin):
    """Adds the list to the admin of runs, and the columns that a run's page shows too."""

    when_empty = gettext_lazy(
        "Nothing has run yet. Choose a script, fill in its form and run it."
    )
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

    @admin.display(description=gettext_lazy("duration"))
    def duration(self, run: Run) -> str:
        seconds = duration_s({"began_at": run.began_at, "finished_at": run.finished_at})
        return "-" if seconds is None else _("%(seconds).1f s") % {"seconds": seconds}

    @admin.action(
        description=gettext_lazy("Cancel selected runs"), permissions=["cancel"]
    )
    def cancel_selected(self, request: HttpRequest, queryset: QuerySet[Run]) -> None:
        done = services.cancel_runs(runs=queryset)
        level = messages.WARNING if done.left or not done.asked else messages.INFO
        self.message_user(request, _cancelled_sentences(done), level)


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

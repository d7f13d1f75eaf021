"""Schedules in the admin: when tasks run, with a preview, and what holds them back."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.views.main import ChangeList
from django.core.exceptions import PermissionDenied
from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_POST

from apps.core.admin import HubAdmin
from apps.core.errors import HubError
from apps.runs import services
from apps.runs.admin.clock import now_of
from apps.runs.admin.parameter_forms import ParametersPage
from apps.runs.admin.pausing import PausingMixin, pause_of_all
from apps.runs.admin.pills import next_fire_html, outcome_pill, state_pill
from apps.runs.admin.previewing import preview_context
from apps.runs.admin.schedule_form import ScheduleForm
from apps.runs.outlook import outlooks
from apps.scripts.models import Script
from apps.scripts.secrecy import hidden
from apps.tasks.models import Pause, Schedule, Task
from apps.tasks.services import check_schedule


class OutlookList(ChangeList):
    """Finds what is ahead of all schedules of a page at once."""

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        self.result_list = list(self.result_list)
        found = outlooks(self.result_list, now_of(request))
        for schedule in self.result_list:
            schedule.outlook = found[schedule.pk]


class TaskFilter(admin.RelatedFieldListFilter):
    """The sidebar's choice of a task: those that the reader may know of."""

    def field_choices(
        self, field: Any, request: HttpRequest, model_admin: Any
    ) -> list[tuple[str, Any]]:
        return [(str(task.pk), task.name) for task in visible_tasks(request)]


class KindFilter(admin.SimpleListFilter):
    """How it says when."""

    title = gettext_lazy("kind")
    parameter_name = "kind"
    KINDS = {
        "cron": ~Q(cron=""),
        "interval": Q(every_s__isnull=False),
        "once": Q(at__isnull=False),
    }

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        names = {
            "cron": _("cron expression"),
            "interval": _("interval"),
            "once": _("once"),
        }
        return list(names.items())

    def queryset(
        self, request: HttpRequest, queryset: QuerySet[Schedule]
    ) -> QuerySet[Schedule]:
        kind = self.KINDS.get(self.value() or "")
        return queryset if kind is None else queryset.filter(kind)


def visible_tasks(request: HttpRequest) -> QuerySet[Task]:
    """Return the tasks whose scripts the reader may know of."""
    visible = Script.objects.visible_to(request.user).values("pk")
    return Task.objects.filter(script__in=visible)


@admin.register(Schedule)
class ScheduleAdmin(ParametersPage, PausingMixin, HubAdmin):
    """Each change goes through the services, so that ledger and alarm follow."""

    form = ScheduleForm
    when_empty = gettext_lazy("Nothing is planned.")
    then_add = gettext_lazy("Add a schedule here, or on the page of a task.")
    list_display = ("name", "task", "rule", "next_fire", "state", "last_outcome")
    list_filter = ("enabled", KindFilter, ("task", TaskFilter))
    list_select_related = ("task__script",)
    search_fields = ("label", "task__name", "cron")
    actions = (
        "pause_selected",
        "resume_selected",
        "enable_selected",
        "disable_selected",
    )
    change_list_template = "admin/runs/schedule/change_list.html"
    change_form_template = "admin/runs/schedule/change_form.html"
    fieldsets = (
        (None, {"fields": ("task", "label", "enabled")}),
        (
            gettext_lazy("When it fires"),
            {
                "fields": (
                    "cron",
                    "every_s",
                    "at",
                    ("timezone", "start", "end"),
                ),
                "classes": ("hub-when",),
            },
        ),
        (
            gettext_lazy("What cannot be kept"),
            {
                "fields": ("missed", "max_lateness_s", "overlap", "jitter_s"),
                "classes": ("hub-dense",),
            },
        ),
        (
            gettext_lazy("Parameters"),
            {"fields": ("parameters",), "classes": ("hub-parameters",)},
        ),
    )

    def has_add_permission(self, request: HttpRequest) -> bool:
        # A schedule runs scripts in the place of who makes it.
        may_run = request.user.has_perm("scripts.run_script")
        return may_run and super().has_add_permission(request)

    def has_change_permission(
        self, request: HttpRequest, obj: Schedule | None = None
    ) -> bool:
        may_run = request.user.has_perm("scripts.run_script")
        return may_run and super().has_change_permission(request, obj)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Schedule]:
        return super().get_queryset(request).filter(task__in=visible_tasks(request))

    def get_object(
        self, request: HttpRequest, object_id: str, from_field: str | None = None
    ) -> Schedule | None:
        schedule = super().get_object(request, object_id, from_field)
        if schedule is not None and not self.has_change_permission(request, schedule):
            # Who may only look sees the row, not the form.
            schema = schedule.task.script.parameters_schema
            schedule.parameters = hidden(schema, schedule.parameters)
        return schedule

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return OutlookList

    def formfield_for_foreignkey(
        self, db_field: Any, request: HttpRequest, **kwargs: Any
    ) -> Any:
        if db_field.name == "task":
            kwargs["queryset"] = visible_tasks(request)
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    # -- What is shown -----------------------------------------------------------
    @admin.display(description=gettext_lazy("schedule"), ordering="label")
    def name(self, schedule: Schedule) -> str:
        return str(schedule)

    @admin.display(description=gettext_lazy("when"))
    def rule(self, schedule: Any) -> str:
        if not schedule.cron:
            return schedule.outlook.words
        return format_html(
            "{}<br><code>{}</code> {}",
            schedule.outlook.words,
            schedule.cron,
            schedule.timezone,
        )

    @admin.display(description=gettext_lazy("next fire"))
    def next_fire(self, schedule: Any) -> str:
        return next_fire_html(schedule, schedule.outlook)

    @admin.display(description=gettext_lazy("state"))
    def state(self, schedule: Any) -> str:
        return state_pill(schedule.outlook)

    @admin.display(description=gettext_lazy("last outcome"))
    def last_outcome(self, schedule: Any) -> str:
        return outcome_pill(schedule.outlook.last)

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        context = {
            "pause_of_all": pause_of_all(request),
            "may_pause_all": self.may_pause_all(request),
        }
        return super().changelist_view(request, context | (extra_context or {}))

    def render_change_form(
        self,
        request: HttpRequest,
        context: dict[str, Any],
        add: bool = False,
        change: bool = False,
        form_url: str = "",
        obj: Schedule | None = None,
    ) -> HttpResponse:
        shown, now = context["adminform"].form, now_of(request)
        context |= {
            "pause_of_all": pause_of_all(request),
            "may_pause_all": self.may_pause_all(request),
            "is_paused": obj is not None
            and Pause.objects.filter(schedule=obj).open(now).exists(),
            "outlook": outlooks([obj], now)[obj.pk] if obj is not None else None,
            "preview_url": self._url("preview", obj),
            "parameters_url": self._url("parameters", obj),
            "panel": getattr(shown, "panel", None),
            **_when_fields(shown),
            **preview_context(shown, request),
        }
        return super().render_change_form(request, context, add, change, form_url, obj)

    def _url(self, page: str, schedule: Schedule | None) -> str:
        """Return where a part of the form is asked for."""
        if schedule is None:
            return reverse(f"admin:tasks_schedule_{page}")
        return reverse(f"admin:tasks_schedule_{page}_of", args=[schedule.pk])

    # -- What is saved -----------------------------------------------------------
    def save_model(
        self, request: HttpRequest, obj: Schedule, form: Any, change: bool
    ) -> None:
        services.save_schedule(schedule=obj, user=request.user)

    def delete_model(self, request: HttpRequest, obj: Schedule) -> None:
        services.delete_schedule(schedule=obj)

    def delete_queryset(
        self, request: HttpRequest, queryset: QuerySet[Schedule]
    ) -> None:
        for schedule in queryset:
            services.delete_schedule(schedule=schedule)

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        """The ledger stays, so only the schedules themselves are named."""
        names = [f"{schedule.task}: {schedule}" for schedule in objs]
        return names, {Schedule._meta.verbose_name_plural: len(names)}, set(), []

    @admin.action(
        description=gettext_lazy("Enable selected schedules"), permissions=["change"]
    )
    def enable_selected(
        self, request: HttpRequest, queryset: QuerySet[Schedule]
    ) -> None:
        self._switch(request, queryset, enabled=True)

    @admin.action(
        description=gettext_lazy("Disable selected schedules"), permissions=["change"]
    )
    def disable_selected(
        self, request: HttpRequest, queryset: QuerySet[Schedule]
    ) -> None:
        self._switch(request, queryset, enabled=False)

    def _switch(
        self, request: HttpRequest, schedules: QuerySet[Schedule], *, enabled: bool
    ) -> None:
        """Enable or disable schedules, and say which cannot be."""
        done = 0
        for schedule in schedules.select_related("task__script"):
            schedule.enabled = enabled
            try:
                if enabled:
                    check_schedule(schedule=schedule, now=services.database_now())
                services.save_schedule(schedule=schedule)
            except HubError as exc:
                text = _("Not enabled: %(name)s. %(problem)s")
                if not enabled:
                    text = _("Not disabled: %(name)s. %(problem)s")
                facts = {
                    "name": f"{schedule.task}, {schedule}",
                    "problem": next(iter(exc.fields.values()), [exc.message])[0],
                }
                self.message_user(request, text % facts, messages.ERROR)
                continue
            done += 1
        if done:
            text = _enabled_text(done) if enabled else _disabled_text(done)
            self.message_user(request, text)

    # -- Pages of its own --------------------------------------------------------
    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        parts = {"preview": self.preview_view, "parameters": self.parameters_view}
        pages = [
            path(
                f"{route}{name}/",
                view(require_POST(page)),
                name=f"tasks_schedule_{name}{of}",
            )
            for name, page in parts.items()
            for route, of in (("", ""), ("<int:schedule_id>/", "_of"))
        ]
        return [
            *pages,
            path(
                "<int:schedule_id>/switch/",
                view(require_POST(self.switch_view)),
                name="tasks_schedule_switch",
            ),
            *super().get_urls(),
        ]

    def preview_view(
        self, request: HttpRequest, schedule_id: int | None = None
    ) -> HttpResponse:
        """The part of the form's page that shows the next fires of what is typed."""
        schedule = self._filled_in(request, schedule_id)
        form_class = self.get_form(request, schedule, change=schedule is not None)
        form = form_class(request.POST, instance=schedule)
        context = preview_context(form, request)
        return TemplateResponse(request, "admin/runs/schedule/fires.html", context)

    def parameters_view(
        self, request: HttpRequest, schedule_id: int | None = None
    ) -> HttpResponse:
        """The part of the form's page that shows the parameters."""
        return self.panel_answer(request, self._filled_in(request, schedule_id))

    def _filled_in(
        self, request: HttpRequest, schedule_id: int | None
    ) -> Schedule | None:
        """Return the schedule whose form somebody fills in; None: a new one."""
        if schedule_id is not None:
            schedule = self.find(request, schedule_id, "tasks.change_schedule")
            if self.has_change_permission(request, schedule):
                return schedule
        elif self.has_add_permission(request):
            return None
        raise PermissionDenied

    def switch_view(self, request: HttpRequest, schedule_id: int) -> HttpResponse:
        """The buttons "Enable" and "Disable"."""
        schedule = self.find(request, schedule_id, "tasks.change_schedule")
        chosen = Schedule.objects.filter(pk=schedule.pk)
        self._switch(request, chosen, enabled="enable" in request.POST)
        return to_schedule(schedule)

    def find(self, request: HttpRequest, schedule_id: int, permission: str) -> Schedule:
        """Return a schedule that the reader may know of and do this with."""
        if not request.user.has_perm(permission):
            raise PermissionDenied
        schedules = self.get_queryset(request).select_related("task__script")
        if schedule_id > MAX_ID:
            raise Http404
        schedule = schedules.filter(pk=schedule_id).first()
        if schedule is None:
            raise Http404
        return schedule


def _when_fields(form: Any) -> dict[str, Any]:
    """Return the fields that say when, as the page groups them."""
    if getattr(form, "panel", None) is None:
        return {}
    simple = ("simple_every", "simple_unit", "simple_time", "simple_days")
    return {
        "simple_fields": [form[name] for name in simple],
        "bounds": [form[name] for name in ("timezone", "start", "end")],
    }


MAX_ID = 2**63 - 1


def to_schedule(schedule: Schedule) -> HttpResponseRedirect:
    url = reverse("admin:tasks_schedule_change", args=[schedule.pk])
    return HttpResponseRedirect(url)


def _enabled_text(n: int) -> str:
    text = ngettext("Enabled %(n)d schedule.", "Enabled %(n)d schedules.", n)
    return text % {"n": n}


def _disabled_text(n: int) -> str:
    text = ngettext("Disabled %(n)d schedule.", "Disabled %(n)d schedules.", n)
    return text % {"n": n}

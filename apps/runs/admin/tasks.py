"""What runs add to the pages of tasks: "Run", the last run, schedules and the ledger."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from apps.core.errors import NotFound
from apps.runs import services
from apps.runs.admin.asking import start_or_ask
from apps.runs.admin.clock import now_of
from apps.runs.admin.latest import latest_runs
from apps.runs.admin.ledger import ledger_context
from apps.runs.admin.parameter_forms import ParametersPage
from apps.runs.admin.pausing import pause_of_all
from apps.runs.admin.pills import (
    next_there,
    outcome_pill,
    state_pill,
    task_pill,
)
from apps.runs.admin.runnable import may_run
from apps.runs.admin.schedules import MAX_ID, visible_tasks
from apps.runs.admin.starting import LastRunMixin
from apps.runs.admin.task_form import RunnableTaskForm
from apps.runs.admin.whole_ledger import whole_ledger_context
from apps.runs.models import Trigger
from apps.runs.outlook import outlooks
from apps.runs.services.holds import freeze_of
from apps.tasks.admin import TaskAdmin
from apps.tasks.models import Task
from apps.tasks.services import task_problems

admin.site.unregister(Task)


@admin.register(Task)
class RunnableTaskAdmin(ParametersPage, LastRunMixin, TaskAdmin):
    """The page of a task with "Run", its schedules and its ledger.

    Each change goes through the services, so that ledgers and alarms follow.
    """

    form = RunnableTaskForm
    list_display = (*TaskAdmin.list_display, "state", "last_run")
    change_list_template = "admin/runs/task/change_list.html"
    change_form_template = "admin/runs/task/change_form.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Task]:
        return self.with_last_run(super().get_queryset(request), "task")

    @admin.display(description=gettext_lazy("state"), ordering="enabled")
    def state(self, task: Task) -> str:
        """Whether it is enabled, and why it would be refused all the same."""
        return task_pill(task, task_problems(task=task))

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        context = _pause_context(request)
        return super().changelist_view(request, context | (extra_context or {}))

    def render_change_form(
        self,
        request: HttpRequest,
        context: dict[str, Any],
        add: bool = False,
        change: bool = False,
        form_url: str = "",
        obj: Task | None = None,
    ) -> HttpResponse:
        context |= _pause_context(request) | {
            "panel": getattr(context["adminform"].form, "panel", None),
            "parameters_url": _parameters_url(obj),
        }
        if obj is not None:
            # As it is stored, whatever was typed.
            stored = Task.objects.select_related("script").get(pk=obj.pk)
            context |= {
                "may_run": stored.enabled and may_run(request, stored.script),
                "problems": task_problems(task=stored),
                "freeze": freeze_of(stored, now_of(request)),
                "schedules": _schedule_rows(stored, now_of(request)),
                "latest": latest_runs(stored),
            }
        return super().render_change_form(request, context, add, change, form_url, obj)

    # -- What is saved -----------------------------------------------------------
    def save_model(
        self, request: HttpRequest, obj: Task, form: Any, change: bool
    ) -> None:
        if not change and request.user.is_authenticated:
            obj.owner = request.user
        if change:
            self._hold(obj)
        services.save_task(task=obj, user=request.user)

    def response_add(
        self, request: HttpRequest, obj: Task, post_url_continue: str | None = None
    ) -> HttpResponse:
        answer = super().response_add(request, obj, post_url_continue)
        return _to_schedule(request, obj) or answer

    def response_change(self, request: HttpRequest, obj: Task) -> HttpResponse:
        answer = super().response_change(request, obj)
        return _to_schedule(request, obj) or answer

    def _hold(self, task: Task) -> None:
        """Keep others from it until it is saved, which would make it anew."""
        tasks = Task.objects.select_for_update(of=("self",), no_key=True)
        if tasks.filter(pk=task.pk).first() is None:
            sentence = _("Task %(id)s is gone; somebody has deleted it.")
            raise NotFound(sentence % {"id": task.pk})

    def delete_model(self, request: HttpRequest, obj: Task) -> None:
        services.delete_task(task=obj)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Task]) -> None:
        for task in queryset:
            services.delete_task(task=task)

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        """Its ledger goes with it, and is too long to be read row by row."""
        names: list[Any] = []
        schedules = 0
        for task in objs:
            own = [str(schedule) for schedule in task.schedules.select_related("task")]
            names += [task.name, [*own, _("the ledger")]]
            schedules += len(own)
        counts = {
            Task._meta.verbose_name_plural: len(objs),
            _("schedules"): schedules,
        }
        return names, counts, set(), []

    # -- Pages of its own --------------------------------------------------------
    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        parts = require_POST(self.parameters_view)
        return [
            path("parameters/", view(parts), name="tasks_task_parameters"),
            path(
                "<int:task_id>/parameters/",
                view(parts),
                name="tasks_task_parameters_of",
            ),
            path(
                "<int:task_id>/run/",
                view(require_POST(self.run_view)),
                name="runs_task_run",
            ),
            path("ledger/", view(self.whole_ledger_view), name="runs_ledger"),
            path(
                "<int:task_id>/ledger/",
                view(self.ledger_view),
                name="runs_task_ledger",
            ),
            *super().get_urls(),
        ]

    def parameters_view(
        self, request: HttpRequest, task_id: int | None = None
    ) -> HttpResponse:
        """The part of the form's page that shows the parameters."""
        task = None
        if task_id is not None:
            task = self._find(request, task_id, "tasks.change_task")
        elif not self.has_add_permission(request):
            raise PermissionDenied
        return self.panel_answer(request, task)

    def run_view(self, request: HttpRequest, task_id: int) -> HttpResponse:
        """The button "Run"; within a freeze window it asks for a reason."""
        task = self._find(request, task_id, "scripts.run_script")
        return start_or_ask(
            self,
            request,
            lambda reason, once: services.start_task(
                task=task,
                user=request.user,
                trigger=Trigger.ADMIN,
                once=once,
                reason=reason,
            ),
            name=task.name,
            back=reverse("admin:tasks_task_change", args=[task.pk]),
        )

    def ledger_view(self, request: HttpRequest, task_id: int) -> HttpResponse:
        """What became of the planned fires of a task, or of one of its schedules."""
        task = self._find(request, task_id, "tasks.view_task")
        context = {
            **self.admin_site.each_context(request),
            **_pause_context(request),
            **ledger_context(request, task),
            "opts": self.opts,
            "task": task,
            "title": _("Ledger of %(name)s") % {"name": task.name},
            "media": self.media,
        }
        return TemplateResponse(request, "admin/runs/ledger.html", context)

    def whole_ledger_view(self, request: HttpRequest) -> HttpResponse:
        """What became of the planned fires of all tasks that the reader may see."""
        if not request.user.has_perm("tasks.view_task"):
            raise PermissionDenied
        context = {
            **self.admin_site.each_context(request),
            **_pause_context(request),
            **whole_ledger_context(request, visible_tasks(request)),
            "opts": self.opts,
            "title": _("Ledger"),
            "media": self.media,
        }
        return TemplateResponse(request, "admin/runs/whole_ledger.html", context)

    def _find(self, request: HttpRequest, task_id: int, permission: str) -> Task:
        if not request.user.has_perm(permission):
            raise PermissionDenied
        if task_id > MAX_ID:
            raise Http404
        task = self.get_queryset(request).filter(pk=task_id).first()
        if task is None:
            raise Http404
        return task


def _parameters_url(task: Task | None) -> str:
    """Return where the page asks for the parameters of what is typed."""
    if task is None:
        return reverse("admin:tasks_task_parameters")
    return reverse("admin:tasks_task_parameters_of", args=[task.pk])


def _to_schedule(request: HttpRequest, task: Task) -> HttpResponse | None:
    """Go on to a new schedule, where the button says so."""
    if "_schedule" not in request.POST:
        return None
    url = reverse("admin:tasks_schedule_add")
    return HttpResponseRedirect(f"{url}?task={task.pk}")


def _pause_context(request: HttpRequest) -> dict[str, Any]:
    return {
        "pause_of_all": pause_of_all(request),
        "may_pause_all": request.user.has_perm("tasks.add_pause"),
    }


def _schedule_rows(task: Task, now: datetime) -> list[dict[str, Any]]:
    """What the page of a task shows of each of its schedules."""
    schedules = list(task.schedules.select_related("task__script").order_by("id"))
    found = outlooks(schedules, now)
    return [
        {
            "schedule": schedule,
            "words": found[schedule.pk].words,
            "next_fire": found[schedule.pk].next_fire,
            "next_there": next_there(schedule, found[schedule.pk]),
            "state": state_pill(found[schedule.pk]),
            "last": outcome_pill(found[schedule.pk].last),
        }
        for schedule in schedules
    ]

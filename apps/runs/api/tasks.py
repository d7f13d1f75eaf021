"""`/tasks`: create, list, read, change, delete, run now."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from apps.accounts.permissions import Need, require
from apps.core.api import bodies
from apps.core.api.bodies import emptied
from apps.core.api.paging import Keyset
from apps.core.api.params import check_known, choice_param, text_param
from apps.core.api.views import HubView
from apps.core.errors import InvalidInput
from apps.core.settling import settling
from apps.runs import services
from apps.runs.api.definitions import change_task, new_task
from apps.runs.api.finding import find_task
from apps.runs.api.presenting_tasks import (
    TaskChange,
    TaskPageSchema,
    TaskRequest,
    TaskSchema,
    present_task,
    present_tasks,
)
from apps.runs.api.schemas import RunReason
from apps.runs.api.views import ONCE, STARTED, once_of, started
from apps.runs.models import Trigger
from apps.tasks.models import Task
from apps.tasks.services import check_task

READ = Need("read", "tasks.view_task")
ADD = Need("manage", "tasks.add_task")
ADD_SCHEDULE = Need("manage", "tasks.add_schedule")
CHANGE = Need("manage", "tasks.change_task")
DELETE = Need("manage", "tasks.delete_task")
# Asked also of who plans runs: a schedule runs scripts in their place.
RUN = Need("run", "scripts.run_script")
WHAT_RUNS = {"script_name", "parameters", "enabled"}
BY_NAME = Keyset("name", parse=str)
FILTERS = ("script", "tag", "enabled", "search")
MAX_SEARCH_CHARS = 200
TASK_ID = OpenApiParameter("task_id", int, OpenApiParameter.PATH)


class TaskList(HubView):
    """Saved uses of scripts."""

    access = {"get": READ, "post": ADD}

    @extend_schema(
        operation_id="tasks_list",
        parameters=[
            OpenApiParameter("script", str, description="A script's name."),
            OpenApiParameter("tag", str),
            OpenApiParameter("enabled", str, enum=["true", "false"]),
            OpenApiParameter("search", str, description="In the name or the notes."),
            OpenApiParameter("limit", int),
            OpenApiParameter("after", str),
            OpenApiParameter("before", str),
        ],
        responses=TaskPageSchema,
    )
    def get(self, request: Request) -> Response:
        """List the tasks that the caller may know of, by name, with their schedules."""
        check_known(request, (*BY_NAME.PARAMS, *FILTERS))
        page = BY_NAME.page(request, _filtered(request).values("pk", "name"))
        tasks = Task.objects.select_related("script", "owner").in_bulk(
            [row["pk"] for row in page.rows]
        )
        # One may have been deleted since the page was found.
        found = [tasks[row["pk"]] for row in page.rows if row["pk"] in tasks]
        return Response(page.body(present_tasks(request, found)))

    @extend_schema(
        operation_id="tasks_create", request=TaskRequest, responses={201: TaskSchema}
    )
    def post(self, request: Request) -> Response:
        """Make a task with its schedules, or, where one is wrong, nothing."""
        task, schedules = new_task(request)
        if schedules:
            require(request, ADD_SCHEDULE)
            require(request, RUN)
        with settling():
            services.create_task(task=task, schedules=schedules, user=request.user)
        return Response(
            present_task(request, task),
            status=201,
            headers={"Location": request.build_absolute_uri(f"/tasks/{task.pk}")},
        )


def _filtered(request: Request) -> Any:
    tasks = Task.objects.visible_to(request.user)
    if script := text_param(request, "script"):
        tasks = tasks.filter(script__name=script)
    if tag := text_param(request, "tag"):
        tasks = tasks.tagged(tag)
    switches = choice_param(request, "enabled", ("true", "false"))
    if len(set(switches)) == 1:
        tasks = tasks.filter(enabled=switches[0] == "true")
    if search := _search(request):
        tasks = tasks.filter(Q(name__icontains=search) | Q(notes__icontains=search))
    return tasks


def _search(request: Request) -> str | None:
    text = text_param(request, "search")
    if text is not None and len(text) > MAX_SEARCH_CHARS:
        sentence = _("It has %(count)d characters; at most %(most)d are taken.") % {
            "count": len(text),
            "most": MAX_SEARCH_CHARS,
        }
        raise InvalidInput(f"search: {sentence}", fields={"search": [sentence]})
    return text


class TaskDetail(HubView):
    """One task."""

    access = {"get": READ, "patch": CHANGE, "delete": DELETE}

    @extend_schema(
        operation_id="tasks_read", parameters=[TASK_ID], responses=TaskSchema
    )
    def get(self, request: Request, task_id: str) -> Response:
        """Read one task with its schedules."""
        return Response(present_task(request, find_task(request, task_id)))

    @extend_schema(
        operation_id="tasks_change",
        parameters=[TASK_ID],
        request=TaskChange,
        responses=TaskSchema,
    )
    def patch(self, request: Request, task_id: str) -> Response:
        """Change what is given, and leave the rest."""
        with settling(), transaction.atomic():
            task = find_task(request, task_id, lock=True)
            check_task(task=task, parameters=change_task(request, task))
            runs = task.enabled and task.schedules.filter(enabled=True).exists()
            if runs and WHAT_RUNS & request.data.keys():
                require(request, RUN)
            services.save_task(task=task, user=request.user)
        return Response(present_task(request, task))

    @extend_schema(
        operation_id="tasks_delete", parameters=[TASK_ID], responses={204: None}
    )
    def delete(self, request: Request, task_id: str) -> Response:
        """Delete a task with its schedules and their ledger; its runs stay."""
        with settling(), transaction.atomic():
            services.delete_task(task=find_task(request, task_id, lock=True))
        return Response(status=204)


class TaskRun(HubView):
    """Running it now."""

    access = {"post": RUN}

    @extend_schema(
        operation_id="tasks_run",
        parameters=[TASK_ID, ONCE],
        request=RunReason,
        responses=STARTED,
    )
    def post(self, request: Request, task_id: str) -> Response:
        """Start a run of a task. Within a freeze window it takes a reason."""
        # An empty body stands for no reason.
        values = bodies.read_object(request.data, {"reason": emptied(bodies.text)})
        once = once_of(request, ["run task", task_id, values])
        return started(
            request,
            once,
            lambda: services.start_task(
                task=find_task(request, task_id),
                user=request.user,
                trigger=Trigger.API,
                once=once,
                reason=values.get("reason", ""),
            ),
        )

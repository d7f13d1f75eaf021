"""`/tasks/{id}/schedules`, and the one switch for all of them under `/schedules`."""

from __future__ import annotations

from django.conf import settings
from django.db import transaction
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from apps.accounts.permissions import Need, require
from apps.core.api import bodies
from apps.core.api.params import check_known
from apps.core.api.views import HubView
from apps.core.settling import settling
from apps.runs import services
from apps.runs.api.definitions import change_schedule, read_pause
from apps.runs.api.finding import find_schedule, find_task
from apps.runs.api.presenting_tasks import (
    PauseRequest,
    SchedulePageSchema,
    ScheduleRequest,
    ScheduleSchema,
    SwitchSchema,
    open_pause,
    present_pause,
    present_schedule,
    present_schedules,
)
from apps.runs.api.tasks import ADD_SCHEDULE, RUN, TASK_ID
from apps.tasks.models import Schedule
from apps.tasks.services import check_schedule

READ = Need("read", "tasks.view_schedule")
CHANGE = Need("manage", "tasks.change_schedule")
DELETE = Need("manage", "tasks.delete_schedule")
SEE_SWITCH = Need("read", "tasks.view_pause")
PAUSE_ALL = Need("manage", "tasks.add_pause")
RESUME_ALL = Need("manage", "tasks.change_pause")
IDS = [TASK_ID, OpenApiParameter("schedule_id", int, OpenApiParameter.PATH)]


class ScheduleList(HubView):
    """The schedules of a task."""

    access = {"get": READ, "post": ADD_SCHEDULE}

    @extend_schema(
        operation_id="schedules_list",
        parameters=[TASK_ID],
        responses=SchedulePageSchema,
    )
    def get(self, request: Request, task_id: str) -> Response:
        """List all schedules of a task."""
        check_known(request, ())
        task = find_task(request, task_id)
        schedules = list(task.schedules.order_by("pk"))
        for schedule in schedules:
            schedule.task = task
        shown = present_schedules(request, schedules)
        return Response({"results": shown, "next": None, "previous": None})

    @extend_schema(
        operation_id="schedules_create",
        parameters=[TASK_ID],
        request=ScheduleRequest,
        responses={201: ScheduleSchema},
    )
    def post(self, request: Request, task_id: str) -> Response:
        """Add a schedule to a task."""
        with settling(), transaction.atomic():
            task = find_task(request, task_id, lock=True)
            schedule = change_schedule(Schedule(task=task), request.data)
            check_schedule(schedule=schedule, now=services.database_now())
            require(request, RUN)
            services.save_schedule(schedule=schedule, user=request.user)
        path = f"/tasks/{task.pk}/schedules/{schedule.pk}"
        return Response(
            present_schedule(request, schedule),
            status=201,
            headers={"Location": request.build_absolute_uri(path)},
        )


class ScheduleDetail(HubView):
    """One schedule."""

    access = {"get": READ, "patch": CHANGE, "delete": DELETE}

    @extend_schema(
        operation_id="schedules_read", parameters=IDS, responses=ScheduleSchema
    )
    def get(self, request: Request, task_id: str, schedule_id: str) -> Response:
        """Read one schedule."""
        found = find_schedule(request, task_id, schedule_id)
        return Response(present_schedule(request, found))

    @extend_schema(
        operation_id="schedules_change",
        parameters=IDS,
        request=ScheduleRequest,
        responses=ScheduleSchema,
    )
    def patch(self, request: Request, task_id: str, schedule_id: str) -> Response:
        """Change what is given; of `cron`, `every_s` and `at` the new one counts."""
        with settling(), transaction.atomic():
            schedule = find_schedule(request, task_id, schedule_id, lock=True)
            change_schedule(schedule, request.data)
            now = services.database_now()
            check_schedule(schedule=schedule, now=now, changed=request.data)
            if schedule.enabled and request.data.keys() - {"label"}:
                require(request, RUN)
            services.save_schedule(schedule=schedule, user=request.user)
        return Response(present_schedule(request, schedule))

    @extend_schema(
        operation_id="schedules_delete", parameters=IDS, responses={204: None}
    )
    def delete(self, request: Request, task_id: str, schedule_id: str) -> Response:
        """Delete a schedule; its ledger stays."""
        with settling(), transaction.atomic():
            schedule = find_schedule(request, task_id, schedule_id, lock=True)
            services.delete_schedule(schedule=schedule)
        return Response(status=204)


class SchedulePause(HubView):
    """Pausing one schedule."""

    access = {"post": CHANGE}

    @extend_schema(
        operation_id="schedules_pause",
        parameters=IDS,
        request=PauseRequest,
        responses=ScheduleSchema,
    )
    def post(self, request: Request, task_id: str, schedule_id: str) -> Response:
        """Pause a schedule; one that is paused gets the new terms."""
        with settling(), transaction.atomic():
            schedule = find_schedule(request, task_id, schedule_id, lock=True)
            terms = read_pause(request.data, schedule.timezone)
            name = request.user.get_username()
            services.pause(schedule=schedule, by=name, **terms)
        return Response(present_schedule(request, schedule))


class ScheduleResume(HubView):
    """Resuming one schedule."""

    access = {"post": CHANGE}

    @extend_schema(
        operation_id="schedules_resume",
        parameters=IDS,
        request=None,
        responses=ScheduleSchema,
    )
    def post(self, request: Request, task_id: str, schedule_id: str) -> Response:
        """End the pause of a schedule, if there is one."""
        bodies.read_object(request.data, {})
        with settling(), transaction.atomic():
            schedule = find_schedule(request, task_id, schedule_id, lock=True)
            services.resume(schedule=schedule)
        return Response(present_schedule(request, schedule))


class Switch(HubView):
    """Whether all schedules are paused."""

    access = {"get": SEE_SWITCH}

    @extend_schema(operation_id="schedules_switch", responses=SwitchSchema)
    def get(self, request: Request) -> Response:
        """Say whether all schedules are paused: by whom, since when and why."""
        check_known(request, ())
        return _switch()


class SwitchPause(HubView):
    """Pausing all schedules."""

    access = {"post": PAUSE_ALL}

    @extend_schema(
        operation_id="schedules_pause_all",
        request=PauseRequest,
        responses=SwitchSchema,
    )
    def post(self, request: Request) -> Response:
        """Pause every schedule, also those that are added meanwhile."""
        terms = read_pause(request.data, settings.TIME_ZONE)
        services.pause(schedule=None, by=request.user.get_username(), **terms)
        return _switch()


class SwitchResume(HubView):
    """Resuming all schedules."""

    access = {"post": RESUME_ALL}

    @extend_schema(
        operation_id="schedules_resume_all", request=None, responses=SwitchSchema
    )
    def post(self, request: Request) -> Response:
        """End the pause of all schedules; those of single ones go on."""
        bodies.read_object(request.data, {})
        services.resume(schedule=None)
        return _switch()


def _switch() -> Response:
    return Response({"paused": present_pause(open_pause(None))})

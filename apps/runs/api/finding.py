"""Finding tasks and what belongs to them by the ids in an address."""

from __future__ import annotations

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _
from rest_framework.request import Request

from apps.core.errors import NotFound
from apps.runs.api.definitions import parse_id
from apps.tasks.models import FreezeWindow, Schedule, Task


def find_task(request: Request, task_id: str, *, lock: bool = False) -> Task:
    """Return a task that the caller may know of; raises NotFound.

    `lock`: nobody else changes it until the transaction ends. What names it as theirs
    (its runs, its ledger) can be written all the same.
    """
    tasks = Task.objects.visible_to(request.user).select_related("script", "owner")
    if lock:
        tasks = tasks.select_for_update(of=("self",), no_key=True)
    number = parse_id(task_id)
    task = tasks.filter(pk=number).first() if number else None
    if task is None:
        raise NotFound(
            _("There is no task %(id)s. GET /tasks lists them.")
            % {"id": ascii(task_id[:100])}
        )
    return task


def find_schedule(
    request: Request, task_id: str, schedule_id: str, *, lock: bool = False
) -> Schedule:
    """Return a schedule of a task that the caller may know of; raises NotFound."""
    task = find_task(request, task_id)
    schedules = Schedule.objects.select_related("task__script", "task__owner")
    if lock:
        schedules = schedules.select_for_update(of=("self",), no_key=True)
    number = parse_id(schedule_id)
    found = schedules.filter(pk=number, task=task.pk).first() if number else None
    if found is not None:
        return found
    raise NotFound(
        _("Task %(task)s has no schedule %(id)s. GET /tasks/%(task)s/schedules lists.")
        % {"task": task.pk, "id": ascii(schedule_id[:100])}
    )


def visible_freezes(request: Request) -> QuerySet[FreezeWindow]:
    """Freeze windows but those of tasks that the caller may not know of."""
    tasks = Task.objects.visible_to(request.user).values("pk")
    return FreezeWindow.objects.filter(Q(task=None) | Q(task__in=tasks))


def find_freeze(request: Request, freeze_id: str) -> FreezeWindow:
    """Return a freeze window; raises NotFound."""
    number = parse_id(freeze_id)
    found = visible_freezes(request).filter(pk=number).first() if number else None
    if found is not None:
        return found
    raise NotFound(
        _("There is no freeze window %(id)s. GET /freezes lists them.")
        % {"id": ascii(freeze_id[:100])}
    )

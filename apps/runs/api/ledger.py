"""`/tasks/{id}/ledger`: what was expected of schedules, and what became of it."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from apps.accounts.permissions import Need
from apps.core.api.params import check_known, int_param, text_param
from apps.core.api.views import HubView
from apps.runs import services
from apps.runs.api.definitions import MAX_ID
from apps.runs.api.finding import find_task
from apps.runs.api.naming import schedule_name
from apps.runs.api.presenting_tasks import present_occurrence
from apps.runs.api.schemas import LedgerSchema
from apps.runs.api.tasks import TASK_ID
from apps.runs.models import DayCount, Occurrence, Outcome
from apps.runs.periods import read_period
from apps.tasks.models import Schedule, Task

READ = Need("read", "tasks.view_task")


class TaskLedger(HubView):
    """The ledger of a task."""

    access = {"get": READ}

    @extend_schema(
        operation_id="tasks_ledger",
        parameters=[
            TASK_ID,
            OpenApiParameter(
                "from",
                OpenApiTypes.STR,
                description="ISO 8601, a week before `to` where it is left out; "
                "without an offset it is local time of the hub.",
            ),
            OpenApiParameter(
                "to",
                OpenApiTypes.STR,
                description="Exclusive; now if left out. A date alone is that whole "
                "day.",
            ),
            OpenApiParameter("schedule", int, description="A schedule's id."),
        ],
        responses=LedgerSchema,
    )
    def get(self, request: Request, task_id: str) -> Response:
        """Count the planned fires, and list those that did not start in time."""
        check_known(request, ("from", "to", "schedule"))
        period = read_period(
            text_param(request, "from") or "",
            text_param(request, "to") or "",
            ZoneInfo(settings.TIME_ZONE),
        )
        key = int_param(request, "schedule", minimum=1, maximum=MAX_ID)
        task = find_task(request, task_id)
        ledger = services.read_ledger(
            task=task, since=period.since, until=period.until, schedule_key=key
        )
        return Response(_present(request, task, ledger))


def _present(request: Request, task: Task, ledger: services.Ledger) -> dict[str, Any]:
    labels = _labels(task, ledger)
    return {
        "from": ledger.since,
        "to": ledger.until,
        **_counts(ledger.total),
        "compacted_before": ledger.compacted_before,
        "schedules": [
            {"schedule": key, "label": labels[key], **_counts(tally)}
            for key, tally in sorted(ledger.by_schedule.items())
        ],
        "exceptions": [
            {
                "schedule": row.schedule_key,
                "label": labels[row.schedule_key],
                **present_occurrence(request, row),
            }
            for row in ledger.exceptions
        ],
        "has_more": ledger.has_more,
    }


def _counts(tally: services.Tally) -> dict[str, int]:
    counts = {str(outcome): tally[outcome] for outcome in Outcome.values}
    return {"expected": tally.expected, **counts, "unwritten": tally.unwritten}


def _labels(task: Task, ledger: services.Ledger) -> dict[int, str]:
    """Return what the schedules are called; those that are gone, as they were."""
    keys = set(ledger.by_schedule) | {row.schedule_key for row in ledger.exceptions}
    schedules = Schedule.objects.filter(pk__in=keys).order_by()
    labels = {schedule.pk: schedule_name(schedule) for schedule in schedules}
    for key in keys - labels.keys():
        labels[key] = _old_label(task, key)
    return labels


def _old_label(task: Task, key: int) -> str:
    for model in (Occurrence, DayCount):
        rows = model.objects.filter(task=task.pk, schedule_key=key).order_by("-pk")
        label = rows.values_list("label", flat=True).first()
        if label is not None:
            return str(label)
    return str(key)

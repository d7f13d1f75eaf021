"""`POST /tasks/preview`: when something would fire, before it is saved."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from apps.core.api import bodies
from apps.core.api.bodies import Reader, optional
from apps.core.api.views import HubView
from apps.core.errors import InvalidInput, NotFound
from apps.runs import services
from apps.runs.api.definitions import SCHEDULE, change_schedule, told
from apps.runs.api.finding import find_task
from apps.runs.api.schemas import PreviewRequest, PreviewSchema
from apps.runs.api.tasks import READ
from apps.tasks.models import Schedule, Task
from apps.tasks.timing import Plan, TimingError, check_ahead, check_jitter

USUAL_COUNT = 10
MAX_COUNT = 50
SECOND = timedelta(seconds=1)
TIMING = ("cron", "every_s", "at", "timezone", "start", "end", "jitter_s")


class TaskPreview(HubView):
    """What a schedule would do."""

    access = {"post": READ}

    @extend_schema(
        operation_id="tasks_preview", request=PreviewRequest, responses=PreviewSchema
    )
    def post(self, request: Request) -> Response:
        """Say in words when something fires, and its next fires with their marks."""
        values = bodies.read_object(request.data, READERS)
        count = values.pop("count", USUAL_COUNT)
        task = _task(request, values.pop("task", None))
        plan = _plan({name: request.data[name] for name in values})
        # With a start the fires are those from then on, past ones too.
        after = plan.start - SECOND if plan.start else services.database_now()
        try:
            check_ahead(plan, after)
        except TimingError as exc:
            raise told(exc) from None
        found = services.preview(plan=plan, after=after, count=count, task=task)
        return Response(
            {"words": found.words, "fires": [_shown(f) for f in found.fires]}
        )


def _shown(fire: services.Fire) -> dict[str, Any]:
    # As text, for the offset of a zone may be 0 and is not Z then.
    return {"utc": fire.utc, "local": fire.local.isoformat(), "marks": fire.marks}


def _plan(data: dict[str, Any]) -> Plan:
    """Return the plan of what was sent; raises InvalidInput."""
    schedule = change_schedule(Schedule(created_at=timezone.now()), data)
    given = [schedule.cron or None, schedule.every_s, schedule.at]
    if sum(value is not None for value in given) != 1:
        sentence = _("Say when: either cron, every_s or at, and only one of them.")
        bodies.refuse({"cron": [sentence]})
    try:
        check_jitter(schedule.jitter_s, schedule.rule)
        return schedule.plan
    except TimingError as exc:
        raise told(exc) from None


def _count(value: Any) -> int:
    count = bodies.integer(value)
    if not 1 <= count <= MAX_COUNT:
        limits = {"minimum": 1, "maximum": MAX_COUNT}
        text = _("Write a whole number from %(minimum)d to %(maximum)d.")
        raise bodies.Wrong(text % limits)
    return count


def _task(request: Request, number: int | None) -> Task | None:
    if number is None:
        return None
    try:
        return find_task(request, str(number))
    except NotFound as exc:
        fields = {"task": [exc.message]}
        raise InvalidInput(f"task: {exc.message}", fields=fields) from None


READERS: dict[str, Reader] = {
    **{name: SCHEDULE[name] for name in TIMING},
    "count": _count,
    "task": optional(bodies.integer),
}

"""The JSON of tasks, schedules, pauses and freeze windows."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db.models import Q
from rest_framework import serializers
from rest_framework.request import Request

from apps.runs.api.presenting import run_url
from apps.runs.ledger_sentences import occurrence_sentence
from apps.runs.models import Cause, Occurrence, Outcome
from apps.runs.outlook import Outlook, outlooks
from apps.runs.services import database_now
from apps.scripts import services as scripts
from apps.scripts.secrecy import hidden
from apps.tasks.models import FreezeWindow, Missed, Overlap, Pause, Schedule, Task
from apps.tasks.services import task_problems

TASK_COLUMNS = (
    "parameters",
    "enabled",
    "timeout_s",
    "retries",
    "retry_wait_s",
    "idempotent",
    "group",
    "priority",
    "queue",
    "start_within_s",
    "keep_days",
    "keep_count",
    "tags",
    "notes",
)
SCHEDULE_COLUMNS = (
    "every_s",
    "at",
    "timezone",
    "parameters",
    "missed",
    "max_lateness_s",
    "overlap",
    "jitter_s",
    "start",
    "end",
    "enabled",
)


def present_tasks(request: Request, tasks: Sequence[Task]) -> list[dict[str, Any]]:
    """Return tasks with their schedules: a few queries, whatever their number.

    Each has to come with its script and owner.
    """
    found = Schedule.objects.filter(task__in=[task.pk for task in tasks]).order_by("pk")
    by_pk = {task.pk: task for task in tasks}
    schedules = list(found)
    for schedule in schedules:
        schedule.task = by_pk[schedule.task_id]
    shown: dict[int, list[dict[str, Any]]] = {task.pk: [] for task in tasks}
    for each in present_schedules(request, schedules):
        shown[each["task"]].append(each)
    return [_present_task(task, shown[task.pk]) for task in tasks]


def present_task(request: Request, task: Task) -> dict[str, Any]:
    return present_tasks(request, [task])[0]


def _present_task(task: Task, schedules: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "id": task.pk,
        "name": task.name,
        "script_name": task.script.name,
        **{name: getattr(task, name) for name in TASK_COLUMNS},
        "parameters": hidden(task.script.parameters_schema, task.parameters),
        "owner": task.owner.get_username() if task.owner else None,
        "problem": _problem_of(task),
        "schedules": schedules,
        "created_at": task.created_at,
        "updated_at": task.updated_at,
    }


def _problem_of(task: Task) -> str | None:
    """Why a run of it would be refused now."""
    try:
        scripts.check_runnable(script=task.script)
    except scripts.ScriptNotRunnable as exc:
        return exc.message
    return " ".join(task_problems(task=task)) or None


def present_schedules(
    request: Request, schedules: Sequence[Schedule]
) -> list[dict[str, Any]]:
    """Return schedules, each of which has to come with its task and script."""
    now = database_now()
    views = outlooks(schedules, now)
    pauses = _pauses({schedule.pk for schedule in schedules}, now)
    return [
        _present_schedule(
            request,
            schedule,
            views[schedule.pk],
            pauses.get(schedule.pk) or pauses.get(None),
        )
        for schedule in schedules
    ]


def present_schedule(request: Request, schedule: Schedule) -> dict[str, Any]:
    return present_schedules(request, [schedule])[0]


def _present_schedule(
    request: Request, schedule: Schedule, outlook: Outlook, pause: Pause | None
) -> dict[str, Any]:
    return {
        "id": schedule.pk,
        "task": schedule.task_id,
        "label": schedule.label,
        "cron": schedule.cron or None,
        **{name: getattr(schedule, name) for name in SCHEDULE_COLUMNS},
        "parameters": hidden(
            schedule.task.script.parameters_schema, schedule.parameters
        ),
        "words": outlook.words,
        "state": outlook.state,
        "problem": " ".join(outlook.problems) or None,
        "next_fire": outlook.next_fire,
        "paused": present_pause(pause),
        "last": outlook.last and present_occurrence(request, outlook.last),
        "created_at": schedule.created_at,
        "updated_at": schedule.updated_at,
    }


def open_pause(schedule: Schedule | None) -> Pause | None:
    """Return the pause of exactly this schedule, or the one of all, if it is on."""
    mine = Pause.objects.filter(schedule=schedule.pk if schedule else None)
    return mine.open(database_now()).order_by("-since").first()


def _pauses(keys: set[int], now: datetime) -> dict[int | None, Pause]:
    mine = Pause.objects.filter(Q(schedule=None) | Q(schedule__in=keys))
    found = mine.open(now).order_by("since")
    return {pause.schedule_id: pause for pause in found}


def present_pause(pause: Pause | None) -> dict[str, Any] | None:
    """Return a pause; `all` says whether it is the one of all schedules."""
    if pause is None:
        return None
    return {
        "since": pause.since,
        "until": pause.until,
        "reason": pause.reason,
        "by": pause.by or None,
        "all": pause.schedule_id is None,
    }


def present_occurrence(request: Request, row: Occurrence) -> dict[str, Any]:
    """Return what became of a fire, or of a range of them."""
    return {
        "scheduled_for": row.scheduled_for,
        "until": row.until,
        "count": row.count,
        "outcome": row.outcome,
        "cause": row.cause or None,
        "late_s": row.late_s,
        "sentence": occurrence_sentence(row),
        "run_id": row.run_id,
        "run_url": run_url(request, row.run_id) if row.run_id else None,
    }


def present_freeze(window: FreezeWindow) -> dict[str, Any]:
    return {
        "id": window.pk,
        "reason": window.reason,
        "start": window.start,
        "end": window.end,
        "task": window.task_id,
        "tag": window.tag or None,
    }


class PauseSchema(serializers.Serializer):
    since = serializers.DateTimeField()
    until = serializers.DateTimeField(
        allow_null=True, help_text="Null: until somebody resumes it."
    )
    reason = serializers.CharField(allow_blank=True)
    by = serializers.CharField(allow_null=True)
    all = serializers.BooleanField(help_text="Whether all schedules are paused.")


class SwitchSchema(serializers.Serializer):
    paused = PauseSchema(allow_null=True)


class PauseRequest(serializers.Serializer):
    until = serializers.CharField(required=False, allow_null=True)
    reason = serializers.CharField(required=False, max_length=200)


class OccurrenceSchema(serializers.Serializer):
    scheduled_for = serializers.DateTimeField()
    until = serializers.DateTimeField(
        allow_null=True, help_text="Of a range of fires: the last one."
    )
    count = serializers.IntegerField()
    outcome = serializers.ChoiceField(Outcome.choices)
    cause = serializers.ChoiceField(Cause.choices, allow_null=True)
    late_s = serializers.FloatField(allow_null=True)
    sentence = serializers.CharField(allow_blank=True)
    run_id = serializers.UUIDField(allow_null=True)
    run_url = serializers.URLField(allow_null=True)


class ScheduleRequest(serializers.Serializer):
    """When a task runs: one of `cron`, `every_s` and `at`."""

    label = serializers.CharField(required=False, max_length=80)
    cron = serializers.CharField(required=False, allow_null=True)
    every_s = serializers.IntegerField(required=False, allow_null=True)
    at = serializers.CharField(required=False, allow_null=True)
    timezone = serializers.CharField(
        required=False, help_text="Such as Asia/Shanghai; the hub's where it is left."
    )
    parameters = serializers.DictField(required=False)
    missed = serializers.ChoiceField(Missed.choices, required=False)
    max_lateness_s = serializers.IntegerField(required=False, allow_null=True)
    overlap = serializers.ChoiceField(Overlap.choices, required=False)
    jitter_s = serializers.IntegerField(required=False)
    start = serializers.CharField(
        required=False,
        allow_null=True,
        help_text="ISO 8601; without an offset it is local time in the zone.",
    )
    end = serializers.CharField(required=False, allow_null=True)
    enabled = serializers.BooleanField(required=False)


class ScheduleSchema(serializers.Serializer):
    """The shape of `present_schedules`, for the OpenAPI document."""

    id = serializers.IntegerField()
    task = serializers.IntegerField()
    label = serializers.CharField(allow_blank=True)
    cron = serializers.CharField(allow_null=True)
    every_s = serializers.IntegerField(allow_null=True)
    at = serializers.DateTimeField(allow_null=True)
    timezone = serializers.CharField()
    parameters = serializers.DictField()
    missed = serializers.ChoiceField(Missed.choices)
    max_lateness_s = serializers.IntegerField(allow_null=True)
    overlap = serializers.ChoiceField(Overlap.choices)
    jitter_s = serializers.IntegerField()
    start = serializers.DateTimeField(allow_null=True)
    end = serializers.DateTimeField(allow_null=True)
    enabled = serializers.BooleanField()
    words = serializers.CharField(help_text="When it fires.")
    state = serializers.CharField(
        help_text="on, paused, freeze, disabled, over or wrong."
    )
    problem = serializers.CharField(
        allow_null=True, help_text="Why its runs would be refused now."
    )
    next_fire = serializers.DateTimeField(
        allow_null=True, help_text="The next one that nothing known holds back."
    )
    paused = PauseSchema(allow_null=True)
    last = OccurrenceSchema(allow_null=True)
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()


class SchedulePageSchema(serializers.Serializer):
    results = ScheduleSchema(many=True)
    next = serializers.URLField(allow_null=True)
    previous = serializers.URLField(allow_null=True)


class TaskChange(serializers.Serializer):
    """What PATCH /tasks/{id} takes."""

    name = serializers.CharField(required=False, max_length=120)
    script_name = serializers.CharField(required=False)
    parameters = serializers.DictField(required=False)
    timeout_s = serializers.FloatField(required=False, allow_null=True)
    retries = serializers.IntegerField(required=False)
    retry_wait_s = serializers.FloatField(required=False)
    idempotent = serializers.BooleanField(required=False)
    group = serializers.CharField(required=False)
    priority = serializers.IntegerField(required=False)
    queue = serializers.CharField(required=False)
    start_within_s = serializers.FloatField(required=False, allow_null=True)
    keep_days = serializers.IntegerField(required=False, allow_null=True)
    keep_count = serializers.IntegerField(required=False, allow_null=True)
    tags = serializers.ListField(child=serializers.CharField(), required=False)
    notes = serializers.CharField(required=False)
    enabled = serializers.BooleanField(required=False)


class TaskRequest(TaskChange):
    """What POST /tasks takes."""

    name = serializers.CharField(max_length=120)
    script_name = serializers.CharField()
    schedules = ScheduleRequest(many=True, required=False)


class TaskSchema(serializers.Serializer):
    """The shape of `present_tasks`, for the OpenAPI document."""

    id = serializers.IntegerField()
    name = serializers.CharField()
    script_name = serializers.CharField()
    parameters = serializers.DictField()
    enabled = serializers.BooleanField()
    timeout_s = serializers.FloatField(allow_null=True)
    retries = serializers.IntegerField()
    retry_wait_s = serializers.FloatField()
    idempotent = serializers.BooleanField()
    group = serializers.CharField(allow_blank=True)
    priority = serializers.IntegerField()
    queue = serializers.CharField(allow_blank=True)
    start_within_s = serializers.FloatField(allow_null=True)
    keep_days = serializers.IntegerField(allow_null=True)
    keep_count = serializers.IntegerField(allow_null=True)
    tags = serializers.ListField(child=serializers.CharField())
    notes = serializers.CharField(allow_blank=True)
    owner = serializers.CharField(allow_null=True)
    problem = serializers.CharField(
        allow_null=True, help_text="Why a run of it would be refused now."
    )
    schedules = ScheduleSchema(many=True)
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()


class TaskPageSchema(serializers.Serializer):
    results = TaskSchema(many=True)
    next = serializers.URLField(allow_null=True)
    previous = serializers.URLField(allow_null=True)


class FreezeRequest(serializers.Serializer):
    reason = serializers.CharField(max_length=200)
    start = serializers.CharField(help_text="ISO 8601; without an offset: hub's zone.")
    end = serializers.CharField()
    task = serializers.IntegerField(required=False, allow_null=True)
    tag = serializers.CharField(required=False, allow_null=True)


class FreezeChange(FreezeRequest):
    reason = serializers.CharField(max_length=200, required=False)
    start = serializers.CharField(required=False)
    end = serializers.CharField(required=False)


class FreezeSchema(serializers.Serializer):
    id = serializers.IntegerField()
    reason = serializers.CharField()
    start = serializers.DateTimeField()
    end = serializers.DateTimeField()
    task = serializers.IntegerField(allow_null=True)
    tag = serializers.CharField(allow_null=True)


class FreezePageSchema(serializers.Serializer):
    results = FreezeSchema(many=True)
    next = serializers.URLField(allow_null=True)
    previous = serializers.URLField(allow_null=True)

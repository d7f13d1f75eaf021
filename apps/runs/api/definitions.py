"""What the API takes for tasks, schedules, pauses and freeze windows."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.utils.translation import gettext as _
from rest_framework.request import Request

from apps.core.api import bodies
from apps.core.api.bodies import Reader, anything, emptied, optional
from apps.core.errors import InvalidInput, NotFound
from apps.runs.services import database_now
from apps.scripts import services as scripts
from apps.tasks.models import FreezeWindow, Schedule, Task
from apps.tasks.sentences import explain
from apps.tasks.services import MAX_SCHEDULES
from apps.tasks.timing import TimingError, parse_every, parse_moment, parse_zone

MAX_ID = 10**18 - 1
MAX_REASON_CHARS = 200
RULES = ("cron", "every_s", "at")

TASK: dict[str, Reader] = {
    "name": bodies.text,
    "script_name": bodies.text,
    "parameters": bodies.mapping,
    "timeout_s": optional(bodies.number),
    "retries": bodies.integer,
    "retry_wait_s": bodies.number,
    "idempotent": bodies.flag,
    "group": emptied(bodies.text),
    "priority": bodies.integer,
    "queue": emptied(bodies.text),
    "start_within_s": optional(bodies.number),
    "keep_days": optional(bodies.integer),
    "keep_count": optional(bodies.integer),
    "tags": anything,
    "notes": emptied(bodies.text),
    "enabled": bodies.flag,
}
# Moments and intervals are read with the zone and the other rules at hand.
SCHEDULE: dict[str, Reader] = {
    "label": emptied(bodies.text),
    "cron": emptied(bodies.text),
    "every_s": anything,
    "at": optional(bodies.text),
    "timezone": bodies.text,
    "parameters": bodies.mapping,
    "missed": bodies.text,
    "max_lateness_s": optional(bodies.integer),
    "overlap": bodies.text,
    "jitter_s": bodies.integer,
    "start": optional(bodies.text),
    "end": optional(bodies.text),
    "enabled": bodies.flag,
}
PAUSE: dict[str, Reader] = {
    "until": optional(bodies.text),
    "reason": emptied(bodies.text),
}
FREEZE: dict[str, Reader] = {
    "reason": bodies.text,
    "start": bodies.text,
    "end": bodies.text,
    "task": optional(bodies.integer),
    "tag": emptied(bodies.text),
}


def parse_id(text: str) -> int | None:
    """Return the id that a part of an address writes, or None."""
    if text.isascii() and text.isdigit() and len(text) <= 18:
        return int(text)
    return None


# -- Tasks ---------------------------------------------------------------------


def new_task(request: Request) -> tuple[Task, list[Schedule]]:
    """Return the task and the schedules that a body describes, neither stored nor
    checked yet; raises InvalidInput for what cannot be read."""
    readers = TASK | {"schedules": _list_of_schedules}
    values = bodies.read_object(request.data, readers, required=("name", "script_name"))
    given = values.pop("schedules", [])
    problems: dict[str, list[str]] = {}
    schedules = []
    for number, each in enumerate(given):
        try:
            schedules.append(change_schedule(Schedule(), each))
        except InvalidInput as exc:
            fields = exc.fields or {"": [exc.message]}
            for name, lines in fields.items():
                problems[f"schedules.{number}.{name}".rstrip(".")] = lines
    bodies.refuse(problems)
    task = Task(owner=request.user)
    _set_task(request, task, values)
    return task, schedules


def change_task(request: Request, task: Task) -> bool:
    """Put what a body says into a task; returns whether its script or parameters have
    to be checked."""
    if isinstance(request.data, dict) and "schedules" in request.data:
        sentence = _("Change schedules one by one, under /tasks/%(id)s/schedules.")
        bodies.refuse({"schedules": [sentence % {"id": task.pk}]})
    values = bodies.read_object(request.data, TASK)
    # Asked before the script is taken out of them.
    asks = bool(values.keys() & {"script_name", "parameters"})
    _set_task(request, task, values)
    return asks


def _list_of_schedules(value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise bodies.Wrong(_('Write a list, such as [{"cron": "@daily"}].'))
    if len(value) > MAX_SCHEDULES:
        raise bodies.Wrong(
            _("A task has %(most)s schedules at most.") % {"most": MAX_SCHEDULES}
        )
    return value


def _set_task(request: Request, task: Task, values: dict[str, Any]) -> None:
    name = values.pop("script_name", None)
    if name is not None:
        try:
            task.script = scripts.find_script(name=name, user=request.user, to_run=True)
        except NotFound as exc:
            bodies.refuse({"script_name": [exc.message]})
    if name is not None or "parameters" in values:
        # Checked against what the file takes now.
        scripts.refresh_script(script=task.script)
    for column, value in values.items():
        setattr(task, column, value)


# -- Schedules -----------------------------------------------------------------


def change_schedule(schedule: Schedule, data: Any) -> Schedule:
    """Put what a body says into a schedule, which is not checked yet."""
    values = bodies.read_object(data, SCHEDULE)
    zone_name = values.get("timezone") or schedule.timezone or settings.TIME_ZONE
    values["timezone"] = zone_name
    given = {name for name in RULES if values.get(name) not in (None, "")}
    if given:
        # What says when takes the place of what did.
        values |= {name: None for name in RULES if name not in given}
        values["cron"] = values["cron"] or ""
    problems: dict[str, list[str]] = {}
    with telling(problems):
        zone = parse_zone(zone_name)
        for name in ("at", "start", "end"):
            with telling(problems):
                if values.get(name) is not None:
                    values[name] = parse_moment(values[name], zone, field=name)
    with telling(problems):
        if values.get("every_s") is not None:
            values["every_s"] = read_every(values["every_s"])
    bodies.refuse(problems)
    for column, value in values.items():
        setattr(schedule, column, value)
    return schedule


@contextmanager
def telling(problems: dict[str, list[str]]) -> Iterator[None]:
    """Note what is wrong with the timing at its field."""
    try:
        yield
    except TimingError as exc:
        problems[exc.field] = [explain(exc)]


def told(error: TimingError) -> InvalidInput:
    """Return the refusal that says what is wrong with the timing, at its field."""
    sentence = explain(error)
    fields = {error.field: [sentence]}
    return InvalidInput(f"{error.field}: {sentence}", fields=fields)


def read_every(value: Any) -> int:
    """Return an interval in seconds; raises TimingError, for text too: it is JSON."""
    if isinstance(value, str):
        raise TimingError("interval_number", field="every_s", value=value)
    return parse_every(value)


# -- Pauses and freeze windows -------------------------------------------------


def read_pause(data: Any, zone_name: str) -> dict[str, Any]:
    """Return `until` and `reason` of a pause; `until` lies ahead, or is None."""
    values = {"until": None, "reason": ""} | bodies.read_object(data, PAUSE)
    problems: dict[str, list[str]] = {}
    if values["until"] is not None:
        values["until"] = read_moment(values["until"], zone_name, "until", problems)
    if values["until"] and values["until"] <= database_now():
        problems["until"] = [_("The end of a pause lies ahead, not in the past.")]
    if len(values["reason"]) > MAX_REASON_CHARS:
        sentence = _("A reason has %(most)s characters at most.")
        problems["reason"] = [sentence % {"most": MAX_REASON_CHARS}]
    bodies.refuse(problems)
    return values


def change_freeze(
    request: Request, window: FreezeWindow, *, required: tuple[str, ...] = ()
) -> FreezeWindow:
    """Put what a body says into a freeze window, which is not checked yet."""
    values = bodies.read_object(request.data, FREEZE, required=required)
    problems: dict[str, list[str]] = {}
    for name in ("start", "end"):
        if name in values:
            values[name] = read_moment(values[name], settings.TIME_ZONE, name, problems)
    if values.get("task") is not None:
        number = values["task"]
        visible = Task.objects.visible_to(request.user)
        values["task"] = visible.filter(pk=number).first()
        if values["task"] is None:
            problems["task"] = [_("There is no task %(name)s.") % {"name": number}]
    bodies.refuse(problems)
    for column, value in values.items():
        setattr(window, column, value)
    return window


def read_moment(
    text: str, zone_name: str, field: str, problems: dict[str, list[str]]
) -> datetime | None:
    """Return a moment; without an offset it is local time in the zone."""
    with telling(problems):
        zone: ZoneInfo = parse_zone(zone_name)
        return parse_moment(text, zone, field=field)
    return None

"""Changing what runs when. Before each change the ledger is written up to that moment,
under the definition that held until then; after it the alarms follow the new one."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any, TypeVar

from django.contrib.auth.models import AnonymousUser, User
from django.db import transaction
from django.db.models import QuerySet
from django.db.models.functions import Now
from django.utils.translation import gettext as _

from apps.core.errors import InvalidInput, NotFound
from apps.runs.models import Alarm, Occurrence
from apps.runs.services.firing import fire, move_alarm
from apps.runs.services.inputs import check_inputs
from apps.runs.services.moment import database_now
from apps.runs.services.uploads import hold_only
from apps.scripts.models import Script
from apps.tasks.models import FreezeWindow, Pause, Schedule, Task
from apps.tasks.services import seal_secrets
from apps.tasks.timing import TimingError, next_fire

T = TypeVar("T")
# None is the command line, and the hub.
Caller = User | AnonymousUser | None

# Of schedules in one transaction, which keeps other writers waiting.
BATCH = 50
# What somebody waits for alarms to be set; ticks set the rest within seconds.
BUDGET_S = 3.0
# What says when it fires.
TIMES = ("cron", "every_s", "at", "timezone", "start", "end")
# What says when a freeze window holds, and for whom.
HOLDS = ("start", "end", "task_id", "tag")


def save_schedule(*, schedule: Schedule, user: Caller = None) -> Schedule:
    """Store a checked schedule, new or changed, and set its alarm.

    Where its times are changed, what only jitter puts off starts now. `user` is whose
    files it may name, besides those that it or its task had before. Raises NotFound
    if somebody has deleted it meanwhile, and InvalidInput.
    """
    seal_secrets(row=schedule)
    with transaction.atomic():
        held = check_schedule_inputs(schedule=schedule, user=user)
        if schedule.pk is None:
            schedule.save()
            _begin(schedule)
        else:
            _change(schedule)
        hold_only(ids=held, schedule=schedule)
    return schedule


def check_schedule_inputs(*, schedule: Schedule, user: Caller) -> list[uuid.UUID]:
    """Check files and choices that a person gives; returns the uploads among them.

    Raises InvalidInput.
    """
    stored = Schedule.objects.filter(pk=schedule.pk).select_related("task").first()
    before = [stored.parameters_of_run()] if stored else []
    return check_inputs(
        script=schedule.task.script,
        parameters=schedule.parameters_of_run(),
        user=user,
        accepted=[schedule.task.parameters, *before],
    )


def _change(schedule: Schedule) -> None:
    # Who disables it does not want what was missed to start.
    fire(schedule_id=schedule.pk, catch_up=schedule.enabled)
    before = Schedule.objects.filter(pk=schedule.pk).first()
    if before is None:
        sentence = _("Schedule %(id)s is gone; somebody has deleted it.")
        raise NotFound(sentence % {"id": schedule.pk})
    is_alike = all(getattr(before, name) == getattr(schedule, name) for name in TIMES)
    if not is_alike:
        fire(schedule_id=schedule.pk, early=True)
    schedule.save(force_update=True)
    if is_alike and Alarm.objects.filter(pk=schedule.pk).exists():
        move_alarm(schedule.pk)
    else:
        _begin(schedule)


def delete_schedule(*, schedule: Schedule) -> None:
    """Delete a schedule; its ledger stays, under its label."""
    with transaction.atomic():
        fire(schedule_id=schedule.pk, catch_up=False)
        # What waits, be it for a run's end or by jitter, is not started any more.
        Schedule.objects.filter(pk=schedule.pk).update(enabled=False)
        fire(schedule_id=schedule.pk, early=True)
        schedule.delete()


def save_task(*, task: Task, user: Caller = None) -> Task:
    """Store a checked task, and let the alarms of its schedules follow.

    `user` is whose files it may name, besides those that it had before. Raises
    InvalidInput.
    """
    held = check_task_inputs(
        script=task.script, parameters=task.parameters, task_id=task.pk, user=user
    )
    seal_secrets(row=task)
    if task.pk is None:
        with transaction.atomic():
            return _saved(task, held)
    return _changing(
        Schedule.objects.filter(task=task.pk),
        lambda: _saved(task, held),
        # Who disables it does not want what was missed to start.
        catch_up=task.enabled,
    )


def check_task_inputs(
    *, script: Script, parameters: Mapping[str, Any], task_id: int | None, user: Caller
) -> list[uuid.UUID]:
    """Check files and choices that a person gives; returns the uploads among them.

    Raises InvalidInput.
    """
    stored = Task.objects.filter(pk=task_id).first() if task_id else None
    return check_inputs(
        script=script,
        parameters=parameters,
        user=user,
        accepted=[stored.parameters] if stored else [],
    )


def _saved(task: Task, held: Iterable[uuid.UUID]) -> Task:
    task.save()
    hold_only(ids=held, task=task)
    return task


def delete_task(*, task: Task) -> None:
    """Delete a task with its schedules and their ledger; its runs stay."""
    with transaction.atomic():
        # As whoever fires one of them does: first its alarm, then the rest.
        _lock(Alarm.objects.filter(schedule__task=task.pk))
        task.delete()


def pause(
    *,
    schedule: Schedule | None,
    until: datetime | None = None,
    reason: str = "",
    by: str = "",
) -> Pause:
    """Pause one schedule, or all; one that is paused already gets the new terms.

    Raises InvalidInput if `until` is not ahead.
    """
    if until is not None and until <= database_now():
        sentence = _("Write a moment that is still ahead.")
        raise InvalidInput(f"until: {sentence}", fields={"until": [sentence]})

    def write() -> Pause:
        now = database_now()
        end_pauses(schedule, now)
        return Pause.objects.create(
            schedule=schedule, since=now, until=until, reason=reason, by=by
        )

    return _holding(_these_or_all(schedule), write)


def resume(*, schedule: Schedule | None) -> int:
    """End the pause of one schedule, or the one of all; how many were ended."""

    def write() -> int:
        return end_pauses(schedule, database_now())

    return _holding(_these_or_all(schedule), write)


def end_pauses(schedule: Schedule | None, now: datetime) -> int:
    """Let the open pauses of exactly this schedule, or of all, end now."""
    pk = schedule.pk if schedule else None
    return Pause.objects.filter(schedule=pk).open(now).update(until=now)


def save_freeze(
    *, window: FreezeWindow, changed: Collection[str] | None = None
) -> FreezeWindow:
    """Store a checked freeze window; raises NotFound if somebody has deleted it.

    `changed` are the columns that a change is about, None all of them: the others stay
    as somebody else may have left them meanwhile.
    """

    def write() -> FreezeWindow:
        is_new = window.pk is None
        stored = FreezeWindow.objects.select_for_update().filter(pk=window.pk)
        if not is_new and stored.first() is None:
            sentence = _("Freeze window %(id)s is gone; somebody has deleted it.")
            raise NotFound(sentence % {"id": window.pk})
        window.save(force_update=not is_new, update_fields=changed)
        return window

    before = FreezeWindow.objects.filter(pk=window.pk).first()
    if before is None:
        return _holding(_concerned(window), write)
    if all(getattr(before, name) == getattr(window, name) for name in HOLDS):
        # Nothing is held back, or let go, by another reason.
        with transaction.atomic():
            return write()
    return _changing(_concerned(before, window), write)


def end_freeze(*, window: FreezeWindow) -> bool:
    """Let a freeze window that holds end now; False for one that does not hold."""
    now = database_now()
    if not window.start < now < window.end:
        return False
    window.end = now
    save_freeze(window=window, changed=["end"])
    return True


def delete_freeze(*, window: FreezeWindow) -> None:
    """Delete a freeze window; what it held back stays in the ledger."""
    _changing(_concerned(window), window.delete)


def _concerned(*windows: FreezeWindow) -> QuerySet[Schedule]:
    """The schedules that any of these freeze windows may hold back."""
    if any(window.task_id is None and not window.tag for window in windows):
        return Schedule.objects.all()
    keys = [
        schedule.pk
        for schedule in Schedule.objects.select_related("task")
        if any(window.concerns(schedule.task) for window in windows)
    ]
    return Schedule.objects.filter(pk__in=keys)


def _these_or_all(schedule: Schedule | None) -> QuerySet[Schedule]:
    if schedule is None:
        return Schedule.objects.all()
    return Schedule.objects.filter(pk=schedule.pk)


def _holding(schedules: QuerySet[Schedule], write: Callable[[], T]) -> T:
    """Do what holds schedules back or lets them go, and have their ledgers follow.

    For what says itself from when to when it holds: it is in force at once, however
    many schedules there are, and nothing that was missed before starts in it.
    """
    keys = list(schedules.order_by("pk").values_list("pk", flat=True))
    with transaction.atomic():
        done = write()
        # What there is no time for below, tick does.
        Alarm.objects.filter(schedule__in=schedules).update(rings_at=Now())
    for batch in _batches(keys):
        with transaction.atomic():
            for key in batch:
                fire(schedule_id=key)
    return done


def _changing(
    schedules: QuerySet[Schedule], write: Callable[[], T], *, catch_up: bool = True
) -> T:
    """Write the ledgers, do what changes the schedules, and set their alarms.

    Without `catch_up`, nothing starts that was missed before.

    The ledgers and the alarms in transactions of their own, so that a thousand
    schedules do not hold up the rest. A fire that falls between meets the old terms or
    the new ones, and either is right: the change and it came in the same moment.
    """
    keys = list(schedules.order_by("pk").values_list("pk", flat=True))
    for key in _behind(schedules):
        fire(schedule_id=key, catch_up=catch_up)
    with transaction.atomic():
        alarms = Alarm.objects.filter(schedule__in=schedules)
        _lock(alarms)
        done = write()
        # What there is no time for below, tick sets: what rings is set for what comes.
        alarms.update(rings_at=Now())
    for batch in _batches(keys):
        with transaction.atomic():
            for key in batch:
                move_alarm(key)
    return done


def _lock(alarms: QuerySet[Alarm]) -> None:
    """Lock alarms, in one order, so that no two wait for each other."""
    list(alarms.select_for_update().order_by("pk").values_list("pk"))


def _behind(schedules: QuerySet[Schedule]) -> list[int]:
    """Those of which fires have come that are not written."""
    now = database_now()
    alarms = Alarm.objects.filter(schedule__in=schedules).select_related("schedule")
    return [alarm.pk for alarm in alarms.order_by("pk") if _is_behind(alarm, now)]


def _is_behind(alarm: Alarm, now: datetime) -> bool:
    try:
        planned = next_fire(alarm.schedule.plan, alarm.written_until)
    except TimingError:
        # Nothing can be written of it.
        return False
    return planned is not None and planned <= now


def _batches(keys: list[int]) -> Iterator[list[int]]:
    """Yield a batch at a time, for as long as a person may be kept waiting."""
    ends_at = time.monotonic() + BUDGET_S
    for at in range(0, len(keys), BATCH):
        if time.monotonic() >= ends_at:
            return
        yield keys[at : at + BATCH]


def _begin(schedule: Schedule) -> None:
    """Let the ledger of a new or changed schedule begin now.

    Never before a row that it has, which would come again where a clock was put back.
    """
    rows = Occurrence.objects.filter(schedule_key=schedule.pk)
    last = rows.order_by("-scheduled_for").first()
    moments = [database_now()]
    if last is not None:
        moments.append(last.until or last.scheduled_for)
    Alarm.objects.update_or_create(
        pk=schedule.pk, defaults={"written_until": max(moments), "rings_at": None}
    )
    move_alarm(schedule.pk)

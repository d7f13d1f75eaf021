"""Changing what runs when. Before each change the ledger is written up to that moment,
under the definition that held until then; after it the alarms follow the new one."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import TypeVar

from django.db import transaction
from django.db.models import QuerySet
from django.db.models.functions import Now
from django.utils import timezone

from apps.runs import alarm as clock
from apps.runs.models import Alarm
from apps.runs.services.firing import fire, next_ring
from apps.tasks.models import FreezeWindow, Pause, Schedule, Task

T = TypeVar("T")

BATCH = 200


def save_schedule(*, schedule: Schedule) -> Schedule:
    """Store a checked schedule, new or changed, and set its alarm."""
    with transaction.atomic():
        if schedule.pk is not None:
            fire(schedule_id=schedule.pk)
        schedule.save()
        _set_alarm(schedule)
    return schedule


def delete_schedule(*, schedule: Schedule) -> None:
    """Delete a schedule; its ledger stays, under its label."""
    with transaction.atomic():
        fire(schedule_id=schedule.pk)
        clock.set_alarm(schedule.pk, None)
        schedule.delete()


def save_task(*, task: Task) -> Task:
    """Store a checked task, and let the alarms of its schedules follow."""
    if task.pk is None:
        task.save()
        return task
    return _changing(Schedule.objects.filter(task=task.pk), lambda: _saved(task))


def _saved(task: Task) -> Task:
    task.save()
    return task


def delete_task(*, task: Task) -> None:
    """Delete a task with its schedules and their ledger; its runs stay."""
    with transaction.atomic():
        for schedule in task.schedules.all():
            clock.set_alarm(schedule.pk, None)
        task.delete()


def pause(
    *,
    schedule: Schedule | None,
    until: datetime | None = None,
    reason: str = "",
    by: str = "",
) -> Pause:
    """Pause one schedule, or all; one that is paused already gets the new terms."""

    def write() -> Pause:
        now = timezone.now()
        end_pauses(schedule, now)
        return Pause.objects.create(
            schedule=schedule, since=now, until=until, reason=reason, by=by
        )

    return _changing(_these_or_all(schedule), write)


def resume(*, schedule: Schedule | None) -> int:
    """End the pause of one schedule, or the one of all; how many were ended."""

    def write() -> int:
        return end_pauses(schedule, timezone.now())

    return _changing(_these_or_all(schedule), write)


def end_pauses(schedule: Schedule | None, now: datetime) -> int:
    """Let the open pauses of exactly this schedule, or of all, end now."""
    pk = schedule.pk if schedule else None
    return Pause.objects.filter(schedule=pk).open(now).update(until=now)


def save_freeze(*, window: FreezeWindow) -> FreezeWindow:
    """Store a checked freeze window."""

    def write() -> FreezeWindow:
        window.save()
        return window

    return _changing(Schedule.objects.all(), write)


def delete_freeze(*, window: FreezeWindow) -> None:
    """Delete a freeze window; what it held back stays in the ledger."""
    _changing(Schedule.objects.all(), window.delete)


def _these_or_all(schedule: Schedule | None) -> QuerySet[Schedule]:
    if schedule is None:
        return Schedule.objects.all()
    return Schedule.objects.filter(pk=schedule.pk)


def _changing(schedules: QuerySet[Schedule], write: Callable[[], T]) -> T:
    """Write the ledgers, do what changes the schedules, and set their alarms.

    Each in transactions of its own, so that a thousand schedules do not hold up the
    rest. A fire that falls between meets the old terms or the new ones, and either is
    right: the change and it came in the same moment.
    """
    keys = list(schedules.order_by("pk").values_list("pk", flat=True))
    for key in keys:
        fire(schedule_id=key)
    done = write()
    for batch in _batches(keys):
        with transaction.atomic():
            found = Schedule.objects.select_related("task").filter(pk__in=batch)
            for schedule in found:
                _move_alarm(schedule)
    return done


def _batches(keys: list[int]) -> Iterable[list[int]]:
    return (keys[at : at + BATCH] for at in range(0, len(keys), BATCH))


def _set_alarm(schedule: Schedule) -> None:
    """Let the ledger of a new or changed schedule begin now."""
    clock_of = Schedule.objects.annotate(moment=Now()).values_list("moment", flat=True)
    written_until = clock_of.get(pk=schedule.pk)
    Alarm.objects.update_or_create(
        pk=schedule.pk, defaults={"written_until": written_until, "rings_at": None}
    )
    _move_alarm(schedule)


def _move_alarm(schedule: Schedule) -> None:
    alarm = Alarm.objects.select_for_update().filter(pk=schedule.pk).first()
    if alarm is None:
        return
    alarm.schedule = schedule
    rings_at = next_ring(alarm)
    alarm.rings_at = rings_at
    alarm.save(update_fields=["rings_at"])
    clock.set_alarm(schedule.pk, rings_at)

"""What keeps a schedule from firing: pauses, freeze windows, and being disabled."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from django.db.models import BigIntegerField, DateTimeField, Q

from apps.core.prepared import Param, Prepared
from apps.runs.models import Cause
from apps.tasks.models import FreezeWindow, Pause, Schedule, Task

_SINCE = Param("since", DateTimeField())
_PAUSES = Prepared(
    lambda: Pause.objects.filter(
        Q(schedule=None) | Q(schedule=Param("schedule", BigIntegerField())),
        Q(until=None) | Q(until__gt=_SINCE),
    )
)
_WINDOWS = Prepared(lambda: FreezeWindow.objects.filter(end__gt=_SINCE))


class Held(NamedTuple):
    """Why a fire is held back, in a code and in somebody's words."""

    cause: Cause
    detail: str


@dataclass(frozen=True)
class Span:
    """From when to when something holds a schedule back; `until` null: no end yet."""

    since: datetime
    until: datetime | None
    held: Held

    def holds(self, moment: datetime) -> bool:
        return self.since <= moment and (self.until is None or moment < self.until)


@dataclass(frozen=True)
class Holds:
    """All that may hold one schedule back in the time that was asked about."""

    disabled: Held | None
    spans: tuple[Span, ...]

    def at(self, fire: datetime) -> Held | None:
        """Return what holds this fire back; None when nothing does."""
        if self.disabled:
            return self.disabled
        for span in self.spans:
            if span.holds(fire):
                return span.held
        return None

    def end_of(self, fire: datetime) -> datetime | None:
        """Return when what holds this fire is over; None: when somebody ends it."""
        if self.disabled:
            return None
        moment = fire
        while span := next((span for span in self.spans if span.holds(moment)), None):
            if span.until is None:
                return None
            moment = span.until
        return moment

    def edges(self, since: datetime, until: datetime) -> list[datetime]:
        """Return the moments between these at which something begins or ends."""
        ends = {edge for span in self.spans for edge in (span.since, span.until)}
        return sorted(edge for edge in ends if edge and since < edge <= until)


def holds_of(schedule: Schedule, since: datetime) -> Holds:
    """Return what holds a schedule back from `since` on."""
    pauses = _PAUSES.fetch(schedule=schedule.pk, since=since)
    return _holds(schedule, pauses, _WINDOWS.fetch(since=since))


def holds_of_each(schedules: Collection[Schedule], since: datetime) -> dict[int, Holds]:
    """Return what holds each of these schedules back from `since` on, by its id."""
    keys = [schedule.pk for schedule in schedules]
    pauses = list(
        Pause.objects.filter(
            Q(schedule=None) | Q(schedule__in=keys), Q(until=None) | Q(until__gt=since)
        )
    )
    windows = _WINDOWS.fetch(since=since)
    return {schedule.pk: _holds(schedule, pauses, windows) for schedule in schedules}


def _holds(
    schedule: Schedule, pauses: Iterable[Pause], windows: Iterable[FreezeWindow]
) -> Holds:
    paused = (
        Span(pause.since, pause.until, _paused(pause))
        for pause in pauses
        if pause.schedule_id in {None, schedule.pk}
    )
    frozen = (
        Span(window.start, window.end, Held(Cause.FREEZE, window.reason))
        for window in windows
        if window.concerns(schedule.task)
    )
    return Holds(_disabled(schedule), (*paused, *frozen))


def freeze_of(task: Task, moment: datetime) -> FreezeWindow | None:
    """Return the freeze window in which a task is at that moment, if there is one."""
    open_now = FreezeWindow.objects.filter(start__lte=moment, end__gt=moment)
    found = (window for window in open_now.order_by("-end") if window.concerns(task))
    return next(found, None)


def _disabled(schedule: Schedule) -> Held | None:
    if schedule.enabled and schedule.task.enabled:
        return None
    what = "the schedule" if not schedule.enabled else "the task"
    return Held(Cause.DISABLED, what)


def _paused(pause: Pause) -> Held:
    return Held(Cause.PAUSED, pause.reason)

"""What keeps a schedule from firing: pauses, freeze windows, and being disabled."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from django.db.models import Q

from apps.runs.models import Cause
from apps.tasks.models import FreezeWindow, Pause, Schedule


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
    disabled = None
    if not (schedule.enabled and schedule.task.enabled):
        what = "the schedule" if not schedule.enabled else "the task"
        disabled = Held(Cause.DISABLED, what)
    pauses = Pause.objects.of(schedule).filter(Q(until=None) | Q(until__gt=since))
    spans = [
        Span(pause.since, pause.until, Held(Cause.PAUSED, pause.reason))
        for pause in pauses
    ]
    task = schedule.task
    for window in FreezeWindow.objects.filter(end__gt=since):
        if window.concerns(task):
            held = Held(Cause.FREEZE, window.reason)
            spans.append(Span(window.start, window.end, held))
    return Holds(disabled, tuple(spans))

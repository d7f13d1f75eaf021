"""Writing the ledger of one schedule: what became of each fire that is due.

Only called under the lock of the schedule's alarm, in the transaction of that.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

from django.db import transaction
from django.db.models import BigIntegerField, DateTimeField
from django.db.models.functions import Now
from django.utils import timezone

from apps.core.errors import HubError
from apps.core.prepared import Param, Prepared, PreparedInsert, PreparedUpdate
from apps.runs import alarm as clock
from apps.runs.models import (
    ACTIVE,
    Alarm,
    Cause,
    Occurrence,
    Outcome,
    Reason,
    Run,
    RunStatus,
    Trigger,
)
from apps.runs.services.holds import Held, holds_of
from apps.runs.services.outbox import announce_ends
from apps.runs.services.ranges import INSTANT, terms_of
from apps.runs.services.start import Planned, start_run
from apps.tasks.models import Missed, Overlap, Schedule
from apps.tasks.timing import count_fires, fires, jitter_s, last_fires
from apps.tasks.timing import next_fire as next_fire_of

LATE_S = 10.0
"""What starts so long after its moment counts as late, and as missed before that."""

MANY = 1000
"""More fires than these in one go are written as ranges, all but the latest few."""

CATCH_UP = 10
"""The most missed fires that are started after a gap, where all of them are wanted."""

WAIT_LOOK_S = 1.0
# Jitter is no longer than an interval, but when clocks change one gap is shorter.
BACK = 4


def _new_row() -> Occurrence:
    row = Occurrence()
    for field in Occurrence._meta.concrete_fields:
        if not field.primary_key:
            setattr(row, field.attname, Param(field.attname, field))
    return row


_ADD = PreparedInsert(_new_row, leave=False)
_WAITING = Prepared(
    lambda: Occurrence.objects.filter(
        schedule=Param("schedule", BigIntegerField()), outcome=Outcome.WAITING
    ).order_by("id")[:1]
)
_SET = PreparedUpdate(
    lambda: (
        Alarm.objects.filter(pk=Param("id", BigIntegerField())),
        {
            name: Param(name, DateTimeField(null=True))
            for name in ("written_until", "rings_at")
        },
    )
)


class Firing:
    """One pass over the fires of one schedule that are due."""

    def __init__(
        self,
        alarm: Alarm,
        now: datetime,
        *,
        early: bool = False,
        catch_up: bool = True,
    ) -> None:
        self.alarm = alarm
        self.early = early
        self.catch_up = catch_up
        self.schedule: Schedule = alarm.schedule
        self.now = now
        self.rows = 0
        self.holds = holds_of(self.schedule, alarm.written_until)
        self.written_until = alarm.written_until
        self.waiting = self._find_waiting()

    def write(self) -> None:
        """Write what is due, and set the alarm for what comes next."""
        if self.waiting is not None:
            self._settle(self.waiting)
        plan, last = self.schedule.plan, self._last_due()
        if last is not None:
            since = self.written_until
            count = count_fires(plan, since, last)
            if count > MANY:
                singles = self._to_start(last_fires(plan, since, last, CATCH_UP))
                self._write_gap(singles[0] if singles else last + INSTANT)
                self._write_each(singles)
            else:
                self._write_each(list(fires(plan, since, last)))
            self.written_until = last
        self.go_on()

    def go_on(self) -> None:
        """Set the alarm for what comes next."""
        self._set_alarm(self._next_ring())

    def rest(self) -> None:
        """Ring no more until somebody changes the schedule."""
        self._set_alarm(None)

    # -- What is due -------------------------------------------------------------

    def _moment_of(self, planned: datetime) -> datetime:
        """When a fire is to be started: its time and its jitter."""
        most = self.schedule.jitter_s
        if not most:
            return planned
        return planned + timedelta(
            seconds=jitter_s(str(self.schedule.pk), planned, most)
        )

    def _last_due(self) -> datetime | None:
        """The last fire whose moment has come; those before it are due as well."""
        newest = last_fires(self.schedule.plan, self.written_until, self.now, BACK)
        for planned in reversed(newest):
            if self.early or self._moment_of(planned) <= self.now:
                return planned
        return None

    def _late_s(self, planned: datetime) -> float:
        return max(0.0, (self.now - self._moment_of(planned)).total_seconds())

    # -- A gap of very many fires ------------------------------------------------

    def _to_start(self, tail: list[datetime]) -> list[datetime]:
        """The fires from the first one that may start; the rest belongs to the gap."""
        wanted = self._wanted([fire for fire in tail if self.holds.at(fire) is None])
        return [fire for fire in tail if wanted and fire >= min(wanted)]

    def _write_gap(self, until: datetime) -> None:
        """Write the fires before `until` as ranges: one for each thing that held them."""
        edges = [self.written_until]
        for edge in self.holds.edges(self.written_until, until):
            if self.holds.at(edge) != self.holds.at(edges[-1]):
                edges.append(edge)
        for first, last in pairwise([*edges, until]):
            self._write_range(first, last)

    def _write_range(self, since: datetime, until: datetime) -> None:
        plan = self.schedule.plan
        # From the last one written, exclusive, or from an edge, inclusive.
        after = since if since == self.alarm.written_until else since - INSTANT
        before = until - INSTANT
        first = next_fire_of(plan, after)
        if first is None or first > before:
            return
        count = count_fires(plan, after, before)
        last = first if count == 1 else last_fires(plan, after, before, 1)[0]
        held = self.holds.at(first)
        self._add(
            first,
            Outcome.SKIPPED if held else Outcome.MISSED,
            held or Held(Cause.OUTAGE, ""),
            until=last if count > 1 else None,
            count=count,
            plan=terms_of(self.schedule) if count > 1 else None,
        )

    # -- Single fires ------------------------------------------------------------

    def _write_each(self, planned: list[datetime]) -> None:
        free = [fire for fire in planned if self.holds.at(fire) is None]
        wanted = self._wanted(free)
        # What begins now, be it late or put off by jitter, must not begin in a freeze.
        held_now = self.holds.at(self.now)
        for fire in planned:
            if held := self.holds.at(fire):
                self._add(fire, Outcome.SKIPPED, held)
            elif fire in wanted and held_now:
                self._add(fire, Outcome.SKIPPED, held_now)
            elif fire in wanted:
                self._start(fire)
            else:
                self._add(fire, Outcome.MISSED, Held(self._cause_of_miss(fire), ""))

    def _wanted(self, free: list[datetime]) -> set[datetime]:
        """The fires that are to be started: those in time, and what is caught up."""
        in_time = [fire for fire in free if self._late_s(fire) <= LATE_S]
        late = [fire for fire in free if self._late_s(fire) > LATE_S]
        missed = self.schedule.missed
        if missed == Missed.SKIP or not self.catch_up:
            late = []
        elif missed == Missed.LATEST:
            late = [] if in_time else late[-1:]
        elif self.schedule.overlap == Overlap.REPLACE:
            # Each would end the one before, which just began.
            late = late[-1:]
        else:
            late = late[-CATCH_UP:]
        return {fire for fire in late + in_time if not self._is_too_late(fire)}

    def _is_too_late(self, planned: datetime) -> bool:
        limit = self.schedule.lateness_s
        return limit is not None and self._late_s(planned) > limit

    def _cause_of_miss(self, planned: datetime) -> Cause:
        return Cause.TOO_LATE if self._is_too_late(planned) else Cause.OUTAGE

    # -- Starting ----------------------------------------------------------------

    def _start(self, planned: datetime) -> None:
        """Start a fire, or write why its overlap with another run forbids it."""
        overlap = self.schedule.overlap
        active = [] if overlap == Overlap.ALLOW else self._active()
        if overlap == Overlap.REPLACE and active:
            self._replace(active)
            active = self._active()
        if not active and self.waiting is None:
            self._make_run(planned)
        elif overlap == Overlap.REPLACE:
            self._give_up_waiting()
            self._wait(planned)
        elif overlap == Overlap.QUEUE and self.waiting is None:
            self._wait(planned)
        else:
            self._add(planned, Outcome.SKIPPED, Held(Cause.OVERLAP, ""))

    def _active(self) -> list[Run]:
        runs = Run.objects.filter(schedule=self.schedule.pk, status__in=ACTIVE)
        return list(runs.only("pk", "status"))

    def _replace(self, active: list[Run]) -> None:
        """End those that wait, and ask for the end of those that run."""
        for run in active:
            mine = Run.objects.filter(pk=run.pk)
            queued = mine.filter(status=RunStatus.QUEUED)
            if queued.move(RunStatus.CANCELLED, reason=Reason.REPLACED):
                announce_ends([run.pk])
            else:
                mine.filter(status=RunStatus.RUNNING, cancel_requested_at=None).update(
                    cancel_requested_at=Now(), cancel_reason=Reason.REPLACED
                )

    def _make_run(self, planned: datetime, row: Occurrence | None = None) -> None:
        late_s = self._late_s(planned)
        try:
            with transaction.atomic():
                run = self._run_of(planned)
        except HubError as exc:
            self._set(row, planned, Outcome.SKIPPED, Held(Cause.REFUSED, exc.message))
            return
        outcome = Outcome.LATE if late_s > LATE_S else Outcome.STARTED
        self._set(row, planned, outcome, None, run=run, late_s=late_s)

    def _run_of(self, planned: datetime) -> Run:
        schedule = self.schedule
        limit = schedule.lateness_s
        patience = None
        if limit is not None:
            left_s = limit - self._late_s(planned)
            patience = timedelta(seconds=max(left_s, 0.0))
        return start_run(
            script=schedule.task.script,
            parameters=schedule.parameters_of_run(),
            tokens=schedule.secrets_of_run(),
            user=None,
            trigger=Trigger.SCHEDULE,
            task=schedule.task,
            planned=Planned(schedule, planned, patience),
        )

    # -- Waiting for the run before ----------------------------------------------

    def _find_waiting(self) -> Occurrence | None:
        return _WAITING.first(schedule=self.schedule.pk)

    def _settle(self, row: Occurrence) -> None:
        """Start what waited, once the run before has ended, unless it waited too long."""
        if held := self.holds.at(self.now):
            self._set(row, row.scheduled_for, Outcome.SKIPPED, held)
        elif self._is_too_late(row.scheduled_for):
            late = Held(Cause.TOO_LATE, "")
            self._set(row, row.scheduled_for, Outcome.MISSED, late)
        elif self._active():
            return
        else:
            self._make_run(row.scheduled_for, row)
        self.waiting = None

    def _give_up_waiting(self) -> None:
        if self.waiting is not None:
            overlap = Held(Cause.OVERLAP, "")
            self._set(
                self.waiting, self.waiting.scheduled_for, Outcome.SKIPPED, overlap
            )
            self.waiting = None

    def _wait(self, planned: datetime) -> None:
        self._add(planned, Outcome.WAITING, Held(Cause.OVERLAP, ""))
        self.waiting = self._find_waiting()

    # -- The rows ----------------------------------------------------------------

    def _set(
        self,
        row: Occurrence | None,
        planned: datetime,
        outcome: Outcome,
        held: Held | None,
        *,
        run: Run | None = None,
        late_s: float | None = None,
    ) -> None:
        """Write a fire's fate, over that of a row that waited."""
        if row is None:
            self._add(planned, outcome, held, run=run, late_s=late_s)
            return
        row.outcome, row.run, row.late_s = outcome, run, late_s
        row.cause, row.detail = held or ("", "")
        row.save(update_fields=["outcome", "run", "late_s", "cause", "detail"])

    def _add(
        self,
        planned: datetime,
        outcome: Outcome,
        held: Held | None,
        *,
        until: datetime | None = None,
        count: int = 1,
        plan: dict[str, Any] | None = None,
        run: Run | None = None,
        late_s: float | None = None,
    ) -> None:
        self.rows += 1
        cause, detail = held or ("", "")
        _ADD.apply(
            schedule_id=self.schedule.pk,
            schedule_key=self.schedule.pk,
            label=str(self.schedule),
            task_id=self.schedule.task_id,
            scheduled_for=planned,
            until=until,
            count=count,
            outcome=outcome,
            cause=cause,
            detail=detail,
            run_id=run.pk if run else None,
            late_s=late_s,
            plan=plan,
            written_at=timezone.now(),
        )

    # -- The alarm ---------------------------------------------------------------

    def _next_ring(self) -> datetime | None:
        """When to go on: at the next fire, or when what holds that back is over."""
        planned = next_fire_of(self.schedule.plan, self.written_until)
        rings_at = None
        if planned is not None:
            rings_at = self._moment_of(planned)
            if self.holds.at(planned):
                end = self.holds.end_of(planned)
                rings_at = end and max(rings_at, end)
        if self.waiting is not None:
            soon = self.now + timedelta(seconds=WAIT_LOOK_S)
            rings_at = min(rings_at or soon, soon)
        return rings_at

    def _set_alarm(self, rings_at: datetime | None) -> None:
        alarm = self.alarm
        alarm.written_until, alarm.rings_at = self.written_until, rings_at
        _SET.apply(
            id=alarm.pk, written_until=alarm.written_until, rings_at=alarm.rings_at
        )
        clock.set_alarm(alarm.pk, rings_at)

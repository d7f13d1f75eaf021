"""Whatever happens to a schedule in whatever order, its ledger is whole.

Hypothesis makes up the orders: clusters that are there or not, people who edit, pause
and freeze, and a clock that goes on in small steps and in large ones. A plain model
knows which plan was in force when; each of its fires has one row or lies in one range.
"""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

import pytest
from django.db import transaction
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from apps.runs import services
from apps.runs.models import Alarm, Occurrence, Run
from apps.runs.services import firing, schedules, writing
from apps.tasks.models import FreezeWindow, Schedule
from apps.tasks.timing import count_fires, fires, next_fire
from tests.integration.schedules.conftest import NOON

DETERMINISTIC = settings(
    derandomize=True,
    database=None,
    deadline=None,
    max_examples=15,
    stateful_step_count=20,
    phases=[Phase.generate, Phase.shrink],
    suppress_health_check=list(HealthCheck),
)
SECOND = timedelta(seconds=1)
RULES = [
    {"every_s": 1},
    {"every_s": 7},
    {"every_s": 3600, "jitter_s": 3600},
    {"cron": "* * * * *", "jitter_s": 30},
    {"cron": "*/7 3,12-14 * * *"},
    {"cron": "30 2 * * *", "timezone": "America/New_York", "jitter_s": 7200},
    {"at": NOON + timedelta(hours=2)},
    {"every_s": 60, "end": NOON + timedelta(hours=3)},
]
NO_RULE = {"cron": "", "every_s": None, "at": None, "start": None, "end": None}
STEPS_S = [1, 3, 61, 900, 3601, 86_400]


class Planning(RuleBasedStateMachine):
    """One schedule, in a transaction of its own, at a time that `now` says."""

    now = NOON

    def __init__(self, task) -> None:
        super().__init__()
        self._transaction = transaction.atomic()
        self._transaction.__enter__()
        self._set_now(NOON)
        self.schedule = Schedule(task=task, timezone="UTC", created_at=NOON)
        self.since = NOON
        # What the plans before were to fire.
        self.settled = 0
        self.held: list[list] = []
        self.windows: list[FreezeWindow] = []
        self.seen = 0
        self._write({"every_s": 60, "overlap": "allow"})

    def teardown(self) -> None:
        transaction.set_rollback(True)
        self._transaction.__exit__(None, None, None)

    def _set_now(self, moment) -> None:
        Planning.now = moment

    def _write(self, terms) -> None:
        for name, value in terms.items():
            setattr(self.schedule, name, value)
        services.save_schedule(schedule=self.schedule)
        self.schedule = Schedule.objects.select_related("task").get()

    # -- Time and clusters ---------------------------------------------------------
    @rule(seconds=st.sampled_from(STEPS_S), is_outage=st.booleans())
    def go_on(self, seconds, is_outage):
        self._set_now(self.now + seconds * SECOND)
        if not is_outage:
            self.ring()

    @rule()
    def ring(self):
        alarm = Alarm.objects.get()
        if alarm.rings_at is not None and alarm.rings_at <= self.now:
            services.fire(schedule_id=self.schedule.pk)
        alarm.refresh_from_db()
        assert alarm.rings_at is None or alarm.rings_at > self.now
        if alarm.rings_at is None and self.schedule.enabled:
            upcoming = next_fire(self.schedule.plan, alarm.written_until)
            assert upcoming is None or any(until is None for _, until, _ in self.held)

    @rule()
    def ring_twice(self):
        services.fire(schedule_id=self.schedule.pk)
        assert services.fire(schedule_id=self.schedule.pk) == 0

    # -- People --------------------------------------------------------------------
    @rule(terms=st.sampled_from(RULES))
    def change_the_times(self, terms):
        before = self.schedule.plan
        after = {"timezone": "UTC", "jitter_s": 0} | NO_RULE | terms
        self._write(after)
        if before != self.schedule.plan:
            self.settled += count_fires(before, self.since, self.now)
            self.since = self.now

    @rule(
        missed=st.sampled_from(["skip", "latest", "all"]),
        overlap=st.sampled_from(["allow", "skip", "queue", "replace"]),
        max_lateness_s=st.sampled_from([None, 1, 60, 86_400]),
    )
    def change_the_policy(self, **policy):
        self._write(policy)

    @rule()
    def switch(self):
        self._write({"enabled": not self.schedule.enabled})

    @rule(ahead_s=st.sampled_from([None, *STEPS_S]), is_for_all=st.booleans())
    def pause(self, ahead_s, is_for_all):
        until = None if ahead_s is None else self.now + ahead_s * SECOND
        schedule = None if is_for_all else self.schedule
        self._end_pauses(is_for_all)
        services.pause(schedule=schedule, until=until)
        self.held.append([self.now, until, is_for_all])

    @rule(is_for_all=st.booleans())
    def resume(self, is_for_all):
        self._end_pauses(is_for_all)
        services.resume(schedule=None if is_for_all else self.schedule)

    def _end_pauses(self, is_for_all):
        for span in self.held:
            if span[2] == is_for_all and (span[1] is None or span[1] > self.now):
                span[1] = self.now

    @rule(from_s=st.sampled_from([-60, 0, 60]), for_s=st.sampled_from(STEPS_S))
    def freeze(self, from_s, for_s):
        start = self.now + from_s * SECOND
        window = FreezeWindow(reason="audit", start=start, end=start + for_s * SECOND)
        self.windows.append(services.save_freeze(window=window))

    @precondition(lambda self: self.windows)
    @rule()
    def thaw(self):
        services.delete_freeze(window=self.windows.pop())

    # -- What always holds ---------------------------------------------------------
    @invariant()
    def each_fire_has_one_row_or_lies_in_one_range(self):
        written = Alarm.objects.get().written_until
        rows = list(Occurrence.objects.order_by("scheduled_for"))
        expected = self.settled + count_fires(self.schedule.plan, self.since, written)
        assert sum(row.count for row in rows) == expected
        ends = [row.until or row.scheduled_for for row in rows]
        begins = [row.scheduled_for for row in rows[1:]]
        assert all(end < begin for end, begin in zip(ends, begins, strict=False))

    @invariant()
    def single_rows_are_fires_of_the_plan(self):
        rows = Occurrence.objects.filter(scheduled_for__gt=self.since, until=None)
        for row in rows.order_by("-scheduled_for")[:5]:
            just_before = row.scheduled_for - SECOND
            found = fires(self.schedule.plan, just_before, row.scheduled_for)
            assert list(found) == [row.scheduled_for]

    @invariant()
    def who_started_has_a_run_and_nobody_has_two(self):
        started = Occurrence.objects.filter(outcome__in=["started", "late"])
        runs = Counter(Run.objects.values_list("scheduled_for", flat=True))
        assert runs == Counter(started.values_list("scheduled_for", flat=True))
        assert max(runs.values(), default=0) <= 1

    @invariant()
    def nothing_starts_in_a_pause(self):
        rows = Occurrence.objects.filter(outcome__in=["started", "late"])
        for since, until, _is_for_all in self.held:
            end = until or self.now + SECOND
            assert not rows.filter(scheduled_for__gt=since, scheduled_for__lt=end)


@pytest.mark.django_db
def test_in_any_order_the_ledger_is_whole(task, monkeypatch):
    lock = firing.lock_alarm

    def lock_then(schedule_id):
        found = lock(schedule_id)
        return found and (found[0], Planning.now)

    monkeypatch.setattr(firing, "lock_alarm", lock_then)
    monkeypatch.setattr(schedules, "database_now", lambda: Planning.now)
    monkeypatch.setattr(writing, "MANY", 20)
    run_state_machine_as_test(lambda: Planning(task), settings=DETERMINISTIC)

"""What happens when a schedule is changed, deleted or paused while it fires."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.db import connection, transaction
from django.utils import timezone
from django_q.models import Schedule as Bell

from apps.core.errors import InvalidInput, NotFound
from apps.runs import alarm, services
from apps.runs.models import Alarm, Occurrence, Run
from apps.runs.services import firing, schedules
from apps.tasks.models import FreezeWindow, Pause, Schedule
from apps.tasks.timing import jitter_s
from tests.integration.runs.meanwhile import in_a_thread
from tests.integration.schedules.conftest import NOON, at, ledger

pytestmark = pytest.mark.django_db(transaction=True)

MINUTE = timedelta(minutes=1)
on_postgres = pytest.mark.skipif(
    connection.vendor != "postgresql", reason="SQLite has one writer at a time"
)


@pytest.fixture
def put_off(plan):
    """A schedule whose last fire has come, and is put off by jitter."""
    # Half an hour ago, so that with an hour's jitter half of the schedules wait.
    past = timezone.now().replace(microsecond=0) - timedelta(minutes=30)

    def make(**changes):
        while True:
            schedule = plan(
                cron="", every_s=86400, start=past, jitter_s=7200, **changes
            )
            Alarm.objects.filter(pk=schedule.pk).update(written_until=past - MINUTE)
            if jitter_s(str(schedule.pk), past, 7200) > 3600:
                return schedule
            schedule.delete()

    return make


@on_postgres
def test_a_fire_that_waits_for_an_edit_goes_by_the_new_times(plan):
    schedule = plan(cron="0 0 1 1 *")

    with transaction.atomic():
        schedule.cron = "* * * * *"
        services.save_schedule(schedule=schedule)
        firing_meanwhile = in_a_thread(lambda: services.fire(schedule_id=schedule.pk))
    firing_meanwhile.join()

    assert Alarm.objects.get().rings_at <= timezone.now() + MINUTE


@on_postgres
def test_a_task_that_is_deleted_waits_for_its_fire(plan, task):
    schedule = plan()

    with transaction.atomic():
        firing.lock_alarm(schedule.pk)
        deletion = in_a_thread(lambda: services.delete_task(task=task))
        alarm.set_alarm(schedule.pk, timezone.now())
    deletion.join()

    assert not Schedule.objects.exists()
    assert not Bell.objects.exists()


def test_who_deletes_the_task_leaves_no_alarm_behind(plan, task):
    plan()

    task.delete()

    assert not Bell.objects.exists()


def test_a_new_name_loses_no_fire_that_is_put_off(put_off):
    schedule = put_off()

    schedule.label = "renamed"
    services.save_schedule(schedule=schedule)

    assert ledger(schedule) == []
    services.fire(schedule_id=schedule.pk, now=Alarm.objects.get().rings_at)
    row = Occurrence.objects.get()
    assert (row.outcome, row.scheduled_for) == ("started", schedule.start)


def test_another_policy_is_for_the_fires_to_come(plan):
    schedule = plan(missed="skip")
    behind = timezone.now() - 30 * MINUTE
    Alarm.objects.filter(pk=schedule.pk).update(written_until=behind)

    schedule.missed = "all"
    services.save_schedule(schedule=schedule)
    services.fire(schedule_id=schedule.pk)

    outcomes = {outcome for _, outcome, _ in ledger(schedule)}
    assert "missed" in outcomes
    assert "late" not in outcomes


def test_new_times_start_what_was_put_off(put_off):
    schedule = put_off()

    schedule.every_s = 90_000
    services.save_schedule(schedule=schedule)

    assert [row[1:] for row in ledger(schedule)] == [("started", "")]


def test_a_deleted_schedule_does_not_start_what_was_put_off(put_off):
    schedule = put_off()
    key = schedule.pk

    services.delete_schedule(schedule=schedule)

    row = Occurrence.objects.get(schedule_key=key)
    assert (row.outcome, row.cause) == ("skipped", "disabled")
    assert not Run.objects.exists()


def test_what_waits_for_a_run_is_not_left_waiting_by_a_deletion(plan, fire):
    schedule = plan(overlap="queue", max_lateness_s=366 * 86400)
    fire(schedule, at(1))
    assert fire(schedule, at(2))[-1] == (2, "waiting", "overlap")

    services.delete_schedule(schedule=schedule)

    assert not Occurrence.objects.filter(outcome="waiting").exists()


def test_an_edit_of_what_somebody_deleted_is_refused(plan):
    schedule = plan()
    Schedule.objects.get(pk=schedule.pk).delete()

    with pytest.raises(NotFound, match="somebody has deleted it"):
        services.save_schedule(schedule=schedule)

    assert not Schedule.objects.exists()


def test_a_clock_that_is_put_back_writes_no_fire_twice(plan):
    schedule = plan()
    tomorrow = timezone.now() + timedelta(days=1)
    services.fire(schedule_id=schedule.pk, now=tomorrow)
    written = Occurrence.objects.count()

    schedule.cron = "*/2 * * * *"
    services.save_schedule(schedule=schedule)
    services.fire(schedule_id=schedule.pk, now=tomorrow - MINUTE)

    assert Occurrence.objects.count() == written


def test_who_dies_while_resuming_leaves_alarms_that_ring(plan, monkeypatch):
    schedule = plan(cron="0 0 1 1 *")
    services.pause(schedule=schedule)
    assert Alarm.objects.get().rings_at is None

    with monkeypatch.context() as patch:
        patch.setattr(schedules, "fire", _die)
        with pytest.raises(SystemExit):
            services.resume(schedule=schedule)

    services.fire_due()
    assert Alarm.objects.get().rings_at > timezone.now()
    assert Bell.objects.get().next_run == Alarm.objects.get().rings_at


def test_nobody_waits_for_thousands_of_alarms_and_ticks_set_the_rest(plan, monkeypatch):
    plan(cron="0 0 1 1 *")
    monkeypatch.setattr(schedules, "BUDGET_S", 0)

    services.pause(schedule=None)
    assert Alarm.objects.get().rings_at <= timezone.now()

    services.fire_due()
    assert Alarm.objects.get().rings_at is None


def test_a_change_of_many_writes_only_the_ledgers_that_are_behind(plan, monkeypatch):
    behind, ahead = plan(), plan(cron="0 0 1 1 *")
    Alarm.objects.filter(pk=ahead.pk).update(written_until=timezone.now())
    fired = []
    monkeypatch.setattr(schedules, "fire", lambda **what: fired.append(what))
    window = FreezeWindow.objects.create(reason="x", start=at(0), end=at(1))

    services.delete_freeze(window=window)

    assert [what["schedule_id"] for what in fired] == [behind.pk]


def test_a_schedule_that_cannot_be_reckoned_keeps_no_other_from_resuming(plan):
    broken, healthy = plan(), plan(cron="0 0 1 1 *")
    Schedule.objects.filter(pk=broken.pk).update(timezone="Nowhere/Else")

    services.pause(schedule=None)
    services.resume(schedule=None)

    assert Alarm.objects.get(pk=healthy.pk).rings_at > timezone.now()
    assert Alarm.objects.get(pk=broken.pk).rings_at is None


def test_a_pause_that_is_over_already_is_refused(plan):
    with pytest.raises(InvalidInput, match="still ahead") as refusal:
        services.pause(schedule=plan(), until=timezone.now() - MINUTE)

    assert "until" in refusal.value.fields
    assert not Pause.objects.exists()


def test_freezes_within_a_pause_do_not_split_its_row(plan, fire):
    schedule = plan(cron="", every_s=1, start=NOON)
    Pause.objects.create(schedule=schedule, since=at(-1), until=at(60))
    for minute in (10, 20, 30):
        FreezeWindow.objects.create(
            reason="audit", start=at(minute), end=at(minute + 15)
        )

    fire(schedule, at(60, seconds=1))

    ranges = Occurrence.objects.filter(count__gt=1)
    assert [row.cause for row in ranges] == ["paused"]


def test_jitter_beyond_a_night_that_is_an_hour_short_holds_nothing_up(plan, fire):
    spring = datetime(2026, 3, 8, 7, 30, tzinfo=UTC)
    found = (
        plan(cron="30 1,3 * * *", timezone="America/New_York", jitter_s=7200)
        for _ in range(99)
    )
    schedule = next(
        schedule
        for schedule in found
        if jitter_s(str(schedule.pk), spring - 60 * MINUTE, 7200) > 3660
        and jitter_s(str(schedule.pk), spring, 7200) > 60
    )

    rows = fire(schedule, spring + timedelta(seconds=1))

    # Two of each day before; the two of this night are put off.
    assert len(rows) == 2 * 5


def test_a_pass_takes_a_while_at_most_and_goes_on_with_the_next(plan, monkeypatch):
    for _ in range(2):
        schedule = plan()
        Alarm.objects.filter(pk=schedule.pk).update(rings_at=NOON)
    monkeypatch.setattr(firing, "BUDGET_S", 0)

    services.fire_due()
    assert Alarm.objects.filter(rings_at=NOON).count() == 1

    services.fire_due()
    assert Alarm.objects.filter(rings_at=NOON).count() == 0


def test_pauses_go_by_the_clock_of_the_database(plan):
    schedule, now = plan(), timezone.now()

    with time_machine.travel(now + timedelta(hours=1)):
        services.pause(schedule=schedule)

    assert abs(Pause.objects.get().since - now) < MINUTE


def _die(schedule_id):
    raise SystemExit

"""Pauses, freeze windows and switches: what they hold back stands in the ledger."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

import pytest
from django.utils import timezone

from apps.runs import services
from apps.runs.models import Alarm, Occurrence, Run
from apps.tasks.models import FreezeWindow, Pause
from apps.tasks.timing import jitter_s
from tests.integration.schedules.conftest import NOON, at

pytestmark = pytest.mark.django_db


def pause(schedule=None, since=0, until=None, reason=""):
    return Pause.objects.create(
        schedule=schedule,
        since=at(since),
        until=None if until is None else at(until),
        reason=reason,
    )


def test_a_pause_holds_one_schedule_back(plan, fire):
    schedule, other = plan(), plan()
    pause(schedule, reason="the disk is being moved")

    assert fire(schedule, at(1)) == [(1, "skipped", "paused")]
    assert fire(other, at(1)) == [(1, "started", "")]
    assert Occurrence.objects.get(outcome="skipped").detail == "the disk is being moved"


def test_a_pause_of_all_holds_all_back(plan, fire):
    pause(None)

    assert fire(plan(), at(1)) == [(1, "skipped", "paused")]


def test_a_pause_with_an_end_ends(plan, fire):
    schedule = plan()
    pause(schedule, since=0.5, until=2.5)

    assert fire(schedule, at(3)) == [
        (1, "skipped", "paused"),
        (2, "skipped", "paused"),
        (3, "started", ""),
    ]


def test_while_it_is_paused_the_alarm_rings_at_the_end_only(plan, fire):
    schedule = plan()
    pause(schedule, until=90)
    fire(schedule, at(1))

    assert Alarm.objects.get().rings_at == at(90)


def test_a_pause_of_very_many_fires_is_one_row(plan, fire):
    schedule = plan(cron="", every_s=1, start=NOON)
    pause(schedule, until=60, reason="holiday")

    fire(schedule, at(60, seconds=1))

    held, *others = Occurrence.objects.order_by("scheduled_for")
    assert (held.outcome, held.cause, held.detail) == ("skipped", "paused", "holiday")
    assert (held.scheduled_for, held.until) == (at(seconds=1), at(60, seconds=-1))
    assert held.count == 3599
    assert [row.outcome for row in others] == ["started", "started"]


def test_a_long_gap_is_told_apart_by_what_held_it(plan, fire):
    schedule = plan(cron="", every_s=1, start=NOON)
    pause(schedule, since=20, until=40)

    fire(schedule, at(60))

    rows = Occurrence.objects.filter(count__gt=1).order_by("scheduled_for")
    assert [(row.cause, row.count) for row in rows] == [
        ("outage", 1199),
        ("paused", 1200),
        ("outage", 1191),
    ]


@pytest.mark.parametrize("scope", ["all", "task", "tag"])
def test_a_freeze_window_holds_back(plan, fire, task, scope):
    task.tags = ["billing"]
    task.save()
    about = {"task": {"task": task}, "tag": {"tag": "billing"}, "all": {}}[scope]
    FreezeWindow.objects.create(reason="audit", start=at(0.5), end=at(2), **about)

    rows = fire(plan(), at(2))

    assert rows == [(1, "skipped", "freeze"), (2, "started", "")]
    assert Occurrence.objects.get(cause="freeze").detail == "audit"


def test_a_freeze_of_another_tag_does_not_matter(plan, fire):
    FreezeWindow.objects.create(reason="audit", start=at(0), end=at(9), tag="other")

    assert fire(plan(), at(1)) == [(1, "started", "")]


@pytest.mark.parametrize("what", ["schedule", "task"])
def test_what_is_disabled_does_not_fire(plan, fire, task, what):
    schedule = plan(enabled=what != "schedule")
    task.enabled = what != "task"
    task.save()

    assert fire(schedule, at(1)) == [(1, "skipped", "disabled")]
    assert Run.objects.count() == 0
    assert Alarm.objects.get().rings_at is None


def test_pausing_writes_what_was_due_and_stops_the_alarm(plan):
    schedule = plan(cron="", every_s=3600, start=NOON, missed="skip")

    services.pause(schedule=schedule, reason="broken", by="ann")

    alarm = Alarm.objects.get()
    assert alarm.rings_at is None
    assert Occurrence.objects.exists()
    services.resume(schedule=schedule)
    assert Alarm.objects.get().rings_at > alarm.written_until
    assert not Pause.objects.filter(until=None).exists()


def test_a_second_pause_takes_the_place_of_the_first(plan):
    schedule = plan()
    services.pause(schedule=schedule, reason="one")
    services.pause(schedule=schedule, reason="two")

    assert Pause.objects.get(until=None).reason == "two"


def test_freezing_moves_the_alarms(plan):
    schedule = plan(cron="", every_s=60, start=NOON)
    alarm = Alarm.objects.get()
    day = timedelta(days=1)
    now = services.fire(schedule_id=schedule.pk) and Alarm.objects.get().written_until
    window = FreezeWindow(reason="audit", start=now - day, end=now + day)

    services.save_freeze(window=window)
    assert Alarm.objects.get().rings_at == now + day

    services.delete_freeze(window=window)
    assert Alarm.objects.get().rings_at < now + day
    assert alarm.pk == schedule.pk


# -- What would begin while something holds it back -------------------------------
@pytest.mark.parametrize("what", ["freeze", "pause"])
def test_a_late_run_does_not_begin_in_a_hold(plan, fire, what):
    schedule = plan(cron="5 12 * * *")
    if what == "freeze":
        FreezeWindow.objects.create(reason="audit", start=at(10), end=at(120))
    else:
        pause(None, since=10, reason="audit")

    cause = {"freeze": "freeze", "pause": "paused"}[what]
    assert fire(schedule, at(12)) == [(5, "skipped", cause)]
    assert Occurrence.objects.get().detail == "audit"
    assert not Run.objects.exists()


def test_jitter_does_not_put_a_run_off_into_a_freeze(plan, fire):
    schedule = plan(cron="0 13 * * *", jitter_s=3600)
    moment = at(60) + timedelta(seconds=jitter_s(str(schedule.pk), at(60), 3600))
    just_before = moment - timedelta(microseconds=1)
    FreezeWindow.objects.create(reason="audit", start=just_before, end=at(180))

    assert fire(schedule, moment) == [(60, "skipped", "freeze")]


def test_what_a_freeze_does_not_concern_is_caught_up(plan, fire):
    schedule = plan(cron="5 12 * * *")
    FreezeWindow.objects.create(reason="audit", start=at(6), end=at(8))

    assert fire(schedule, at(12)) == [(5, "late", "")]


@pytest.fixture
def behind(plan):
    """A schedule of each minute that nobody fired for half an hour."""
    schedule = plan(missed="all")
    since = timezone.now() - timedelta(minutes=30)
    Alarm.objects.filter(pk=schedule.pk).update(written_until=since)
    return schedule


def pause_all(schedule):
    services.pause(schedule=None)


def freeze_now(schedule):
    now, hour = timezone.now(), timedelta(hours=1)
    window = FreezeWindow(reason="audit", start=now - hour / 60, end=now + hour)
    services.save_freeze(window=window)


def disable(schedule):
    schedule.enabled = False
    services.save_schedule(schedule=schedule)


def disable_its_task(schedule):
    schedule.task.enabled = False
    services.save_task(task=schedule.task)


def delete(schedule):
    services.delete_schedule(schedule=schedule)


@pytest.mark.parametrize(
    "hold_back", [pause_all, freeze_now, disable, disable_its_task, delete]
)
def test_holding_back_after_an_outage_starts_nothing_that_was_missed(behind, hold_back):
    hold_back(behind)

    # The minute that is just beginning may be in time.
    assert Run.objects.count() <= 1
    fates = Counter(Occurrence.objects.values_list("outcome", flat=True))
    assert fates["missed"] + fates["skipped"] >= 29
    assert fates["missed"] >= 19


def freeze_later(schedule):
    ahead = timezone.now() + timedelta(days=1)
    window = FreezeWindow(reason="audit", start=ahead, end=ahead + timedelta(days=1))
    services.save_freeze(window=window)


def freeze_another(schedule):
    now, hour = timezone.now(), timedelta(hours=1)
    window = FreezeWindow(reason="x", start=now - hour, end=now + hour, tag="other")
    services.save_freeze(window=window)


@pytest.mark.parametrize("change", [freeze_later, freeze_another])
def test_what_does_not_hold_it_back_leaves_what_was_missed_to_its_policy(
    behind, change
):
    change(behind)
    services.fire(schedule_id=behind.pk)

    assert Run.objects.count() >= 10

"""What becomes of a planned fire, with the clock given."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction

from apps.runs import services
from apps.runs.models import Alarm, Occurrence, Run
from tests.integration.schedules.conftest import NOON, at, ledger

pytestmark = pytest.mark.django_db


def test_nothing_is_written_before_the_first_fire(plan, fire):
    schedule = plan()

    assert fire(schedule, at(seconds=59)) == []
    assert Run.objects.count() == 0


def test_a_fire_in_time_is_started(plan, fire, task):
    schedule = plan(parameters={"times": 2})

    assert fire(schedule, at(1, seconds=1)) == [(1, "started", "")]

    run = Run.objects.get()
    assert run.parameters == {"name": "you", "times": 2}
    assert (run.task, run.schedule, run.trigger) == (task, schedule, "schedule")
    assert run.scheduled_for == at(1)
    row = Occurrence.objects.get()
    assert (row.run, row.late_s) == (run, 1.0)


def test_what_rings_twice_is_written_once(plan, fire):
    schedule = plan()

    fire(schedule, at(1))
    fire(schedule, at(1, seconds=30))

    assert ledger(schedule) == [(1, "started", "")]
    assert Run.objects.count() == 1


def test_the_table_itself_refuses_a_second_row(plan, fire, task):
    schedule = plan()
    fire(schedule, at(1))

    with pytest.raises(IntegrityError), transaction.atomic():
        Occurrence.objects.create(
            schedule=schedule,
            schedule_key=schedule.pk,
            task=task,
            scheduled_for=at(1),
            outcome="started",
        )


def test_a_late_start_says_by_how_much(plan, fire):
    schedule = plan(cron="0 * * * *", max_lateness_s=3600)

    assert fire(schedule, at(60 + 5)) == [(60, "late", "")]

    assert Occurrence.objects.get().late_s == 300


def test_after_an_outage_the_latest_is_started(plan, fire):
    schedule = plan(cron="0 * * * *")

    assert fire(schedule, at(3 * 60 + 5)) == [
        (60, "missed", "too_late"),
        (120, "missed", "too_late"),
        (180, "late", ""),
    ]
    assert Run.objects.count() == 1


def test_what_is_missed_beside_one_in_time_is_not_caught_up(plan, fire):
    schedule = plan(max_lateness_s=3600)

    assert fire(schedule, at(3, seconds=1)) == [
        (1, "missed", "outage"),
        (2, "missed", "outage"),
        (3, "started", ""),
    ]


def test_missed_fires_may_be_left_alone(plan, fire):
    schedule = plan(cron="0 * * * *", missed="skip")

    assert fire(schedule, at(60 + 5)) == [(60, "missed", "outage")]
    assert Run.objects.count() == 0


def test_all_missed_fires_may_be_started_up_to_ten(plan, fire):
    schedule = plan(missed="all")

    rows = fire(schedule, at(14, seconds=30))

    assert [outcome for _, outcome, _ in rows] == ["missed"] * 4 + ["late"] * 10
    assert Run.objects.count() == 10


def test_none_is_started_later_than_the_latest_start(plan, fire):
    schedule = plan(cron="0 * * * *", missed="all", max_lateness_s=3600)

    assert fire(schedule, at(3 * 60 + 30)) == [
        (60, "missed", "too_late"),
        (120, "missed", "too_late"),
        (180, "late", ""),
    ]


def test_a_run_that_waits_beyond_the_latest_start_expires(plan, fire):
    schedule = plan(max_lateness_s=60)
    fire(schedule, at(1, seconds=20))

    run = Run.objects.get()

    left = run.start_by - run.queued_at
    assert timedelta(seconds=38) < left < timedelta(seconds=42)


def test_a_gap_of_very_many_fires_is_one_row(plan, fire):
    schedule = plan(every_s=1, start=NOON, cron="")

    fire(schedule, at(60))

    rows = Occurrence.objects.order_by("scheduled_for")
    first, last = rows.first(), rows.last()
    assert (first.outcome, first.cause, first.count) == ("missed", "outage", 3590)
    assert first.scheduled_for == at(seconds=1)
    assert first.until == at(60, seconds=-10)
    assert (last.scheduled_for, last.outcome) == (at(60), "started")
    assert sum(row.count for row in rows) == 3600


def test_a_year_of_seconds_is_a_handful_of_rows(plan, fire):
    schedule = plan(every_s=1, start=NOON, cron="")

    fire(schedule, NOON + timedelta(days=365))

    counts = Occurrence.objects.values_list("count", flat=True)
    assert len(counts) == 11
    assert sum(counts) == 365 * 86400


def test_a_gap_of_which_nothing_is_started_is_one_row(plan, fire):
    schedule = plan(every_s=20, start=NOON, cron="", missed="skip")

    fire(schedule, at(400, seconds=19))

    row = Occurrence.objects.get()
    assert (row.outcome, row.cause, row.count) == ("missed", "outage", 1200)
    assert row.until == at(400)


def test_jitter_puts_a_start_off_and_not_its_name(plan, fire):
    schedule = plan(cron="0 * * * *", jitter_s=1800)
    fire(schedule, at(60, seconds=-1))
    rings_at = Alarm.objects.get().rings_at
    assert at(60) < rings_at < at(90)

    assert fire(schedule, rings_at - timedelta(seconds=1)) == []
    assert fire(schedule, rings_at) == [(60, "started", "")]

    assert Occurrence.objects.get().late_s == pytest.approx(0, abs=0.001)


def test_what_the_script_no_longer_takes_is_not_run(plan, fire, hello, add_script):
    schedule = plan()
    add_script("hello.py", "#!/usr/bin/env python3\nprint('no arguments')\n")

    assert fire(schedule, at(1)) == [(1, "skipped", "refused")]

    assert "name" in Occurrence.objects.get().detail
    assert Run.objects.count() == 0


def test_a_script_that_is_disabled_is_not_run(plan, fire, hello):
    schedule = plan()
    hello.enabled = False
    hello.save()

    assert fire(schedule, at(1)) == [(1, "skipped", "refused")]


def test_once_is_once(plan, fire):
    schedule = plan(at=at(5))

    fire(schedule, at(5))
    fire(schedule, at(500))

    assert ledger(schedule) == [(5, "started", "")]
    assert Alarm.objects.get().rings_at is None


def test_a_deleted_schedule_leaves_its_ledger(plan, fire):
    schedule = plan(label="each minute")
    key = schedule.pk
    fire(schedule, at(1))

    services.delete_schedule(schedule=schedule)

    row = Occurrence.objects.get(schedule_key=key, scheduled_for=at(1))
    assert (row.schedule, row.label) == (None, "each minute")
    assert services.fire(schedule_id=key, now=at(9)) == 0


@pytest.mark.parametrize(
    ("seconds", "outcome"), [(0.9, "started"), (1.5, "missed"), (9, "missed")]
)
def test_a_limit_below_what_counts_as_late_holds_too(plan, fire, seconds, outcome):
    schedule = plan(max_lateness_s=1)

    [(_, became, cause)] = fire(schedule, at(1, seconds=seconds))
    assert (became, cause) == (outcome, "too_late" if outcome == "missed" else "")


def test_of_missed_fires_that_would_end_each_other_only_the_last_starts(plan, fire):
    schedule = plan(missed="all", overlap="replace")

    rows = fire(schedule, at(5, seconds=30))

    assert rows[-1] == (5, "late", "")
    assert {row[1:] for row in rows[:-1]} == {("missed", "outage")}

"""Old rows of the ledger become counts by day, and no fire is lost on the way."""

from __future__ import annotations

import logging
from datetime import UTC, date, datetime, timedelta

import pytest
from django.core.management import call_command
from django.db import connection
from django.db.models import Sum
from django.utils import timezone

from apps.runs import services, ticking
from apps.runs.models import Alarm, DayCount, Instance, Occurrence
from apps.runs.services import compaction
from apps.tasks.models import Pause, Schedule
from tests.integration.schedules.conftest import NOON, at

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)
# 90 days after the second midnight after NOON.
LATER = datetime(2026, 3, 4, tzinfo=UTC) + 90 * DAY


@pytest.fixture
def hourly(plan, fire):
    """A schedule with rows of March 2nd (noon) to 5th (noon)."""
    schedule = plan(cron="0 * * * *", missed="skip")
    fire(schedule, NOON + 3 * DAY)
    return schedule


def fires():
    rows = Occurrence.objects.aggregate(total=Sum("count"))["total"] or 0
    return rows + (DayCount.objects.aggregate(total=Sum("count"))["total"] or 0)


def test_whole_days_that_are_old_become_counts(hourly):
    report = services.prune(now=LATER)

    assert report.ledger_rows == 11 + 24
    days = DayCount.objects.values_list("day", "outcome", "cause", "count")
    assert set(days) == {
        (date(2026, 3, 2), "missed", "outage", 11),
        (date(2026, 3, 3), "missed", "outage", 24),
    }
    assert Occurrence.objects.earliest("scheduled_for").scheduled_for == datetime(
        2026, 3, 4, tzinfo=UTC
    )


def test_a_day_of_which_a_part_is_young_stays(hourly):
    services.prune(now=LATER - timedelta(seconds=1))

    assert list(DayCount.objects.values_list("day", flat=True)) == [date(2026, 3, 2)]


def test_a_second_time_changes_nothing(hourly):
    services.prune(now=LATER)

    assert services.prune(now=LATER).ledger_rows == 0
    assert fires() == 72


def test_what_comes_to_a_day_later_is_added(hourly, monkeypatch):
    monkeypatch.setattr(compaction, "BATCH", 7)

    services.prune(now=LATER)

    assert DayCount.objects.get(day=date(2026, 3, 3)).count == 24


def test_killed_between_counting_and_deleting_it_has_done_nothing(hourly):
    def die(execute, sql, *how):
        if sql.startswith("DELETE") and "runs_occurrence" in sql:
            raise SystemExit
        return execute(sql, *how)

    with connection.execute_wrapper(die), pytest.raises(SystemExit):
        services.prune(now=LATER)

    assert not DayCount.objects.exists()
    assert fires() == 72


def test_a_range_lies_on_its_days_by_the_plan(plan, fire):
    schedule = plan(cron="", every_s=10, start=NOON)
    fire(schedule, NOON + 2 * DAY + timedelta(hours=1))

    services.prune(now=LATER + 5 * DAY)

    days = DayCount.objects.filter(outcome="missed").values_list("day", "count")
    assert dict(days) == {
        date(2026, 3, 2): 12 * 360 - 1,
        date(2026, 3, 3): 24 * 360,
        date(2026, 3, 4): 13 * 360 - 1,
    }


@pytest.mark.parametrize("change", ["other times", "deleted"])
def test_what_becomes_of_the_schedule_moves_no_fire_of_a_range(plan, fire, change):
    schedule = plan(cron="", every_s=10, start=NOON, missed="skip")
    fire(schedule, NOON + 2 * DAY - timedelta(minutes=1))
    if change == "deleted":
        services.delete_schedule(schedule=schedule)
    else:
        Schedule.objects.filter(pk=schedule.pk).update(every_s=11, start=None)
    second = {"since": NOON + 0.5 * DAY, "until": NOON + 1.5 * DAY}

    before = services.read_ledger(task=schedule.task, **second)
    services.prune(now=LATER + 5 * DAY)

    assert dict(before.total.counts) == {"missed": 8640}
    assert DayCount.objects.get(day=date(2026, 3, 3), outcome="missed").count == 8640


def test_a_range_that_nobody_can_divide_lies_on_its_first_day(plan, fire):
    fire(plan(cron="", every_s=10, start=NOON, missed="skip"), NOON + 2 * DAY)
    # The zone is told otherwise by now, say.
    row = Occurrence.objects.get(count__gt=1)
    row.plan["every_s"] = 9
    row.save()

    services.prune(now=LATER + 5 * DAY)

    days = dict(DayCount.objects.values_list("day").annotate(n=Sum("count")))
    assert days == {date(2026, 3, 2): row.count, date(2026, 3, 4): 2}


def test_what_waits_is_left_alone(plan, fire):
    schedule = plan(overlap="queue", max_lateness_s=366 * 86400)
    fire(schedule, at(1))
    fire(schedule, at(2))

    services.prune(now=LATER)

    assert Occurrence.objects.get().outcome == "waiting"


def test_for_ever_is_for_ever(hourly, settings):
    settings.KEEP_LEDGER_DAYS = 0

    assert services.prune(now=LATER + 9999 * DAY).ledger_rows == 0


def test_a_dry_run_counts(hourly):
    assert services.prune(now=LATER, dry_run=True).ledger_rows == 35
    assert not DayCount.objects.exists()


def test_the_ledger_reads_the_same_before_and_after(hourly, task):
    whole = {
        "task": task,
        "since": datetime(2026, 3, 2, tzinfo=UTC),
        "until": NOON + 3 * DAY + timedelta(seconds=1),
    }
    before = services.read_ledger(**whole)

    services.prune(now=LATER)

    after = services.read_ledger(**whole)
    assert after.total == before.total
    assert after.total.expected == 72
    assert after.compacted_before == datetime(2026, 3, 4, tzinfo=UTC)


def test_of_a_long_pause_a_part_may_be_asked_for(plan, fire, task):
    schedule = plan(cron="", every_s=1, start=NOON)
    Pause.objects.create(schedule=schedule, since=at(-1), until=at(600))
    fire(schedule, at(600))

    read = services.read_ledger(task=task, since=at(60), until=at(120))

    assert dict(read.total.counts) == {"skipped": 3600}
    assert [row.cause for row in read.exceptions] == ["paused"]


def test_tick_does_it_and_says_so(hourly, caplog):
    caplog.set_level(logging.INFO, "apps.runs.ticking")
    Instance.objects.update(prune_due_at=timezone.now() - DAY)

    ticking.Pruner().go_on()

    assert "ledger_rows=72" in caplog.text
    assert Alarm.objects.get().written_until > NOON


def test_the_command_says_so(hourly, capsys):
    call_command("prune", dry_run=True)
    call_command("prune")

    said = capsys.readouterr().out
    assert "Would put 72 row(s) of the ledger together by day." in said
    assert "\nPut 72 row(s) of the ledger together by day." in said

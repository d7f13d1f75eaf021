"""Small truths of a run's page: zones, clocks that differ, what is not known yet."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from apps.runs.admin.run_head import head_of
from apps.runs.admin.run_timeline import timeline
from apps.tasks.models import Schedule, Task
from tests.integration.runs.kept import run_page

pytestmark = pytest.mark.django_db


def test_when_it_was_planned_is_told_in_the_zone_of_its_schedule(
    admin_client, hello, make_run
):
    task = Task.objects.create(name="greet", script=hello)
    plan = {"cron": "0 3 * * *", "timezone": "Asia/Shanghai"}
    schedule = Schedule.objects.create(task=task, **plan)
    at = datetime(2026, 3, 1, 19, 0, tzinfo=UTC)

    text = run_page(
        admin_client, make_run(task=task, schedule=schedule, scheduled_for=at)
    )

    assert "<dt>planned for</dt><dd>2026-03-02 03:00" in text


def test_a_run_that_waits_is_held_against_nothing(make_run):
    began = timezone.now() - timedelta(seconds=30)
    make_run(status="completed", began_at=began)

    assert head_of(make_run()).usual_s is None
    assert head_of(make_run(status="running")).usual_s == pytest.approx(30, abs=1)


def test_clocks_of_two_hosts_that_differ_make_no_time_negative(make_run):
    now = timezone.now()
    run = make_run(
        status="completed",
        queued_at=now,
        claimed_at=now - timedelta(seconds=5),
        began_at=now - timedelta(seconds=4),
        finished_at=now - timedelta(seconds=3),
    )

    assert [step.after_s for step in timeline(run)] == [None, 0, 1, 1]

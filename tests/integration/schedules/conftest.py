from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from apps.runs import services
from apps.runs.models import Alarm, Occurrence
from apps.tasks.models import Schedule, Task

# When the ledgers of these tests begin.
NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


def at(minutes: float = 0, seconds: float = 0) -> datetime:
    """Return a moment after noon."""
    return NOON + timedelta(minutes=minutes, seconds=seconds)


@pytest.fixture
def task(hello):
    return Task.objects.create(name="greet", script=hello, parameters={"name": "you"})


@pytest.fixture
def plan(task):
    """Make a schedule whose ledger begins at noon; by default it fires each minute."""

    def make(**changes):
        usual = {"task": task, "timezone": "UTC", "overlap": "allow"}
        if not {"cron", "every_s", "at"} & changes.keys():
            usual["cron"] = "* * * * *"
        schedule = Schedule(**usual | changes, created_at=NOON - timedelta(days=400))
        services.save_schedule(schedule=schedule)
        Alarm.objects.filter(pk=schedule.pk).update(written_until=NOON)
        return schedule

    return make


@pytest.fixture
def fire():
    """Fire a schedule at a moment; returns its ledger as (minute, outcome, cause)."""

    def fire(schedule, moment):
        services.fire(schedule_id=schedule.pk, now=moment)
        return ledger(schedule)

    return fire


def ledger(schedule):
    rows = Occurrence.objects.filter(schedule_key=schedule.pk).order_by("scheduled_for")
    return [
        ((row.scheduled_for - NOON).total_seconds() / 60, row.outcome, row.cause)
        for row in rows
    ]

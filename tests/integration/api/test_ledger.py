"""What was expected of a task's schedules, and what became of it, over HTTP."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine
from django.utils import timezone

from apps.runs.models import Alarm, DayCount, Occurrence
from apps.tasks.models import Schedule

pytestmark = pytest.mark.django_db

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
PERIOD = "from=2026-03-02T12:00:00Z&to=2026-03-02T13:00:00Z"
FATES = [
    ("started", "", ""),
    ("late", "", ""),
    ("skipped", "paused", "the disk is being moved"),
    ("missed", "outage", ""),
    ("waiting", "overlap", ""),
]


@pytest.fixture
def row(task):
    """Write a row of the ledger for a minute after noon."""

    def write(schedule, minute, outcome, cause="", detail="", **changes):
        return Occurrence.objects.create(
            schedule_key=schedule.pk,
            schedule=schedule,
            label=str(schedule),
            task=task,
            scheduled_for=NOON + timedelta(minutes=minute),
            outcome=outcome,
            cause=cause,
            detail=detail,
            **changes,
        )

    return write


@pytest.fixture
def schedule(task):
    """One whose fires are all in the ledger."""
    schedule = Schedule.objects.create(task=task, cron="* * * * *", timezone="UTC")
    Alarm.objects.create(pk=schedule.pk, written_until=timezone.now())
    return schedule


@pytest.fixture
def ledger(editor, task):
    def read(query=PERIOD):
        answer = editor.get(f"/tasks/{task.pk}/ledger?{query}")
        assert answer.status_code == 200, answer.json()
        return answer.json()

    return read


def test_it_says_what_was_expected_and_what_became_of_it(ledger, schedule, row):
    for minute, (outcome, cause, detail) in enumerate(FATES):
        row(schedule, minute, outcome, cause, detail)
    row(schedule, 60, "started")

    found = ledger()

    counts = {outcome: 1 for outcome, _cause, _detail in FATES}
    counts |= {"expected": 5, "unwritten": 0}
    assert {name: found[name] for name in counts} == counts
    [own] = found["schedules"]
    assert own == counts | {"schedule": schedule.pk, "label": "Every minute"}
    assert found["from"] == "2026-03-02T12:00:00Z"
    assert (found["compacted_before"], found["has_more"]) == (None, False)


def test_each_exception_has_a_sentence(ledger, schedule, row, make_run):
    run = make_run()
    for minute, (outcome, cause, detail) in enumerate(FATES):
        late = {"late_s": 75.0, "run": run} if outcome == "late" else {}
        row(schedule, minute, outcome, cause, detail, **late)

    waiting, missed, skipped, late = ledger()["exceptions"]

    assert waiting["sentence"] == "It waits for the run before to end."
    assert missed["sentence"] == "No cluster was there to start it in time."
    assert skipped["sentence"].startswith("It was paused. ")
    assert "the disk is being moved" in skipped["sentence"]
    assert late["sentence"] == "It started 75 seconds late."
    assert late["run_url"] == f"http://testserver/runs/runs/{run.pk}"
    assert (late["label"], late["cause"]) == ("Every minute", None)


def test_a_range_counts_all_its_fires(ledger, schedule, row):
    until = NOON + timedelta(minutes=30)
    row(schedule, 0, "missed", "outage", until=until, count=30)

    found = ledger()

    assert (found["expected"], found["missed"]) == (30, 30)
    [exception] = found["exceptions"]
    assert (exception["count"], exception["until"]) == (30, "2026-03-02T12:30:00Z")


def test_one_schedule_of_several_also_when_it_is_gone(ledger, task, schedule, row):
    other = Schedule.objects.create(
        task=task, cron="@daily", timezone="UTC", label="gone"
    )
    row(schedule, 0, "started")
    row(other, 0, "missed", "outage")
    key = other.pk
    other.delete()

    found = ledger(f"{PERIOD}&schedule={key}")

    assert [own["label"] for own in found["schedules"]] == ["gone"]
    assert found["exceptions"][0]["schedule"] == key
    assert ledger()["expected"] == 2


def test_what_is_not_written_yet_is_expected_too(ledger, schedule):
    Alarm.objects.update(written_until=NOON + timedelta(minutes=49))

    found = ledger()

    assert (found["unwritten"], found["expected"]) == (10, 10)


def test_compacted_days_are_counted_and_told(ledger, task, schedule):
    DayCount.objects.create(
        task=task,
        schedule_key=schedule.pk,
        label="nightly",
        day=date(2026, 3, 1),
        outcome="started",
        count=1440,
    )

    found = ledger("from=2026-03-01&to=2026-03-01")

    assert (found["started"], found["to"]) == (1440, "2026-03-02T00:00:00Z")
    assert found["compacted_before"] == "2026-03-02T00:00:00Z"


def test_the_last_seven_days_are_read_where_nothing_is_said(ledger):
    found = ledger("")

    ends = (datetime.fromisoformat(found[name]) for name in ("to", "from"))
    until, since = ends
    assert until - since == timedelta(days=7)
    assert timezone.now() - until < timedelta(minutes=1)


def test_times_without_an_offset_are_local_to_the_hub(ledger, settings):
    settings.TIME_ZONE = "Asia/Shanghai"

    found = ledger("from=2026-03-02T08:00&to=2026-03-02T09:00")

    assert found["from"] == "2026-03-02T00:00:00Z"


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("from=soon", "from"),
        ("to=9999-12-31", "to"),
        ("to=0001-01-01", "to"),
        ("from=a%00b", "from"),
        ("from=2026-03-02&to=2026-03-01T00:00:00Z", "to"),
        ("from=2999-01-01", "to"),
        ("schedule=x", "schedule"),
        ("schedule=0", "schedule"),
        ("since=2026-03-02", "since"),
    ],
)
def test_a_query_that_makes_no_sense_is_400(editor, task, query, field):
    answer = editor.get(f"/tasks/{task.pk}/ledger?{query}")

    assert answer.status_code == 400
    assert list(answer.json()["fields"]) == [field]


def test_each_end_that_cannot_be_read_is_told(editor, task):
    answer = editor.get(f"/tasks/{task.pk}/ledger?from=then&to=now")

    assert list(answer.json()["fields"]) == ["from", "to"]


def test_now_is_what_the_database_says(ledger, schedule):
    with time_machine.travel(timezone.now() - timedelta(hours=1)):
        until = datetime.fromisoformat(ledger("")["to"])

    assert abs(until - timezone.now()) < timedelta(minutes=1)


@pytest.mark.parametrize(
    "query",
    [
        "from=1970-01-01",
        "to=1970-01-02",
        "schedule=99",
        "from=2999-12-31&to=2999-12-31",
    ],
)
def test_far_away_is_not_an_error(ledger, schedule, query):
    ledger(query)

"""The ledger's page: figures, exceptions in sentences, and the time that is typed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.urls import reverse
from django.utils import timezone, translation

from apps.runs import services
from apps.runs.ledger_sentences import occurrence_sentence
from apps.runs.models import Alarm, Cause, DayCount, Occurrence, Outcome

pytestmark = pytest.mark.django_db

DAY = datetime(2026, 3, 1, tzinfo=UTC)
SENTENCES = [
    (Outcome.LATE, "", "", "It started 3 minutes late."),
    (Outcome.WAITING, Cause.OVERLAP, "", "It waits for the run before to end."),
    (Outcome.SKIPPED, Cause.OVERLAP, "", "The run before was still active."),
    (Outcome.SKIPPED, Cause.PAUSED, "the move", "It was paused. Reason: the move"),
    (
        Outcome.SKIPPED,
        Cause.FREEZE,
        "the sale",
        "It fell into a freeze window. Reason: the",
    ),
    (Outcome.SKIPPED, Cause.DISABLED, "the task", "The task was disabled."),
    (Outcome.SKIPPED, Cause.DISABLED, "the schedule", "The schedule was disabled."),
    (Outcome.SKIPPED, Cause.REFUSED, "No such file.", "The run was refused. No such"),
    (Outcome.MISSED, Cause.OUTAGE, "", "No cluster was there to start it in time."),
    (Outcome.MISSED, Cause.TOO_LATE, "", "It could only have started too late."),
]


@pytest.fixture
def row(plan):
    """Write a row into the ledger of a schedule."""
    schedule = plan(timezone="Asia/Shanghai")

    def row(outcome, cause="", *, hour=0, **changes):
        values = {
            "schedule": schedule,
            "schedule_key": schedule.pk,
            "label": "night",
            "task": schedule.task,
            "scheduled_for": DAY + timedelta(hours=hour),
            "outcome": outcome,
            "cause": cause,
        }
        return Occurrence.objects.create(**values | changes)

    return row


@pytest.fixture
def read(page, task):
    """Return the text of the ledger's page for some days."""

    def read(since="2026-03-01", until="2026-03-01", schedule=""):
        query = f"?from={since}&to={until}&schedule={schedule}"
        return page("runs_task_ledger", task.pk, query=query)

    return read


@pytest.mark.parametrize(("outcome", "cause", "detail", "sentence"), SENTENCES)
def test_each_exception_is_a_sentence(row, read, outcome, cause, detail, sentence):
    row(outcome, cause, detail=detail, late_s=181)

    text = read()

    assert f"night {outcome.label} {sentence}" in text
    assert "2026-03-01 08:00 (Asia/Shanghai)" in text


def test_a_reason_follows_in_chinese_without_a_space(row):
    held = row(Outcome.SKIPPED, Cause.PAUSED, detail="搬迁")

    with translation.override("zh-hans"):
        assert occurrence_sentence(held) == "当时已暂停。原因：搬迁"


def test_figures_say_what_was_expected_and_what_became_of_it(row, read):
    for hour in range(3):
        row(Outcome.STARTED, hour=hour)
    row(Outcome.MISSED, Cause.OUTAGE, hour=3)
    end = DAY + timedelta(hours=9)
    row(Outcome.SKIPPED, Cause.PAUSED, hour=4, until=end, count=300)

    text = read()

    assert "expected 304 started 3 late 0 skipped 300 missed 1 waiting 0" in text
    assert "to 2026-03-01 17:00 (Asia/Shanghai), 300 fires" in text


def test_an_exception_leads_to_its_run(row, admin_client, task, make_run):
    run = make_run(task=task, status="failed")
    row(Outcome.LATE, run=run, late_s=60)
    url = reverse("admin:runs_task_ledger", args=[task.pk])

    answer = admin_client.get(f"{url}?from=2026-03-01&to=2026-03-01")

    assert reverse("admin:runs_run_change", args=[run.pk]) in answer.content.decode()


def test_one_schedule_is_chosen(row, read, plan):
    other = plan(label="other")
    row(Outcome.STARTED)
    row(Outcome.STARTED, schedule=other, schedule_key=other.pk, label="other")

    assert "expected 2" in read()
    assert "By schedule schedule expected" in read()
    assert "expected 1" in read(schedule=other.pk)
    assert "expected 2" in read(schedule="other")


def test_a_deleted_schedule_keeps_its_name(row, read):
    schedule = row(Outcome.STARTED).schedule
    services.delete_schedule(schedule=schedule)

    assert "night (deleted)" in read()


def test_fires_that_nobody_wrote_down_are_counted(read, plan):
    schedule = plan(every_s=3600, start=DAY)
    Alarm.objects.filter(pk=schedule.pk).update(written_until=DAY)

    assert "expected 23" in read()
    text = read()
    assert "not yet written 23" in text
    assert "Not yet written are fires that have no row yet" in text


def test_days_that_were_put_together_are_said(row, read, task):
    DayCount.objects.create(
        task=task, schedule_key=1, label="n", day=DAY, outcome="missed", count=5
    )

    text = read()

    assert "missed 5" in text
    assert "Before 2026-03-02 00:00 (UTC) only the counts of whole days" in text


def test_nothing_special_is_said_too(row, read):
    row(Outcome.STARTED)

    assert "Every fire of this time that is written down started in time." in read()


@pytest.mark.parametrize(
    ("since", "until", "sentence"),
    [
        ("yesterday", "", "yesterday is not a date and time"),
        ("", "soon", "soon is not a date and time"),
        ("2026-03-02", "2026-03-01", "It ends (2026-03-02 00:00 (UTC)) before"),
        ("2130-01-01", "", "before it begins"),
        ("", "9999-12-31", "out of range"),
        ("0001-01-01", "", "out of range"),
        ("9" * 5000, "", "is not a date and time"),
    ],
)
def test_a_time_that_cannot_be_is_refused(read, since, until, sentence):
    text = read(since, until)

    assert sentence in text
    assert "expected" not in text


@pytest.mark.parametrize("key", ["0", "-1", "x", "9" * 30, "9" * 18, "\u0663"])
def test_any_schedule_may_be_typed_into_the_address(read, key):
    assert "expected" in read(schedule=key)


def test_the_last_week_is_shown_when_nothing_is_typed(page, task):
    assert "expected 0" in page("runs_task_ledger", task.pk)


def test_a_task_that_is_not_there_has_no_ledger(admin_client, client, make_user, task):
    for number in (0, 10**30):
        url = reverse("admin:runs_task_ledger", args=[number])
        assert admin_client.get(url).status_code == 404
    client.force_login(make_user("ann", is_staff=True))
    url = reverse("admin:runs_task_ledger", args=[task.pk])
    assert client.get(url).status_code == 403


def test_moments_are_the_readers_and_the_schedules(row, admin_client, task):
    row(Outcome.MISSED, Cause.OUTAGE)
    url = reverse("admin:runs_task_ledger", args=[task.pk])

    text = admin_client.get(f"{url}?from=2026-03-01&to=2026-03-01").content.decode()

    assert 'title="2026-03-01 00:00:00 UTC"' in text
    assert '<span class="hub-under">2026-03-01 08:00 (Asia/Shanghai)</span>' in text


def test_what_is_missing_stands_in_front(row, read):
    row(Outcome.MISSED, Cause.OUTAGE, hour=1)
    row(Outcome.SKIPPED, Cause.PAUSED, hour=2)
    row(Outcome.LATE, hour=3, late_s=60)

    text = read().partition("Exceptions")[2].partition(" run ")[2]

    order = [text.index(word) for word in ("No cluster", "60 seconds", "paused")]
    assert order == sorted(order)


@pytest.mark.parametrize("outcome", ["started", "missed"])
def test_one_outcome_is_chosen_in_the_address(row, admin_client, task, outcome):
    row(Outcome.STARTED, hour=1)
    row(Outcome.MISSED, Cause.OUTAGE, hour=2)
    url = reverse("admin:runs_task_ledger", args=[task.pk])

    query = f"?from=2026-03-01&to=2026-03-01&outcome={outcome}"
    text = admin_client.get(url + query).content.decode()

    listed = text.rpartition("<tbody>")[2]
    assert f'<span class="hub-pill hub-{outcome}">' in listed
    assert listed.count("<tr>") == 1
    # It stays where another time is chosen.
    assert f"?period=24h&amp;outcome={outcome}" in text


@pytest.mark.parametrize(("period", "count"), [("24h", 1), ("30d", 2), ("x", 1)])
def test_a_period_is_chosen_in_the_address(row, page, task, period, count):
    for days in (0.5, 20):
        moment = timezone.now() - timedelta(days=days)
        row(Outcome.STARTED, scheduled_for=moment)

    text = page("runs_task_ledger", task.pk, query=f"?period={period}")

    assert f"expected {count} " in text


def test_expected_and_ran_are_said_in_a_sentence(row, read):
    for hour in range(3):
        row(Outcome.STARTED, hour=hour)
    row(Outcome.MISSED, Cause.OUTAGE, hour=3)

    assert "4 fires were expected, 3 ran, 1 was missed." in read()


def test_a_task_without_plans_says_what_to_do(page, task):
    text = page("runs_task_ledger", task.pk)

    assert "Nothing was planned in this time." in text
    assert "To the task" in text

"""A schedule that is said simply: every so many of a unit, at a time, on weekdays."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
import time_machine
from django.urls import reverse

from apps.tasks.models import Schedule
from tests.integration.planning.conftest import NIGHTLY, errors, text_of

pytestmark = pytest.mark.django_db

NOON = datetime(2026, 3, 7, 12, tzinfo=UTC)


@pytest.fixture
def say(send):
    """Send a schedule that is said simply."""

    def say(every, unit, at="", days=(), **more):
        with time_machine.travel(NOON, tick=False):
            return send(
                kind="simple",
                simple_every=every,
                simple_unit=unit,
                simple_time=at,
                simple_days=list(days),
                **more,
            )

    return say


@pytest.mark.parametrize(
    ("said", "cron", "every_s"),
    [
        (("15", "minutes"), "*/15 * * * *", None),
        (("1", "hours", "00:07"), "7 * * * *", None),
        (("1", "days", "02:30", "01234"), "30 2 * * 1-5", None),
        (("1", "days", "7\uff1a30", "6"), "30 7 * * 0", None),
        (("7", "minutes"), "", 420),
        (("90", "seconds", "02:30"), "", 90),
    ],
)
def test_it_is_written_as_cron_or_an_interval(say, said, cron, every_s):
    assert say(*said).status_code == 302

    schedule = Schedule.objects.get()
    assert (schedule.cron, schedule.every_s) == (cron, every_s)


@pytest.mark.parametrize(("at", "day"), [("13:00", 7), ("11:00", 8)])
def test_several_days_are_counted_from_the_next_such_time(say, at, day):
    assert say("3", "days", at).status_code == 302

    schedule = Schedule.objects.get()
    assert schedule.every_s == 3 * 86400
    assert schedule.start == datetime(2026, 3, day, int(at[:2]), tzinfo=UTC)


@pytest.mark.parametrize(
    ("said", "field", "sentence"),
    [
        (("", "days"), "simple_every", "Write a whole number"),
        (("x", "days"), "simple_every", "got x"),
        (("0", "minutes"), "simple_every", "at least 1 second"),
        (("1", "days", "25:00"), "simple_time", "25:00 is not a time of the day"),
        (("3", "days", "02:00", "0"), "simple_days", "Days of the week go with"),
    ],
)
def test_what_cannot_be_is_said_at_its_field(say, said, field, sentence):
    found = errors(say(*said))

    assert found.keys() == {field}
    assert sentence in found[field][0]


def test_a_time_beside_another_start_is_refused(say):
    found = errors(say("3", "days", "02:00", start="2130-01-01 08:00"))

    assert "which is at 08:00" in found["simple_time"][0]


@pytest.mark.parametrize(
    ("kind", "field", "sentence"),
    [
        ("cron", "cron", "Write a cron expression of five fields"),
        ("once", "at", "Write a date and time"),
    ],
)
def test_an_empty_way_says_what_it_needs(send, kind, field, sentence):
    found = errors(send(kind=kind))

    assert found.keys() == {field}
    assert sentence in found[field][0]


def test_only_the_way_that_is_chosen_counts(send):
    send(kind="cron", cron=NIGHTLY, at="2130-01-01", simple_every="7")

    schedule = Schedule.objects.get()
    assert (schedule.cron, schedule.at, schedule.every_s) == (NIGHTLY, None, None)


@pytest.mark.parametrize(
    ("rule", "kind", "every", "unit", "at"),
    [
        ({"cron": "30 2 * * *"}, "cron", "1", "days", "02:30"),
        ({"cron": "0 7 1 * *"}, "cron", "1", "days", "02:00"),
        ({"every_s": 420}, "simple", "7", "minutes", ""),
        ({"every_s": 86400}, "simple", "24", "hours", "00:00"),
        ({"at": datetime(2130, 1, 1, tzinfo=UTC)}, "once", "1", "days", "02:00"),
    ],
)
def test_a_stored_rule_is_shown_as_it_was_said(
    admin_client, plan, rule, kind, every, unit, at
):
    url = reverse("admin:tasks_schedule_change", args=[plan(**rule).pk])

    form = admin_client.get(url).context["adminform"].form

    shown = [form[f"simple_{name}"].value() for name in ("every", "unit", "time")]
    assert [form["kind"].value(), *shown] == [kind, every, unit, at]


def test_saving_what_is_shown_changes_nothing(say, admin_client):
    say("3", "days", "02:30", timezone="Asia/Shanghai")
    before = Schedule.objects.values().get()
    url = reverse("admin:tasks_schedule_change", args=[before["id"]])
    form = admin_client.get(url).context["adminform"].form
    shown = {bound.name: bound.value() for bound in form}
    sent = {name: "" if value is None else value for name, value in shown.items()}

    assert admin_client.post(url, sent).status_code == 302

    after = Schedule.objects.values().get()
    assert before | {"updated_at": 0} == after | {"updated_at": 0}


def test_the_preview_shows_words_and_the_expression(send):
    form = {"kind": "simple", "simple_every": "15", "simple_unit": "minutes"}

    text = text_of(send("admin:tasks_schedule_preview", **form))

    assert "Every 15 minutes */15 * * * *" in text


def test_the_preview_says_what_is_wrong_in_the_simple_way(send):
    form = {"kind": "simple", "simple_every": "x", "simple_unit": "minutes"}

    assert "got x" in text_of(send("admin:tasks_schedule_preview", **form))

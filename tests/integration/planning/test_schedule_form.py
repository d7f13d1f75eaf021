"""The form of a schedule: what is typed, what is refused, and what it keeps."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import pytest
from django.urls import reverse
from django_q.models import Schedule as Bell

from apps.runs.models import Alarm, Occurrence
from apps.tasks.models import Schedule
from tests.conftest import HELLO
from tests.integration.planning.conftest import NIGHTLY, errors

pytestmark = pytest.mark.django_db

LONG = ",".join(map(str, range(60))) + " " + ",".join(map(str, range(20))) + " * * *"
REFUSED = [
    ({"cron": "30 2 * *"}, "cron", "has five fields .*, this one has 4"),
    ({"cron": "31 2 *"}, "cron", "has five fields .*, this one has 3"),
    ({"cron": "0 30 2 * * *"}, "cron", "this one has six"),
    ({"cron": LONG}, "cron", "too long; at most 200 characters are taken"),
    ({"cron": "0 0 31 2 *"}, "cron", "No day ever matches"),
    ({"cron": "0 61 * * *"}, "cron", "61 is out of range"),
    ({}, "cron", "Say when: either"),
    ({"cron": NIGHTLY, "every_s": "60"}, "cron", "Say when: either"),
    ({"every_s": "0"}, "every_s", "at least 1 second, not 0"),
    ({"every_s": "0.5"}, "every_s", "more than one run a second"),
    ({"every_s": "often"}, "every_s", "whole number of seconds"),
    ({"every_s": "9" * 400}, "every_s", "at most"),
    ({"cron": NIGHTLY, "timezone": "Mars/Base"}, "timezone", "no time zone Mars/Base"),
    ({"cron": NIGHTLY, "timezone": "shanghai"}, "timezone", "you mean Asia/Shanghai"),
    ({"cron": NIGHTLY, "timezone": ""}, "timezone", "required"),
    ({"at": "tomorrow"}, "at", "not a date and time"),
    ({"at": "2001-01-01 00:00"}, "at", "is over"),
    (
        {"cron": NIGHTLY, "start": "2130-02-01", "end": "2130-01-01"},
        "end",
        "must come after the start",
    ),
    ({"cron": NIGHTLY, "end": "2001-01-01"}, "end", "ended at 2001-01-01"),
    ({"every_s": "60", "jitter_s": "61"}, "jitter_s", "longer than the time from"),
    ({"cron": NIGHTLY, "jitter_s": "-1"}, "jitter_s", "greater than or equal to 0"),
    ({"cron": NIGHTLY, "max_lateness_s": "-1"}, "max_lateness_s", "equal to 0"),
    ({"cron": NIGHTLY, "parameters": "[]"}, "parameters", "Write a JSON object"),
    ({"cron": NIGHTLY, "parameters": '{"no": 1}'}, "parameters", "no"),
    ({"cron": NIGHTLY, "task": ""}, "task", "required"),
    ({"cron": NIGHTLY, "missed": "maybe"}, "missed", "not one of the available"),
]


def test_a_schedule_is_saved_and_its_alarm_is_set(send):
    assert send(cron=NIGHTLY, label="night").status_code == 302

    schedule = Schedule.objects.get()
    assert (schedule.cron, schedule.label, schedule.overlap) == (
        NIGHTLY,
        "night",
        "skip",
    )
    assert Alarm.objects.get(pk=schedule.pk).rings_at is not None


@pytest.mark.parametrize(("typed", "field", "sentence"), REFUSED)
def test_what_cannot_be_is_said_at_its_field(send, typed, field, sentence):
    found = errors(send(**typed))

    assert found.keys() == {field}
    assert re.search(sentence, found[field][0])
    assert not Schedule.objects.exists()


def test_a_task_has_fifty_schedules_at_most(send, task):
    full = [Schedule(task=task, timezone="UTC", cron=NIGHTLY) for _ in range(50)]
    Schedule.objects.bulk_create(full)

    assert errors(send(cron=NIGHTLY)) == {
        "__all__": ["A task has 50 schedules at most."]
    }
    assert task.schedules.count() == 50


def test_times_are_typed_and_shown_in_the_schedules_own_zone(send, admin_client):
    send(at="2130-07-01 08:00", timezone="Asia/Shanghai")

    schedule = Schedule.objects.get()
    assert schedule.at == datetime(2130, 7, 1, tzinfo=UTC)
    url = reverse("admin:tasks_schedule_change", args=[schedule.pk])
    form = admin_client.get(url).context["adminform"].form
    assert form["at"].value() == "2130-07-01 08:00"


def test_a_time_that_the_clock_shows_twice_is_shown_with_its_offset(plan, admin_client):
    # The second 01:30 of that night.
    later = datetime(2030, 11, 3, 6, 30, tzinfo=UTC)
    schedule = plan(at=later, timezone="America/New_York")
    url = reverse("admin:tasks_schedule_change", args=[schedule.pk])

    form = admin_client.get(url).context["adminform"].form

    assert form["at"].value() == "2030-11-03 01:30-05:00"


def test_what_was_saved_can_be_saved_again(send, plan):
    schedule = plan(start=datetime(2130, 1, 1, tzinfo=UTC), timezone="Asia/Shanghai")
    before = Schedule.objects.values().get()

    send(
        "admin:tasks_schedule_change",
        [schedule.pk],
        cron=NIGHTLY,
        label="night",
        start="2130-01-01 08:00",
        timezone="Asia/Shanghai",
    )

    after = Schedule.objects.values().get()
    assert before | {"updated_at": 0} == after | {"updated_at": 0}


def test_one_whose_parameters_fit_no_more_can_be_disabled(send, plan, add_script):
    schedule = plan()
    add_script("hello.py", HELLO.replace("--name", "--whom"))
    change = ("admin:tasks_schedule_change", [schedule.pk])

    assert "parameters" in errors(send(*change, cron=NIGHTLY, parameters='{"x": 1}'))
    assert send(*change, cron=NIGHTLY, enabled="").status_code == 302

    schedule.refresh_from_db()
    assert not schedule.enabled


@pytest.mark.parametrize(
    "rule",
    [
        {"at": datetime(2026, 1, 1, 8, tzinfo=UTC)},
        {"every_s": 60, "end": datetime(2026, 1, 1, 8, tzinfo=UTC)},
    ],
)
def test_one_that_is_over_keeps_its_times_and_takes_another_label(send, plan, rule):
    schedule = plan(**rule)
    change = ("admin:tasks_schedule_change", [schedule.pk])
    typed = {name: str(value).replace("+00:00", "") for name, value in rule.items()}
    typed = {name: text.removesuffix(":00") for name, text in typed.items()}

    assert send(*change, **typed, label="old").status_code == 302
    assert errors(send(*change, **typed, timezone="Asia/Tokyo"))

    schedule.refresh_from_db()
    assert (schedule.label, schedule.enabled) == ("old", True)


def test_a_schedule_stays_with_its_task(send, plan, hello):
    schedule = plan()
    other = type(schedule.task).objects.create(name="other", script=hello)

    send("admin:tasks_schedule_change", [schedule.pk], cron="0 4 * * *", task=other.pk)

    schedule.refresh_from_db()
    assert (schedule.cron, schedule.task.name) == ("0 4 * * *", "greet")


def test_saving_writes_the_ledger_under_the_old_rule_first(send, plan):
    schedule = plan(every_s=3600, start=datetime(2026, 1, 1, tzinfo=UTC), missed="skip")
    old = datetime(2026, 1, 1, tzinfo=UTC)
    Alarm.objects.filter(pk=schedule.pk).update(written_until=old)

    send("admin:tasks_schedule_change", [schedule.pk], cron=NIGHTLY)

    alarm = Alarm.objects.get(pk=schedule.pk)
    assert alarm.written_until > old
    assert Occurrence.objects.filter(schedule_key=schedule.pk).exists()


def test_an_add_form_begins_with_the_task_and_the_hubs_zone(
    admin_client, task, settings
):
    url = reverse("admin:tasks_schedule_add")

    form = admin_client.get(f"{url}?task={task.pk}").context["adminform"].form

    assert (form["task"].value(), form["timezone"].value()) == (
        str(task.pk),
        settings.TIME_ZONE,
    )


def test_deleting_takes_the_alarm_along_and_leaves_the_ledger(admin_client, plan):
    schedule = plan()
    url = reverse("admin:tasks_schedule_delete", args=[schedule.pk])

    assert "greet: night" in admin_client.get(url).content.decode()
    admin_client.post(url, {"post": "yes"})

    assert not Schedule.objects.exists()
    assert not Alarm.objects.exists()
    assert not Bell.objects.exists()

"""Schedules over HTTP: added, changed, paused one by one and all at once."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from apps.runs.models import Alarm, Occurrence
from apps.tasks.models import Pause, Schedule

pytestmark = pytest.mark.django_db

FAR = "2099-01-01T00:00:00Z"


def test_a_schedule_is_added_and_read(editor, task):
    answer = editor.post(f"/tasks/{task.pk}/schedules", {"cron": "@daily"})

    schedule = answer.json()
    path = f"/tasks/{task.pk}/schedules/{schedule['id']}"
    assert (answer.status_code, answer["Location"]) == (201, f"http://testserver{path}")
    assert editor.get(path).json() == schedule
    assert Alarm.objects.get().rings_at is not None
    listed = editor.get(f"/tasks/{task.pk}/schedules").json()
    assert listed == {"results": [schedule], "next": None, "previous": None}


def test_an_expression_is_kept_as_it_is_read(editor, task):
    typed = "0  2\n*\t* *" + " " * 200

    made = editor.post(f"/tasks/{task.pk}/schedules", {"cron": typed}).json()

    assert (made["cron"], made["words"]) == ("0 2 * * *", "At 02:00 every day")


def test_the_zone_of_the_hub_is_taken_where_none_is_given(editor, task, settings):
    settings.TIME_ZONE = "Africa/Cairo"

    schedule = editor.post(f"/tasks/{task.pk}/schedules", {"cron": "@daily"}).json()

    assert schedule["timezone"] == "Africa/Cairo"


def test_what_is_given_is_changed_and_the_rest_is_left(editor, address):
    changed = editor.patch(address, {"overlap": "replace", "jitter_s": 5}).json()

    assert (changed["overlap"], changed["jitter_s"]) == ("replace", 5)
    assert (changed["cron"], changed["timezone"]) == ("30 2 * * *", "Asia/Shanghai")


def test_another_way_to_say_when_takes_the_place_of_the_first(editor, address):
    changed = editor.patch(address, {"every_s": 60}).json()
    assert (changed["cron"], changed["every_s"]) == (None, 60)

    changed = editor.patch(address, {"at": FAR}).json()
    assert (changed["every_s"], changed["at"]) == (None, FAR)

    changed = editor.patch(address, {"cron": "@daily", "at": None}).json()
    assert (changed["cron"], changed["at"]) == ("@daily", None)


def test_times_of_a_change_are_local_to_the_schedule(editor, address):
    changed = editor.patch(address, {"start": "2030-01-01T08:00"}).json()

    assert changed["start"] == "2030-01-01T00:00:00Z"


def test_saying_nothing_of_when_is_refused(editor, address):
    answer = editor.patch(address, {"cron": None})

    assert list(answer.json()["fields"]) == ["cron"]


def test_a_schedule_can_be_disabled_when_its_script_takes_something_else(
    editor, address, add_script
):
    editor.patch(address, {"parameters": {"times": 2}})
    add_script("hello.py", "#!/usr/bin/env python3\nprint('nothing')\n")

    answer = editor.patch(address, {"enabled": False})

    assert (answer.status_code, answer.json()["enabled"]) == (200, False)
    assert "times" in answer.json()["problem"]
    refused = editor.patch(address, {"parameters": {"times": 3}})
    assert "parameters.times" in refused.json()["fields"]


def test_a_schedule_goes_and_its_ledger_stays(editor, address, task):
    schedule = Schedule.objects.get()
    Occurrence.objects.create(
        schedule=schedule,
        schedule_key=schedule.pk,
        label="nightly",
        task=task,
        scheduled_for=FAR,
        outcome="started",
    )

    assert editor.delete(address).status_code == 204
    assert editor.get(address).status_code == 404
    assert Occurrence.objects.get().label == "nightly"


def test_a_schedule_is_paused_with_a_reason_and_resumed(editor, address):
    paused = editor.post(f"{address}/pause", {"until": FAR, "reason": "moving"}).json()

    pause = paused["paused"]
    about = (pause["until"], pause["reason"], pause["by"], pause["all"])
    assert about == (FAR, "moving", "editor", False)
    assert paused["state"] == "paused"
    resumed = editor.post(f"{address}/resume").json()
    assert (resumed["paused"], resumed["state"]) == (None, "on")


def test_a_pause_without_an_end_stops_the_alarm(editor, address):
    paused = editor.post(f"{address}/pause").json()

    assert (paused["paused"]["until"], paused["next_fire"]) == (None, None)
    assert Alarm.objects.get().rings_at is None


def test_the_end_of_a_pause_is_local_to_the_schedule(editor, address):
    paused = editor.post(f"{address}/pause", {"until": "2099-01-01T08:00"}).json()

    assert paused["paused"]["until"] == FAR


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"until": "2001-01-01T00:00:00Z"}, "until"),
        ({"until": "soon"}, "until"),
        ({"until": 5}, "until"),
        ({"reason": "x" * 201}, "reason"),
        ({"why": "x"}, "why"),
    ],
)
def test_a_wrong_pause_is_refused(editor, address, body, field):
    for path in (f"{address}/pause", "/schedules/pause"):
        answer = editor.post(path, body)
        assert answer.status_code == 400
        assert list(answer.json()["fields"]) == [field]
    assert not Pause.objects.exists()


@pytest.mark.parametrize("body", ["[]", '"x"', "5", "null", '{"why": 1}'])
def test_a_pause_that_is_no_object_is_refused(editor, address, body):
    for verb in ("pause", "resume"):
        for path in (f"{address}/{verb}", f"/schedules/{verb}"):
            answer = editor.generic("POST", path, body, "application/json")
            assert (answer.status_code, answer.json()["code"]) == (400, "invalid")


def test_what_is_ahead_is_for_the_clock_of_the_database_to_say(editor, task, address):
    soon = (timezone.now() + timedelta(minutes=30)).isoformat()

    with time_machine.travel(timezone.now() + timedelta(hours=1)):
        made = editor.post(f"/tasks/{task.pk}/schedules", {"at": soon})
        paused = editor.post(f"{address}/pause", {"until": soon}).json()

    assert (made.status_code, made.json()["state"]) == (201, "on")
    assert (paused["state"], paused["paused"]["all"]) == ("paused", False)


def test_one_switch_pauses_all(editor, address):
    assert editor.get("/schedules").json() == {"paused": None}

    switch = editor.post("/schedules/pause", {"reason": "outage"}).json()

    pause = switch["paused"]
    assert (pause["reason"], pause["by"], pause["all"]) == ("outage", "editor", True)
    assert editor.get("/schedules").json() == switch
    assert editor.get(address).json()["paused"] == pause
    assert Alarm.objects.get().rings_at is None
    assert editor.post("/schedules/resume").json() == {"paused": None}
    assert Alarm.objects.get().rings_at is not None


def test_a_pause_of_its_own_comes_before_the_one_of_all(editor, address):
    editor.post(f"{address}/pause", {"reason": "moving"})
    editor.post("/schedules/pause", {"reason": "outage"})

    assert editor.get(address).json()["paused"]["reason"] == "moving"
    editor.post("/schedules/resume")
    assert editor.get(address).json()["paused"]["reason"] == "moving"


def test_one_that_is_over_takes_another_label_and_is_not_enabled(editor, task):
    past = timezone.now() - timedelta(hours=1)
    over = Schedule.objects.create(task=task, at=past, timezone="UTC")
    path = f"/tasks/{task.pk}/schedules/{over.pk}"

    assert editor.patch(path, {"label": "done"}).json()["label"] == "done"
    assert editor.patch(path, {"enabled": False}).status_code == 200
    again = editor.patch(path, {"enabled": True})
    assert "is over" in again.json()["fields"]["at"][0]

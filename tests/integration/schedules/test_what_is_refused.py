"""Wrong definitions are refused at the field, with a sentence."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from apps.core.errors import InvalidInput
from apps.tasks import services
from apps.tasks.models import FreezeWindow, Schedule, Task

pytestmark = pytest.mark.django_db

NOW = timezone.now()
DAY = timedelta(days=1)
DAILY = {"cron": "@daily"}
WRONG = [
    ({"cron": "* * * * * *"}, "cron", "this one has six"),
    ({"cron": "0 1 * *"}, "cron", "this one has 4"),
    ({"cron": "31 2 *"}, "cron", "this one has 3"),
    ({"cron": "0 0 30 2 *"}, "cron", "No day ever matches"),
    ({}, "cron", "Say when"),
    ({"cron": "@daily", "every_s": 5}, "cron", "only one of them"),
    ({"cron": "@daily", "timezone": "Mars/Base"}, "timezone", "no time zone Mars/Base"),
    # What each host takes for its own zone is no zone for all of them.
    ({"cron": "@daily", "timezone": "localtime"}, "timezone", "no time zone localtime"),
    ({"cron": "@daily", "timezone": "Factory"}, "timezone", "no time zone Factory"),
    ({"every_s": 0}, "every_s", "at least 1 second"),
    ({"every_s": "often"}, "every_s", "must be an integer"),
    ({"every_s": 60, "jitter_s": 61}, "jitter_s", "is longer than the time"),
    ({**DAILY, "start": NOW, "end": NOW - DAY}, "end", "come after the start"),
    ({"at": NOW - DAY}, "at", "is over"),
    ({**DAILY, "parameters": {"nope": 1}}, "parameters.nope", "not a parameter"),
    (
        {**DAILY, "overlap": "maybe"},
        "overlap",
        "maybe is not one of allow, skip, queue, re",
    ),
    ({**DAILY, "missed": "some"}, "missed", "some is not one of skip, latest, all."),
    ({**DAILY, "label": "x" * 81}, "label", "has 81 characters; at most 80"),
    ({**DAILY, "max_lateness_s": 367 * 86400}, "max_lateness_s", "up to 366 days"),
    ({**DAILY, "max_lateness_s": 0}, "max_lateness_s", "by a second or more"),
]


@pytest.fixture
def task(hello):
    return Task.objects.create(name="greet", script=hello)


@pytest.mark.parametrize(("values", "field", "words"), WRONG)
def test_a_wrong_schedule(task, values, field, words):
    schedule = Schedule(**{"task": task, "timezone": "UTC"} | values)

    with pytest.raises(InvalidInput) as refusal:
        services.check_schedule(schedule=schedule, now=NOW)

    assert list(refusal.value.fields) == [field]
    assert words in refusal.value.fields[field][0]


def test_a_label_stands_once_in_a_task(task):
    Schedule.objects.create(task=task, label="nightly", timezone="UTC", **DAILY)
    second = Schedule(task=task, label="nightly", timezone="UTC", **DAILY)

    with pytest.raises(InvalidInput, match="another schedule of that label"):
        services.check_schedule(schedule=second, now=NOW)


def test_a_disabled_schedule_need_not_lie_ahead(task):
    schedule = Schedule(task=task, timezone="UTC", at=NOW - DAY, enabled=False)

    services.check_schedule(schedule=schedule, now=NOW)


@pytest.mark.parametrize(
    ("tags", "words"),
    [
        ("billing", "list of words"),
        ([1], "list of words"),
        (["x"] * 21, "20 tags"),
        ([" "], "1 to 40 characters"),
        (["a,b"], "The tag a,b holds a comma"),
        (["a\uff0cb"], "a comma parts two tags"),
        (["a\nb"], "line break"),
        (["a\x1b[31m"], "control character"),
        (["a\u2028b"], "line break"),
    ],
)
def test_wrong_tags(task, tags, words):
    task.tags = tags

    with pytest.raises(InvalidInput, match=words):
        services.check_task(task=task)


def test_a_task_says_when_its_script_takes_something_else(task, add_script):
    task.parameters = {"name": "you"}
    assert services.task_problems(task=task) == []

    task.script = add_script("hello.py", "#!/usr/bin/env python3\nprint('nothing')\n")

    assert "name" in services.task_problems(task=task)[0]


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"end": NOW - DAY}, "end must come after"),
        ({"reason": ""}, "reason: "),
        ({"tag": "billing", "task": True}, "either a task or a tag"),
        ({"tag": "a,b"}, "The tag a,b holds a comma"),
    ],
)
def test_a_wrong_freeze_window(task, values, words):
    if "task" in values:
        values = values | {"task": task}
    usual = {"reason": "audit", "start": NOW, "end": NOW + DAY}

    with pytest.raises(InvalidInput, match=words):
        services.check_freeze(window=FreezeWindow(**usual | values))

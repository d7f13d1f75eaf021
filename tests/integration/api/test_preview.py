"""What a schedule would do, before it is saved."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
import time_machine
from django.utils import timezone

from apps.tasks.models import FreezeWindow

pytestmark = pytest.mark.django_db

NEW_YORK = {
    "cron": "30 2 * * *",
    "timezone": "America/New_York",
    "start": "2026-03-07T00:00:00Z",
    "count": 3,
}


def preview(client, **body):
    answer = client.post("/tasks/preview", body)
    assert answer.status_code == 200, answer.json()
    return answer.json()


def marks(client, **body):
    return [fire["marks"] for fire in preview(client, **body)["fires"]]


def test_a_time_that_the_day_does_not_have(editor):
    assert preview(editor, **NEW_YORK) == {
        "words": "At 02:30 every day",
        "fires": [
            {
                "utc": "2026-03-07T07:30:00Z",
                "local": "2026-03-07T02:30:00-05:00",
                "marks": [],
            },
            {
                "utc": "2026-03-08T07:00:00Z",
                "local": "2026-03-08T03:00:00-04:00",
                "marks": ["dst_gap"],
            },
            {
                "utc": "2026-03-09T06:30:00Z",
                "local": "2026-03-09T02:30:00-04:00",
                "marks": [],
            },
        ],
    }


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"cron": "*/30 2 * * *"}, True),
        ({"cron": "30 * * * *", "start": "2026-11-01T04:00:00Z"}, True),
        ({"cron": "30 * * * *", "start": "2026-06-01T00:00:00Z"}, False),
        # Each of its fires bears a mark where clocks change.
        ({"cron": "30 2 * * *"}, False),
        ({"cron": "30 * * * *", "timezone": "UTC"}, False),
    ],
)
def test_what_follows_elapsed_time_says_so_where_clocks_change(editor, changes, said):
    words = preview(editor, **NEW_YORK | changes)["words"]

    assert ("it follows elapsed time" in words) == said


def test_a_time_that_the_day_has_twice(editor):
    autumn = NEW_YORK | {"cron": "30 1 * * *", "start": "2026-11-01T00:00:00Z"}

    assert marks(editor, **autumn) == [["dst_fold"], [], []]


def test_every_so_often_from_a_start(editor):
    found = preview(editor, every_s=90, start="2026-03-07T00:00:00Z", count=2)

    assert [fire["utc"] for fire in found["fires"]] == [
        "2026-03-07T00:00:00Z",
        "2026-03-07T00:01:30Z",
    ]
    # No offset is a number too.
    assert found["fires"][0]["local"] == "2026-03-07T00:00:00+00:00"


def test_without_a_start_the_fires_are_those_from_now_on(editor):
    now = timezone.now()

    found = preview(editor, cron="* * * * *")["fires"]

    assert len(found) == 10
    first = datetime.fromisoformat(found[0]["utc"])
    assert timedelta(0) < first - now <= timedelta(minutes=1)


def test_once(editor):
    found = preview(editor, at="2099-01-01T08:00", timezone="Asia/Shanghai")

    assert [fire["utc"] for fire in found["fires"]] == ["2099-01-01T00:00:00Z"]


def test_there_are_no_more_fires_than_until_the_end(editor):
    found = preview(editor, **NEW_YORK | {"end": "2026-03-08T00:00:00Z"})

    assert len(found["fires"]) == 1


def test_fires_within_a_freeze_window_are_marked(editor, task):
    moments = {"start": "2026-03-08T00:00Z", "end": "2026-03-09T00:00Z"}
    FreezeWindow.objects.create(reason="audit", task=task, **moments)

    assert marks(editor, **NEW_YORK) == [[], ["dst_gap"], []]
    with_task = marks(editor, **NEW_YORK, task=task.pk)
    assert with_task == [[], ["dst_gap", "freeze"], []]


@pytest.mark.parametrize(("took_s", "expected"), [(50, []), (70, ["overlap"])])
def test_fires_of_a_task_that_usually_takes_longer_are_marked(
    editor, task, make_run, took_s, expected
):
    now = timezone.now()
    for seconds in (1, took_s, 1000):
        begun = now - timedelta(seconds=seconds)
        make_run(task=task, status="completed", began_at=begun, finished_at=now)

    found = marks(editor, every_s=60, count=2, task=task.pk)

    assert found == [expected, expected]


def test_the_first_fire_of_all_overlaps_with_none(editor, task, make_run):
    now = timezone.now()
    begun = now - timedelta(hours=1)
    make_run(task=task, status="completed", began_at=begun, finished_at=now)
    start = "2099-01-01T00:00:00Z"
    end = "2099-01-01T00:01:00Z"

    found = marks(editor, every_s=60, start=start, end=end, task=task.pk)

    assert found == [[], ["overlap"]]


def test_words_follow_the_language(editor):
    answer = editor.post(
        "/tasks/preview", NEW_YORK, headers={"accept-language": "zh-hans"}
    )

    assert not answer.json()["words"].isascii()


@pytest.mark.parametrize(
    ("body", "field", "words"),
    [
        ({}, "cron", "either cron, every_s or at"),
        ({"cron": "@daily", "every_s": 60}, "cron", "only one of them"),
        ({"cron": "* * * * * *"}, "cron", "this one has six"),
        ({"cron": "0 2 * *"}, "cron", "this one has 4"),
        ({"cron": "31 2 *"}, "cron", "this one has 3"),
        ({"cron": "0 0 31 2 *"}, "cron", "No day ever matches"),
        ({"cron": "@daily", "timezone": "Mars"}, "timezone", "no time zone Mars"),
        ({"cron": "@daily", "timezone": "../x"}, "timezone", "no time zone"),
        ({"every_s": 0}, "every_s", "at least 1 second"),
        ({"every_s": 0.1}, "every_s", "more than one run a second"),
        ({"every_s": 60, "jitter_s": 61}, "jitter_s", "is longer than"),
        ({"at": "2001-01-01T00:00"}, "at", "is over"),
        ({"cron": "@daily", "end": "2001-01-01"}, "end", "ended at"),
        (
            {"cron": "@daily", "start": "2030-02-01", "end": "2030-01-01"},
            "end",
            "must come after the start",
        ),
        ({"cron": "@daily", "count": 0}, "count", "from 1 to 50"),
        ({"cron": "@daily", "count": 51}, "count", "from 1 to 50"),
        ({"cron": "@daily", "count": "3"}, "count", "whole number"),
        ({"cron": "@daily", "task": 0}, "task", "There is no task"),
        ({"cron": "@daily", "task": "greet"}, "task", "whole number"),
        ({"cron": "@daily", "overlap": "skip"}, "overlap", "Unknown key"),
    ],
)
def test_what_cannot_be_previewed(editor, task, body, field, words):
    answer = editor.post("/tasks/preview", body)

    assert answer.status_code == 400
    assert list(answer.json()["fields"]) == [field]
    assert words in answer.json()["fields"][field][0]


def test_the_preview_does_not_depend_on_the_day_it_is_asked(editor):
    now = preview(editor, **NEW_YORK)

    # The session is no older then.
    with time_machine.travel(timezone.now() - timedelta(days=30), tick=True):
        assert preview(editor, **NEW_YORK) == now

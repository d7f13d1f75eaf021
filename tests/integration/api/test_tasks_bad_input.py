"""Wrong tasks, schedules and freeze windows: refused at the field, with a sentence."""

from __future__ import annotations

import pytest

from apps.runs.models import Run
from apps.tasks.models import FreezeWindow, Schedule, Task

pytestmark = pytest.mark.django_db

DAILY = {"cron": "@daily"}
BIG = 10**400
WRONG_SCHEDULES = [
    # The ones that people type.
    ({**DAILY, "timezone": "Mars/Olympus"}, "timezone", "no time zone Mars/Olympus"),
    ({**DAILY, "timezone": "Asia/Shangai"}, "timezone", "did you mean Asia/Shanghai?"),
    ({"cron": "* * * * * *"}, "cron", "this one has six"),
    ({"cron": "0 2 * *"}, "cron", "this one has 4"),
    ({"cron": "31 2 *"}, "cron", "this one has 3"),
    ({"cron": "0 0 30 2 *"}, "cron", "No day ever matches"),
    ({**DAILY, "start": "2030-02-01", "end": "2030-01-01"}, "end", "must come after"),
    ({**DAILY, "start": "2030-02-01", "end": "2030-02-01"}, "end", "must come after"),
    ({"every_s": 0}, "every_s", "at least 1 second, not 0"),
    ({"every_s": 0.5}, "every_s", "more than one run a second"),
    ({"every_s": -1}, "every_s", "at least 1 second"),
    ({"every_s": 1.5}, "every_s", "whole number of seconds"),
    ({"every_s": 60, "jitter_s": 61}, "jitter_s", "longer than the time from one run"),
    # The ones that programs send.
    ({}, "cron", "either cron, every_s or at"),
    ({"cron": "@daily", "every_s": 60}, "cron", "only one of them"),
    ({"cron": 5}, "cron", "must be text"),
    ({"cron": "* " * 60}, "cron", "fields"),
    ({"cron": "0," * 100 + "0 * * * *"}, "cron", "at most 200 characters are taken"),
    ({"every_s": "300"}, "every_s", "whole number of seconds"),
    ({"every_s": True}, "every_s", "whole number of seconds"),
    ({"every_s": [1]}, "every_s", "whole number of seconds"),
    ({"every_s": BIG}, "every_s", "at most"),
    ({"at": "tomorrow"}, "at", "not a date and time"),
    ({"at": "0001-01-01T00:00:00+14:00"}, "at", "from 1970 to 2999"),
    ({"at": "2001-01-01T00:00"}, "at", "is over"),
    ({"at": 5}, "at", "must be text"),
    ({**DAILY, "start": "soon"}, "start", "not a date and time"),
    (
        {**DAILY, "timezone": "Asia/Tokyo", "end": "soon"},
        "end",
        "in the time zone Asia/Tokyo",
    ),
    ({**DAILY, "end": "9999-12-31T23:59:59Z"}, "end", "from 1970 to 2999"),
    ({**DAILY, "timezone": None}, "timezone", "must be text"),
    ({**DAILY, "jitter_s": -1}, "jitter_s", "Write 0 or more; got -1"),
    ({**DAILY, "jitter_s": 2**31}, "jitter_s", "whole number from"),
    ({**DAILY, "jitter_s": "1"}, "jitter_s", "whole number"),
    ({**DAILY, "missed": "some"}, "missed", "not one of skip, latest, all"),
    ({**DAILY, "overlap": None}, "overlap", "must be text"),
    ({**DAILY, "max_lateness_s": 367 * 86400}, "max_lateness_s", "up to 366 days"),
    ({**DAILY, "max_lateness_s": -1}, "max_lateness_s", "0 or more; got -1"),
    ({**DAILY, "label": "x" * 81}, "label", "at most 80 are taken"),
    ({**DAILY, "enabled": "yes"}, "enabled", "true or false"),
    ({**DAILY, "parameters": []}, "parameters", "an object"),
    ({**DAILY, "parameters": {"times": "2"}}, "parameters.times", "whole number"),
    ({**DAILY, "crn": 1}, "crn", "known here: at, cron, enabled"),
]
WRONG_TASKS = [
    ({"name": ""}, "name", "cannot be blank"),
    ({"name": " "}, "name", "cannot be blank"),
    ({"name": None}, "name", "must be text"),
    ({"name": "x" * 121}, "name", "at most 120 are taken"),
    ({"name": "greet"}, "name", "already exists"),
    ({"script_name": "nope.py"}, "script_name", "There is no script 'nope.py'"),
    ({"script_name": 5}, "script_name", "must be text"),
    ({"parameters": {"nope": 1}}, "parameters.nope", "not a parameter"),
    ({"parameters": "x"}, "parameters", "an object"),
    ({"timeout_s": 0}, "timeout_s", "above 0 seconds"),
    ({"timeout_s": "60"}, "timeout_s", "without quotes"),
    ({"timeout_s": BIG}, "timeout_s", "too large"),
    ({"retries": 11}, "retries", "from 0 to 10"),
    ({"retries": 1.5}, "retries", "whole number"),
    ({"retries": True}, "retries", "whole number"),
    ({"retries": BIG}, "retries", "whole number from"),
    ({"retry_wait_s": 3601}, "retry_wait_s", "0 to 3600"),
    ({"idempotent": 1}, "idempotent", "true or false"),
    ({"priority": 101}, "priority", "-100 to 100"),
    ({"priority": 2**31 - 1}, "priority", ""),
    ({"queue": "Big Queue"}, "queue", "lower-case letters"),
    ({"group": "Ä"}, "group", "lower-case letters"),
    ({"start_within_s": -1}, "start_within_s", "more than 0 seconds"),
    ({"keep_days": -1}, "keep_days", "Write 0 or more"),
    ({"tags": "billing"}, "tags", "list of words"),
    ({"tags": [5]}, "tags", "list of words"),
    ({"tags": {"a": 1}}, "tags", "list of words"),
    ({"tags": ["x"] * 21}, "tags", "20 tags"),
    ({"notes": []}, "notes", "must be text"),
    ({"enabled": None}, "enabled", "true or false"),
    ({"owner": "root"}, "owner", "Unknown key; known here: "),
]


def refused(answer, field, words):
    body = answer.json()
    assert answer.status_code == 400, body
    assert body["code"] == "invalid"
    assert list(body["fields"]) == [field], body
    assert words in body["fields"][field][0]
    return True


@pytest.mark.parametrize(("values", "field", "words"), WRONG_SCHEDULES)
def test_a_wrong_schedule(editor, task, values, field, words):
    alone = editor.post(f"/tasks/{task.pk}/schedules", values)
    body = {"name": "new", "script_name": "hello.py", "schedules": [DAILY, values]}
    within = editor.post("/tasks", body)

    assert refused(alone, field, words)
    assert refused(within, f"schedules.1.{field}", words)
    assert not Schedule.objects.exists()
    assert Task.objects.count() == 1


@pytest.mark.parametrize(("values", "field", "words"), WRONG_SCHEDULES)
def test_a_schedule_is_not_changed_to_a_wrong_one(
    editor, address, values, field, words
):
    if values:
        assert refused(editor.patch(address, values), field, words)
    assert Schedule.objects.get().cron == "30 2 * * *"


@pytest.mark.parametrize(("values", "field", "words"), WRONG_TASKS)
def test_a_wrong_task(editor, task, values, field, words):
    other = Task.objects.create(name="other", script=task.script)
    body = {"name": "new", "script_name": "hello.py"}

    assert refused(editor.post("/tasks", body | values), field, words)
    assert refused(editor.patch(f"/tasks/{other.pk}", values), field, words)
    assert Task.objects.count() == 2


@pytest.mark.parametrize("data", [[], "x", 5, None, True])
@pytest.mark.parametrize(
    "path", ["/tasks", "/tasks/{id}/schedules", "/freezes", "/tasks/preview"]
)
def test_what_is_no_object(editor, task, path, data):
    answer = editor.post(path.format(id=task.pk), data)

    assert (answer.status_code, answer.json()["code"]) == (400, "invalid")


@pytest.mark.parametrize(
    "path", ["/tasks", "/tasks/{id}/schedules", "/freezes", "/tasks/preview"]
)
def test_of_an_unknown_key_no_more_than_its_beginning_is_repeated(editor, task, path):
    key = "k" * 200_000
    answer = editor.post(path.format(id=task.pk), {key: 1})
    asked = editor.get(f"/tasks?{key[:3000]}=1")

    for found in (answer, asked):
        assert found.status_code == 400
        assert f"{'k' * 99}…" in found.json()["fields"]
        assert len(found.content) < 2000


@pytest.mark.parametrize("schedules", [5, {}, "x", None])
def test_what_is_no_list_of_schedules(editor, hello, schedules):
    body = {"name": "new", "script_name": "hello.py", "schedules": schedules}

    assert refused(editor.post("/tasks", body), "schedules", "Write a list")


def test_what_is_missing_is_named(editor):
    answer = editor.post("/tasks", {})

    assert list(answer.json()["fields"]) == ["name", "script_name"]


def test_what_is_in_a_list_and_no_schedule(editor, hello):
    body = {"name": "new", "script_name": "hello.py", "schedules": [5]}

    assert refused(editor.post("/tasks", body), "schedules.0", "a JSON object")


def test_a_task_has_fifty_schedules_at_most(editor, task):
    body = {"name": "new", "script_name": "hello.py", "schedules": [DAILY] * 51}
    assert refused(editor.post("/tasks", body), "schedules", "50 schedules at most")
    made = [Schedule(task=task, timezone="UTC", **DAILY) for _ in range(50)]
    Schedule.objects.bulk_create(made)

    answer = editor.post(f"/tasks/{task.pk}/schedules", DAILY)

    assert answer.status_code == 400
    assert "50 schedules at most" in answer.json()["message"]


def test_a_label_stands_once_in_a_task(editor, task):
    twice = [DAILY | {"label": "night"}] * 2
    body = {"name": "new", "script_name": "hello.py", "schedules": twice}

    answer = editor.post("/tasks", body)

    assert refused(answer, "schedules.1.label", "another schedule of that label")


def test_schedules_are_not_changed_through_their_task(editor, task):
    answer = editor.patch(f"/tasks/{task.pk}", {"schedules": []})

    assert refused(answer, "schedules", f"under /tasks/{task.pk}/schedules")


def test_a_body_over_256_kib_is_413(editor, task):
    body = {"name": "new", "script_name": "hello.py", "notes": "x" * 256 * 1024}

    assert editor.post("/tasks", body).status_code == 413
    assert editor.patch(f"/tasks/{task.pk}", body).status_code == 413


@pytest.mark.parametrize(
    "path",
    [
        "/tasks/0",
        "/tasks/nope",
        "/tasks/%00",
        "/tasks/999999999999999999",
        "/tasks/9999999999999999999999",
        "/tasks/٣",
        "/tasks/{id}/schedules/0",
        "/tasks/{id}/schedules/nope",
        "/tasks/{id}/schedules/999999999999999999",
        "/tasks/0/schedules",
        "/tasks/0/ledger",
        "/freezes/0",
        "/freezes/nope",
    ],
)
def test_what_is_not_there_is_404(editor, task, path):
    answer = editor.get(path.format(id=task.pk))

    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


def test_the_schedule_of_another_task_is_not_there(editor, hello, schedule):
    other = Task.objects.create(name="other", script=hello)

    path = f"/tasks/{other.pk}/schedules/{schedule['id']}"

    assert editor.get(path).status_code == 404
    assert editor.delete(path).status_code == 404
    assert editor.post(f"{path}/pause").status_code == 404


@pytest.mark.parametrize(
    "query",
    [
        "enabled=yes",
        "limit=0",
        "after=a%00b",
        "tag=a%00b",
        "search=" + "x" * 201,
        "tags=x",
    ],
)
def test_a_query_that_makes_no_sense_is_400(editor, query):
    assert editor.get(f"/tasks?{query}").status_code == 400


def test_a_method_that_a_route_does_not_have_is_405(editor, task):
    assert editor.put(f"/tasks/{task.pk}", {}).status_code == 405
    assert editor.get("/tasks/preview").status_code == 405
    assert editor.post("/schedules", {}).status_code == 405


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"reason": 5}, "reason"),
        ({"reason": "x" * 201}, "reason"),
        ({"why": "now"}, "why"),
    ],
)
def test_a_wrong_reason_starts_nothing(editor, task, body, field):
    assert refused(editor.post(f"/tasks/{task.pk}/run", body), field, "")
    assert not Run.objects.exists()


def test_a_reason_goes_with_a_task(editor, task):
    alone = {"script_name": "hello.py", "reason": "why not"}
    wrong = {"task": "greet", "reason": 5}

    assert refused(editor.post("/runs/runs", alone), "reason", "goes with a task")
    assert refused(editor.post("/runs/runs", wrong), "reason", "must be text")


@pytest.mark.parametrize(
    ("values", "field", "words"),
    [
        ({"end": "2020-01-01"}, "end", "must come after"),
        ({"reason": ""}, "reason", "cannot be blank"),
        ({"reason": "x" * 201}, "reason", "at most 200"),
        ({"start": "soon"}, "start", "which is in the time zone UTC"),
        ({"start": None}, "start", "must be text"),
        ({"task": 0}, "task", "There is no task 0"),
        ({"task": "greet"}, "task", "whole number"),
        ({"tag": "x" * 41}, "tag", "at most 40"),
        ({"tags": []}, "tags", "Unknown key"),
    ],
)
def test_a_wrong_freeze_window(editor, values, field, words):
    body = {"reason": "audit", "start": "2030-01-01", "end": "2030-02-01"}

    assert refused(editor.post("/freezes", body | values), field, words)
    assert not FreezeWindow.objects.exists()


def test_a_freeze_window_is_of_a_task_or_of_a_tag(editor, task):
    body = {"reason": "audit", "start": "2030-01-01", "end": "2030-02-01"}
    body |= {"task": task.pk, "tag": "billing"}

    assert refused(editor.post("/freezes", body), "tag", "either a task or a tag")

"""Tasks over HTTP: made with their schedules, listed, changed, run, deleted."""

from __future__ import annotations

import pytest

from apps.runs.models import Alarm, Run
from apps.scripts import services as scripts
from apps.tasks.models import Schedule, Task

pytestmark = pytest.mark.django_db

BODY = {
    "name": "nightly greeting",
    "script_name": "hello.py",
    "parameters": {"times": 2},
    "timeout_s": 60,
    "retries": 2,
    "retry_wait_s": 5,
    "idempotent": True,
    "group": "database",
    "priority": 10,
    "queue": "gpu",
    "start_within_s": 600,
    "keep_days": 7,
    "keep_count": 100,
    "tags": ["billing"],
    "notes": "Ask Ann.",
    "enabled": True,
}
SCHEDULES = [
    {
        "label": "night",
        "cron": "30 2 * * *",
        "timezone": "Asia/Shanghai",
        "parameters": {"name": "night"},
        "missed": "all",
        "max_lateness_s": 60,
        "overlap": "queue",
        "jitter_s": 30,
        "start": "2030-01-01T00:00",
        "end": "2031-01-01T00:00:00Z",
        "enabled": False,
    },
    {"every_s": 300},
    {"at": "2099-01-01T12:00"},
]


def names(answer):
    return [task["name"] for task in answer.json()["results"]]


def test_a_task_is_made_with_all_its_schedules(editor, hello):
    answer = editor.post("/tasks", BODY | {"schedules": SCHEDULES})

    task = answer.json()
    assert answer.status_code == 201
    assert answer["Location"] == f"http://testserver/tasks/{task['id']}"
    assert {name: task[name] for name in BODY} == BODY
    assert (task["owner"], task["problem"]) == ("editor", None)
    assert len(task["schedules"]) == Alarm.objects.count() == 3
    assert editor.get(answer["Location"]).json() == task


def test_a_schedule_is_shown_as_it_was_sent_and_in_words(editor, hello):
    task = editor.post("/tasks", BODY | {"schedules": SCHEDULES}).json()

    night, often, once = task["schedules"]
    # Without an offset it is local time in the schedule's zone.
    moments = {"start": "2029-12-31T16:00:00Z", "end": "2031-01-01T00:00:00Z"}
    expected = SCHEDULES[0] | moments
    assert {name: night[name] for name in expected} == expected
    assert (night["words"], night["next_fire"]) == ("At 02:30 every day", None)
    assert often["words"].startswith("Every 5 minutes, counted from ")
    assert (often["timezone"], often["cron"], often["overlap"]) == ("UTC", None, "skip")
    assert once["next_fire"] == "2099-01-01T12:00:00Z"


def test_words_are_in_the_language_of_the_request(editor, hello):
    body = BODY | {"schedules": SCHEDULES[:1]}

    answer = editor.post("/tasks", body, headers={"accept-language": "zh-hans"})

    words = answer.json()["schedules"][0]["words"]
    assert not words.isascii()


def test_a_wrong_schedule_leaves_nothing_behind(editor, hello):
    wrong = [{"cron": "@daily"}, {"cron": "0 0 30 2 *"}, {"every_s": 5, "missed": "x"}]

    answer = editor.post("/tasks", BODY | {"schedules": wrong})

    assert answer.status_code == 400
    assert list(answer.json()["fields"]) == ["schedules.1.cron", "schedules.2.missed"]
    assert not Task.objects.exists()
    assert not Schedule.objects.exists()


def test_tasks_are_listed_by_name_in_pages(editor, hello):
    for name in ("c", "a", "b"):
        Task.objects.create(name=name, script=hello)

    first = editor.get("/tasks?limit=2")
    second = editor.get(first.json()["next"])

    assert (names(first), names(second)) == (["a", "b"], ["c"])
    assert second.json()["next"] is None
    assert names(editor.get(second.json()["previous"])) == ["a", "b"]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("script=hello.py", ["bill", "greet"]),
        ("script=closed.sh", ["close"]),
        ("tag=nightly", ["bill", "close"]),
        ("tag=night", []),
        ("tag=%E6%97%A5%E5%B8%B8", ["greet"]),
        ("enabled=false", ["close"]),
        ("enabled=true", ["bill", "greet"]),
        ("enabled=true,false", ["bill", "close", "greet"]),
        ("search=BIL", ["bill", "close"]),
        ("search=100%25", []),
        ("tag=nightly&enabled=true&script=hello.py&search=b", ["bill"]),
    ],
)
def test_tasks_are_found(editor, hello, closed, query, found):
    Task.objects.create(name="greet", script=hello, tags=["日常"])
    Task.objects.create(name="bill", script=hello, tags=["x", "nightly"])
    about = {"tags": ["nightly"], "enabled": False, "notes": "after billing"}
    Task.objects.create(name="close", script=closed, **about)

    assert names(editor.get(f"/tasks?{query}")) == found


def test_a_page_costs_as_many_queries_with_one_task_as_with_ten(
    editor, hello, django_assert_num_queries
):
    editor.post("/tasks", BODY | {"name": "0", "schedules": SCHEDULES[1:]})
    editor.get("/tasks")
    with django_assert_num_queries(12):
        editor.get("/tasks")
    for number in range(1, 11):
        body = BODY | {"name": str(number), "schedules": SCHEDULES[1:]}
        editor.post("/tasks", body)

    with django_assert_num_queries(12):
        assert len(names(editor.get("/tasks"))) == 11


def test_a_page_checks_the_parameters_of_each_once(editor, hello, monkeypatch):
    editor.post("/tasks", BODY | {"schedules": SCHEDULES[1:]})
    checked = []
    check = scripts.parameter_problems
    monkeypatch.setattr(
        scripts, "parameter_problems", lambda **a: checked.append(a) or check(**a)
    )

    editor.get("/tasks")

    assert len(checked) == 1 + len(SCHEDULES[1:])


def test_what_is_given_is_changed_and_the_rest_is_left(editor, task):
    answer = editor.patch(f"/tasks/{task.pk}", {"priority": 5, "tags": ["a"]})

    assert answer.status_code == 200
    changed = answer.json()
    assert (changed["priority"], changed["tags"]) == (5, ["a"])
    assert (changed["name"], changed["parameters"]) == ("greet", {"name": "you"})


def test_disabling_a_task_stops_the_alarms_of_its_schedules(editor, task, schedule):
    assert Alarm.objects.get().rings_at is not None

    editor.patch(f"/tasks/{task.pk}", {"enabled": False})

    assert Alarm.objects.get().rings_at is None
    shown = editor.get(f"/tasks/{task.pk}").json()["schedules"][0]
    assert (shown["state"], shown["next_fire"]) == ("disabled", None)


def test_parameters_are_checked_against_what_the_file_takes_now(
    editor, task, scripts_dir
):
    (scripts_dir / "hello.py").write_text("#!/usr/bin/env python3\nprint('nothing')\n")

    answer = editor.patch(f"/tasks/{task.pk}", {"parameters": {"name": "me"}})

    assert answer.status_code == 400
    assert list(answer.json()["fields"]) == ["parameters.name"]


def test_a_task_says_that_its_script_takes_something_else_and_can_be_disabled(
    editor, task, add_script
):
    add_script("hello.py", "#!/usr/bin/env python3\nprint('nothing')\n")

    assert "name" in editor.get(f"/tasks/{task.pk}").json()["problem"]
    assert editor.post(f"/tasks/{task.pk}/run").status_code == 400
    answer = editor.patch(f"/tasks/{task.pk}", {"enabled": False})
    assert (answer.status_code, answer.json()["enabled"]) == (200, False)


def test_a_task_says_that_its_script_is_gone(editor, task, scripts_dir):
    (scripts_dir / "hello.py").unlink()
    scripts.sync_scripts()

    problem = editor.get(f"/tasks/{task.pk}").json()["problem"]

    assert "no longer in the scripts folder" in problem


def test_a_task_goes_with_its_schedules_and_leaves_its_runs(editor, task, schedule):
    run = editor.post(f"/tasks/{task.pk}/run").json()

    assert editor.delete(f"/tasks/{task.pk}").status_code == 204
    assert editor.delete(f"/tasks/{task.pk}").status_code == 404
    assert not Schedule.objects.exists()
    assert editor.get(f"/runs/runs/{run['run_id']}").json()["task"] is None


def test_a_task_is_run_now(editor, task):
    answer = editor.post(f"/tasks/{task.pk}/run", {"reason": "the boss asked"})

    run = answer.json()
    assert answer.status_code == 201
    assert answer["Location"] == f"http://testserver/runs/runs/{run['run_id']}"
    assert (run["task"], run["parameters"]) == ("greet", {"name": "you"})
    assert (run["note"], run["trigger"]) == ("the boss asked", "api")


def test_a_key_starts_a_task_once(editor, task):
    path, headers = f"/tasks/{task.pk}/run", {"Idempotency-Key": "abc"}

    first = editor.post(path, headers=headers)
    second = editor.post(path, headers=headers)
    other = editor.post(path, {"reason": "again"}, headers=headers)

    assert (first.status_code, second.status_code) == (201, 200)
    assert first.json()["run_id"] == second.json()["run_id"]
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")
    assert Run.objects.count() == 1


def test_a_disabled_task_is_not_run(editor, task):
    Task.objects.update(enabled=False)

    answer = editor.post(f"/tasks/{task.pk}/run")

    assert (answer.status_code, answer.json()["code"]) == (409, "run_not_possible")


@pytest.mark.parametrize("path", ["/tasks", "/schedules", "/freezes"])
def test_with_and_without_a_slash(editor, hello, path):
    assert editor.get(f"{path}/").json() == editor.get(path).json()

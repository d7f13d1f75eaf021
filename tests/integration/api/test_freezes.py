"""Freeze windows over HTTP, and running a task within one."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from apps.runs.api import freezes
from apps.runs.models import Alarm, Run
from apps.runs.services import schedules
from apps.tasks.models import FreezeWindow

pytestmark = pytest.mark.django_db

BODY = {"reason": "audit", "start": "2030-01-01T00:00:00Z", "end": "2030-02-01"}
DAY = timedelta(days=1)


@pytest.fixture
def freeze():
    """Make a freeze window that holds now."""

    def make(**scope):
        now = timezone.now()
        return FreezeWindow.objects.create(
            reason="audit", start=now - DAY, end=now + DAY, **scope
        )

    return make


def test_a_freeze_window_is_made_read_changed_and_deleted(editor, hello, settings):
    settings.TIME_ZONE = "Asia/Shanghai"
    answer = editor.post("/freezes", BODY | {"tag": "billing"})

    window, path = answer.json(), answer["Location"]
    assert answer.status_code == 201
    # Without an offset it is local time of the hub.
    assert (window["end"], window["tag"]) == ("2030-01-31T16:00:00Z", "billing")
    assert editor.get(path).json() == window
    changed = editor.patch(path, {"reason": "a longer audit", "tag": None}).json()
    assert (changed["reason"], changed["tag"]) == ("a longer audit", None)
    assert changed["start"] == window["start"]
    assert editor.delete(path).status_code == 204
    assert editor.get(path).status_code == 404


def test_what_a_change_leaves_out_stays_as_others_left_it(editor, monkeypatch):
    path = editor.post("/freezes", BODY)["Location"]
    check = freezes.check_freeze

    def meanwhile(*, window):
        FreezeWindow.objects.update(end="2031-01-01T00:00:00Z")
        check(window=window)

    monkeypatch.setattr(freezes, "check_freeze", meanwhile)
    assert editor.patch(path, {"reason": "longer"}).status_code == 200

    window = editor.get(path).json()
    assert (window["reason"], window["end"]) == ("longer", "2031-01-01T00:00:00Z")


def test_another_reason_leaves_the_alarms_alone(editor, schedule, monkeypatch):
    path = editor.post("/freezes", BODY)["Location"]

    def fail(*changes):
        raise AssertionError

    monkeypatch.setattr(schedules, "move_alarm", fail)
    assert editor.patch(path, {"reason": "longer"}).status_code == 200
    with pytest.raises(AssertionError):
        editor.patch(path, {"end": "2030-03-01"})


def test_freeze_windows_are_listed_the_newest_first(editor, task):
    ids = [editor.post("/freezes", BODY | {"task": task.pk}).json()["id"]]
    ids += [editor.post("/freezes", BODY).json()["id"] for _ in range(2)]

    first = editor.get("/freezes?limit=2").json()
    second = editor.get(first["next"]).json()

    found = [row["id"] for row in first["results"] + second["results"]]
    assert found == ids[::-1]
    assert second["results"][0]["task"] == task.pk
    assert editor.get("/freezes?after=x").status_code == 400


def test_a_freeze_window_moves_the_alarms(editor, schedule):
    before = Alarm.objects.get().rings_at
    now = timezone.now()
    body = {"reason": "audit", "start": now.isoformat(), "end": "2099-01-01T00:00Z"}

    path = editor.post("/freezes", body)["Location"]

    assert Alarm.objects.get().rings_at.year == 2099
    editor.delete(path)
    assert Alarm.objects.get().rings_at == before


@pytest.mark.parametrize("scope", ["all", "task", "tag"])
def test_within_a_freeze_window_a_run_takes_a_reason(editor, task, freeze, scope):
    task.tags = ["billing"]
    task.save()
    window = freeze(
        **{"task": {"task": task}, "tag": {"tag": "billing"}, "all": {}}[scope]
    )

    for path, body in runs_of(task):
        refused = editor.post(path, body)
        assert (refused.status_code, refused.json()["code"]) == (409, "frozen")
        message = refused.json()["message"]
        assert "audit" in message
        assert f"{window.end:%Y-%m-%d %H:%M}" in message
    assert not Run.objects.exists()


def test_with_a_reason_a_frozen_task_is_run_and_the_reason_is_kept(
    editor, task, freeze
):
    freeze()

    for path, body in runs_of(task):
        run = editor.post(path, body | {"reason": "the auditor asked"})
        assert (run.status_code, run.json()["note"]) == (201, "the auditor asked")
        shown = editor.get(f"/runs/runs/{run.json()['run_id']}").json()
        assert shown["note"] == "the auditor asked"


def test_a_tag_freezes_whatever_spaces_were_sent_around_it(editor, task, freeze):
    path = f"/tasks/{task.pk}"
    changed = editor.patch(path, {"tags": [" billing ", "billing", "b c"]})
    freeze(tag="billing")

    assert changed.json()["tags"] == ["billing", "b c"]
    assert editor.post(f"{path}/run").status_code == 409


@pytest.mark.parametrize("reason", ["", "  ", None])
def test_an_empty_reason_is_none(editor, task, freeze, reason):
    freeze()

    for path, body in runs_of(task):
        assert editor.post(path, body | {"reason": reason}).status_code == 409


def test_a_retry_of_a_frozen_task_takes_a_reason_too(editor, task, freeze, make_run):
    run = make_run(script=task.script, task=task, status="failed")
    freeze()
    path = f"/runs/runs/{run.pk}/retry"

    refused = editor.post(path)
    assert (refused.status_code, refused.json()["code"]) == (409, "frozen")
    retry = editor.post(path, {"reason": "the auditor asked"})
    assert (retry.status_code, retry.json()["note"]) == (201, "the auditor asked")
    assert retry.json()["retry_of"] == str(run.pk)
    assert editor.post(path, {"why": "x"}).json()["fields"].keys() == {"why"}


def test_a_retry_of_a_disabled_task_is_refused_as_a_run_is(editor, task, make_run):
    run = make_run(script=task.script, task=task, status="failed")
    editor.patch(f"/tasks/{task.pk}", {"enabled": False})

    answer = editor.post(f"/runs/runs/{run.pk}/retry", {"reason": "now"})

    assert answer.status_code == 409
    assert "greet is disabled" in answer.json()["message"]


def test_a_retry_of_a_run_without_a_task_is_never_frozen(editor, freeze, make_run):
    freeze()

    run = make_run(status="failed")
    assert editor.post(f"/runs/runs/{run.pk}/retry").status_code == 201


def test_a_freeze_window_of_something_else_does_not_matter(editor, task, freeze):
    freeze(tag="other")
    FreezeWindow.objects.create(
        reason="over", start=timezone.now() - DAY, end=timezone.now()
    )

    for path, body in runs_of(task):
        assert editor.post(path, body).status_code == 201


def test_a_script_without_a_task_is_never_frozen(editor, hello, freeze):
    freeze()

    assert editor.post("/runs/runs", {"script_name": "hello.py"}).status_code == 201


def runs_of(task):
    return [(f"/tasks/{task.pk}/run", {}), ("/runs/runs", {"task": task.name})]

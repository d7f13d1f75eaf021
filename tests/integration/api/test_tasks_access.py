"""Who may read, change and run tasks and schedules."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.auth.models import Group, Permission
from rest_framework.test import APIClient

from apps.accounts.services import create_token
from apps.runs.models import Run
from apps.tasks.models import FreezeWindow, Schedule, Task

pytestmark = pytest.mark.django_db

NEW = {"name": "new", "script_name": "hello.py"}
FREEZE = {"reason": "audit", "start": "2030-01-01", "end": "2030-02-01"}
READS = [
    ("get", "/tasks", None),
    ("get", "{task}", None),
    ("get", "{task}/ledger", None),
    ("get", "{task}/schedules", None),
    ("get", "{schedule}", None),
    ("get", "/schedules", None),
    ("get", "/freezes", None),
    ("get", "{freeze}", None),
    ("post", "/tasks/preview", {"cron": "@daily"}),
]
CHANGES = [
    ("post", "/tasks", NEW),
    ("patch", "{task}", {"notes": "x"}),
    ("post", "{task}/schedules", {"every_s": 60}),
    ("patch", "{schedule}", {"label": "x"}),
    ("post", "{schedule}/pause", {}),
    ("post", "{schedule}/resume", {}),
    ("post", "/schedules/pause", {}),
    ("post", "/schedules/resume", {}),
    ("post", "/freezes", FREEZE),
    ("patch", "{freeze}", {"reason": "x"}),
    ("delete", "{freeze}", None),
    ("delete", "{schedule}", None),
    ("delete", "{task}", None),
]
RUN = [("post", "{task}/run", {})]
# They run scripts later.
PLANS = [("post", "{task}/schedules", {"every_s": 60})]


@pytest.fixture
def call_each(task, address):
    """Call requests one after the other; the statuses that came back."""
    freeze = FreezeWindow.objects.create(
        reason="audit", start="2030-01-01T00:00Z", end="2030-02-01T00:00Z", tag="x"
    )
    places = {
        "task": f"/tasks/{task.pk}",
        "schedule": address,
        "freeze": f"/freezes/{freeze.pk}",
    }

    def call(client, requests):
        found = set()
        for method, path, body in requests:
            answer = getattr(client, method)(path.format(**places), body)
            found.add(answer.status_code)
        return found

    return call


def token_client(user, *scopes):
    _token, text = create_token(
        name="-".join(scopes), user=user, scopes=scopes, lifetime=timedelta(days=1)
    )
    return APIClient(headers={"authorization": f"Bearer {text}"})


@pytest.mark.parametrize(
    ("role", "run", "change"),
    [
        ("Viewer", {403}, {403}),
        ("Operator", {201}, {403}),
        ("Admin", {201}, {200, 201, 204}),
    ],
)
def test_what_each_role_may(api_as, call_each, role, run, change):
    client = api_as(role)

    assert call_each(client, READS) == {200}
    assert call_each(client, RUN) == run
    assert call_each(client, CHANGES) == change


def test_an_editor_may_all(editor, call_each):
    assert call_each(editor, READS) == {200}
    assert call_each(editor, RUN) == {201}
    assert call_each(editor, CHANGES) == {200, 201, 204}


def test_what_each_scope_of_a_token_opens(make_user, call_each):
    user = make_user("ann", "Editor")
    reader, runner, manager = (token_client(user, s) for s in ("read", "run", "manage"))

    assert call_each(reader, READS) == {200}
    assert call_each(reader, RUN + CHANGES) == {403}
    assert call_each(runner, READS + CHANGES) == {403}
    assert call_each(runner, RUN) == {201}
    assert call_each(manager, READS + RUN + PLANS) == {403}
    others = [change for change in CHANGES if change not in PLANS]
    assert call_each(manager, others) == {200, 201, 204}


def test_without_credentials_nothing_is_open(api, nearby, call_each):
    for client in (api, nearby):
        assert call_each(client, READS + RUN + CHANGES) == {401}
    assert not Run.objects.exists()
    assert Schedule.objects.exists()


def test_who_may_add_tasks_but_no_schedules_adds_none(make_user, hello):
    user = make_user("ann")
    may = Permission.objects.get(codename="add_task", content_type__app_label="tasks")
    user.user_permissions.add(may)
    client = APIClient()
    client.force_login(user)

    refused = client.post("/tasks", NEW | {"schedules": [{"cron": "@daily"}]})

    assert refused.status_code == 403
    assert client.post("/tasks", NEW).status_code == 201


def test_a_task_of_a_hidden_script_is_not_there(api_as, call_each, editor, hello):
    hello.groups.add(Group.objects.create(name="night shift"))
    own = [each for each in READS + RUN + CHANGES if "{task}" in each[1]]
    own += [each for each in READS + CHANGES if "{schedule}" in each[1]]

    assert call_each(editor, own) == {404}
    assert editor.get("/tasks").json()["results"] == []
    preview = editor.post("/tasks/preview", {"every_s": 60, "task": task_id()})
    assert list(preview.json()["fields"]) == ["task"]
    answer = editor.post("/tasks", NEW)
    assert list(answer.json()["fields"]) == ["script_name"]


def test_a_freeze_of_a_hidden_task_is_not_there(editor, call_each, hello):
    FreezeWindow.objects.update(tag="", task=task_id())
    assert call_each(editor, [("get", "{freeze}", None)]) == {200}
    hello.groups.add(Group.objects.create(name="night shift"))

    assert editor.get("/freezes").json()["results"] == []
    assert call_each(editor, [("get", "{freeze}", None)]) == {404}
    answer = editor.post("/freezes", FREEZE | {"task": task_id()})
    assert list(answer.json()["fields"]) == ["task"]


def test_a_task_is_not_moved_to_a_hidden_script(editor, task, closed):
    closed.groups.add(Group.objects.create(name="night shift"))

    answer = editor.patch(f"/tasks/{task.pk}", {"script_name": "closed.sh"})

    assert list(answer.json()["fields"]) == ["script_name"]


def task_id():
    return Task.objects.values_list("pk", flat=True).get(name="greet")


def test_who_may_not_run_scripts_may_not_have_them_run_either(make_user, task, address):
    planner = token_client(make_user("ann", "Editor"), "manage", "read")
    planned = {**NEW, "schedules": [{"every_s": 60}]}

    for verb, path, body in [
        ("post", "/tasks", planned),
        ("post", f"/tasks/{task.pk}/schedules", {"every_s": 60}),
        ("patch", address, {"cron": "@daily"}),
        ("patch", f"/tasks/{task.pk}", {"parameters": {"name": "them"}}),
    ]:
        answer = getattr(planner, verb)(path, body)
        assert answer.status_code == 403, path
        assert '"run"' in answer.json()["message"]
    assert planner.patch(address, {"enabled": False}).status_code == 200
    assert planner.patch(address, {"label": "still"}).status_code == 200
    assert planner.post("/tasks", NEW).status_code == 201

"""A schedule's parameters as fields, over those of its task."""

from __future__ import annotations

import json

import pytest
from django.urls import reverse

from apps.runs import services
from apps.tasks.models import Schedule, Task
from tests.integration.planning.conftest import NIGHTLY, text_of
from tests.integration.runs.run_form import EVERYTHING, fields, tag
from tests.integration.secrets.conftest import DOTS, MARK, PASSWORD, VAULT

pytestmark = pytest.mark.django_db

URL = "https://a.test/"
OF_TASK = {"url": URL, "limit": 7, "force": True, "format": "yaml", "tag": ["a", "b"]}
REMOTE = """#!/usr/bin/env python3
import argparse

p = argparse.ArgumentParser()
commands = p.add_subparsers(dest="command", required=True)
add = commands.add_parser("add")
add.add_argument("--name", required=True)
add.add_argument("--depth", type=int)
commands.add_parser("list")
p.parse_args()
"""


@pytest.fixture
def task(add_script):
    everything = add_script("everything.py", EVERYTHING)
    return Task.objects.create(name="t", script=everything, parameters=OF_TASK)


@pytest.fixture
def send_fields(send, task):
    """Send the form of a new schedule with its fields."""

    def sent(*where, of=task, **values):
        form = {"task": of.pk, "cron": NIGHTLY, "parameters_as": "fields"}
        form["parameters_of"] = of.script_id
        return send(*where, **form | values)

    return sent


def stored():
    return Schedule.objects.get().parameters


def opened(client, task):
    url = reverse("admin:tasks_schedule_add")
    return client.get(f"{url}?task={task.pk}").content.decode()


def test_the_tasks_values_stand_behind_the_fields(admin_client, task):
    page = opened(admin_client, task)

    assert 'placeholder="7"' in tag(page, "limit")
    assert "value=" not in tag(page, "limit").replace('max="', "")
    assert "Left empty: 7, from the task" in page
    assert "Left empty: a, b, from the task" in page
    assert "as the task has it (yaml)" in page
    # A tick alone could not turn it off.
    assert "as the task has it (yes)" in page


def test_what_is_left_empty_is_the_tasks(send_fields):
    assert send_fields().status_code == 302

    assert stored() == {}


def test_what_is_filled_in_stands_in_its_place(send_fields):
    assert send_fields(**fields(limit="9", force="false")).status_code == 302

    assert stored() == {"limit": 9, "force": False}
    assert Schedule.objects.get().parameters_of_run() == OF_TASK | stored()


def test_mistakes_stand_at_their_fields(send_fields):
    answer = send_fields(**fields(limit="99", mail="x"))

    errors = answer.context["panel"].form.errors
    assert errors.keys() == {"parameter-limit", "parameter-mail"}
    assert not Schedule.objects.exists()


def test_what_excludes_what_the_task_gives_is_refused_at_its_field(send_fields, task):
    task.parameters = {**OF_TASK, "all": True}
    task.save()

    answer = send_fields(**fields(only="x"))

    assert answer.status_code == 200
    assert "parameter-only" in answer.context["panel"].form.errors


def test_what_belongs_to_the_tasks_command_needs_no_command(
    send_fields, add_script, admin_client
):
    remote = add_script("remote.py", REMOTE)
    given = {"command": "add", "name": "x"}
    task = Task.objects.create(name="r", script=remote, parameters=given)

    assert send_fields(of=task, **fields(depth="3")).status_code == 302
    assert stored() == {"depth": 3}


def test_a_new_schedule_asks_for_its_task_first(page):
    assert "Choose the task, and the fields" in page("tasks_schedule_add")


def test_a_secret_of_its_own_stays_and_goes_back_to_the_tasks(send_fields, add_script):
    vault = add_script("vault.sh", VAULT)
    task = services.save_task(
        task=Task(name="v", script=vault, parameters={"password": PASSWORD})
    )
    send_fields(of=task, **fields(password="its own one"))
    assert stored() == {"password": MARK}
    change = ("admin:tasks_schedule_change", [Schedule.objects.get().pk])

    send_fields(*change, of=task, kept=[json.dumps({"password": DOTS})], label="x")
    assert stored() == {"password": MARK}

    send_fields(*change, of=task)
    assert stored() == {}


def test_the_panel_of_a_schedule_is_there_for_who_may_plan(
    admin_client, client, make_user, task
):
    url = reverse("admin:tasks_schedule_parameters")
    form = {"task": task.pk, "parameters_as": "fields", "_parameters_as": "fields"}

    assert "from the task" in text_of(admin_client.post(url, form))
    client.force_login(make_user("ann", "Viewer", is_staff=True))
    assert client.post(url, form).status_code == 403

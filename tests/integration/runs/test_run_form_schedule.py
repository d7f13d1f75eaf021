"""The run form's button "Schedule…": on to a task with its values, then to its schedule."""

from __future__ import annotations

import json
from urllib.parse import parse_qs, urlsplit

import pytest
from django.urls import reverse

from apps.runs.models import Run
from apps.tasks.models import Task
from tests.integration.runs.run_form import EVERYTHING, address, fields, text_of

pytestmark = pytest.mark.django_db
URL = "https://x.example/"


@pytest.fixture
def everything(add_script):
    return add_script("everything.py", EVERYTHING)


def pressed(client, script, **typed):
    return client.post(address(script), {**fields(**typed), "_schedule": ""})


def test_what_is_filled_in_goes_into_a_new_task(admin_client, everything):
    answer = pressed(admin_client, everything, limit="7", url=URL)

    url = urlsplit(answer.url)
    query = parse_qs(url.query)
    assert url.path == reverse("admin:tasks_task_add")
    assert json.loads(query["parameters"][0]) == {"limit": 7, "url": URL}
    assert query["script"] == [str(everything.pk)]
    assert not Run.objects.exists()


def test_the_task_s_page_goes_on_to_its_schedule(admin_client, everything):
    where = pressed(admin_client, everything, limit="7", url=URL).url
    shown = admin_client.get(where).content.decode()
    form = {"name": "weekly", "script": everything.pk, "enabled": "on", "priority": 0}
    values = {"parameters": json.dumps({"limit": 7, "url": URL})}

    answer = admin_client.post(where, form | values | {"_schedule": ""})

    assert "the next page asks when it is to run" in shown
    assert 'class="default" name="_schedule"' in shown
    task = Task.objects.get()
    assert task.parameters == {"limit": 7, "url": URL}
    assert answer.url == f"{reverse('admin:tasks_schedule_add')}?task={task.pk}"


def test_what_is_wrong_is_told_before(admin_client, everything):
    answer = pressed(admin_client, everything, limit="many")

    assert answer.status_code == 200
    assert "This is not right yet" in text_of(answer)


def test_what_is_too_long_for_it_is_told(admin_client, everything):
    answer = pressed(admin_client, everything, url=URL, text="x" * 4000)

    assert "There is more here than a link can hold." in text_of(answer)


def test_who_may_not_plan_has_no_such_button(client, make_user, everything):
    client.force_login(make_user("ann", "Operator", is_staff=True))

    assert 'name="_schedule"' not in client.get(address(everything)).content.decode()
    assert pressed(client, everything, url=URL).status_code == 403


def test_who_may_plan_has_it(client, make_user, everything):
    client.force_login(make_user("ann", "Editor", is_staff=True))

    assert 'name="_schedule"' in client.get(address(everything)).content.decode()

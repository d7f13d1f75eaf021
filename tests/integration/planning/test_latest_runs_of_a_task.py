"""The strip of a task's latest runs on its page."""

from __future__ import annotations

import re

import pytest
from django.urls import reverse

from apps.tasks.models import Task
from tests.integration.planning.conftest import permission

pytestmark = pytest.mark.django_db


@pytest.fixture
def ran(make_run, task):
    """Make runs of the task that ended so."""

    def ran(*statuses):
        return [
            make_run(script=task.script, task=task, status=status)
            for status in statuses
        ]

    return ran


def strip(client, task):
    url = reverse("admin:tasks_task_change", args=[task.pk])
    return re.findall(
        r'hub-mark-(\w+)" href="([^"]+)"', client.get(url).content.decode()
    )


def test_each_of_the_latest_runs_is_a_mark_that_leads_to_it(admin_client, task, ran):
    runs = ran("failed", "completed", "cancelled")

    links = [reverse("admin:runs_run_change", args=[run.pk]) for run in runs]
    statuses = ["failed", "completed", "cancelled"]
    assert strip(admin_client, task) == list(zip(statuses, links, strict=True))


def test_no_more_than_twenty_stand_there(admin_client, task, ran):
    ran(*["completed"] * 22)

    assert len(strip(admin_client, task)) == 20


def test_how_many_completed_is_said(page, task, ran):
    ran("completed", "completed", "completed", "failed", "cancelled")

    assert "75 % 3 of 4 completed" in page("tasks_task_change", task.pk)


def test_those_of_another_task_are_left_out(page, task, ran):
    other = Task.objects.create(name="other", script=task.script)
    ran("completed")

    assert "It has not run yet." in page("tasks_task_change", other.pk)


def test_who_may_not_see_runs_sees_none(client, make_user, task, ran):
    ran("completed")
    ann = make_user("ann", is_staff=True)
    ann.user_permissions.add(permission("view_task"))
    client.force_login(ann)

    assert strip(client, task) == []


def test_saving_leads_on_to_a_schedule(admin_client, hello):
    form = {"name": "new", "script": hello.pk, "priority": 0, "parameters": "{}"}

    answer = admin_client.post(
        reverse("admin:tasks_task_add"), form | {"_schedule": ""}
    )

    task = Task.objects.get()
    assert answer.url == f"{reverse('admin:tasks_schedule_add')}?task={task.pk}"

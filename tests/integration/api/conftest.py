"""Callers and tasks for the tests of the API."""

from __future__ import annotations

import pytest

from apps.tasks.models import Task


@pytest.fixture
def editor(api_as):
    return api_as("Editor")


@pytest.fixture
def task(hello):
    return Task.objects.create(name="greet", script=hello, parameters={"name": "you"})


@pytest.fixture
def schedule(editor, task):
    """A daily schedule, as the API made it."""
    body = {"cron": "30 2 * * *", "label": "nightly", "timezone": "Asia/Shanghai"}
    return editor.post(f"/tasks/{task.pk}/schedules", body).json()


@pytest.fixture
def address(task, schedule):
    return f"/tasks/{task.pk}/schedules/{schedule['id']}"

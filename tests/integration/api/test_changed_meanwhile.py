"""Somebody else's change in the same moment: a clear answer, never a 500."""

from __future__ import annotations

import pytest
from django.db.models.signals import pre_save

from apps.tasks.models import Schedule, Task

pytestmark = pytest.mark.django_db


@pytest.fixture
def just_before():
    """Do something between the check of a row and its being written."""
    connected = []

    def connect(sender, act):
        def receiver(instance, **kwargs):
            pre_save.disconnect(receiver, sender=sender)
            act(instance)

        pre_save.connect(receiver, sender=sender, weak=False)
        connected.append((receiver, sender))

    yield connect
    for receiver, sender in connected:
        pre_save.disconnect(receiver, sender=sender)


def clash(answer):
    return (answer.status_code, answer.json()["code"]) == (409, "changed_meanwhile")


def test_another_task_takes_the_name(editor, hello, just_before):
    just_before(Task, lambda task: Task.objects.bulk_create([copy(task, Task)]))

    assert clash(editor.post("/tasks", {"name": "new", "script_name": "hello.py"}))


def test_another_task_takes_the_new_name(editor, task, hello, just_before):
    just_before(Task, lambda task: Task.objects.bulk_create([copy(task, Task)]))

    assert clash(editor.patch(f"/tasks/{task.pk}", {"name": "new"}))
    assert editor.get(f"/tasks/{task.pk}").json()["name"] == "greet"


def test_another_schedule_takes_the_label(editor, task, just_before):
    just_before(
        Schedule, lambda own: Schedule.objects.bulk_create([copy(own, Schedule)])
    )
    body = {"cron": "@daily", "label": "night"}

    assert clash(editor.post(f"/tasks/{task.pk}/schedules", body))
    assert not Schedule.objects.exists()


def copy(row, model):
    values = {field.attname: getattr(row, field.attname) for field in row._meta.fields}
    return model(**values | {"id": None})

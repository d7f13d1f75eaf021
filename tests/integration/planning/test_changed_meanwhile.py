"""Somebody else's change while a form is saved: a sentence, never a broken page."""

from __future__ import annotations

import pytest
from django.contrib.messages import get_messages
from django.urls import reverse

from apps.runs import services
from apps.runs.admin.freezes import FreezeWindowAdmin
from apps.runs.admin.schedules import ScheduleAdmin
from apps.runs.admin.tasks import RunnableTaskAdmin
from apps.tasks.models import FreezeWindow, Schedule
from tests.integration.planning.conftest import NIGHTLY

pytestmark = pytest.mark.django_db


@pytest.fixture
def meanwhile(monkeypatch):
    """Do something each time between the check of a form and its being saved."""

    def connect(page, act):
        honest = page.save_model

        def save(self, request, obj, form, change):
            act(obj)
            honest(self, request, obj, form, change)

        monkeypatch.setattr(page, "save_model", save)

    return connect


def delete(obj):
    type(obj).objects.filter(pk=obj.pk).delete()


def says(answer):
    return [str(message) for message in get_messages(answer.wsgi_request)]


def test_a_label_that_another_form_takes(send, task, meanwhile):
    twin = {"task": task, "label": "night", "timezone": "UTC", "cron": NIGHTLY}
    meanwhile(
        ScheduleAdmin, lambda obj: Schedule.objects.bulk_create([Schedule(**twin)])
    )

    answer = send(cron=NIGHTLY, label="night")

    assert answer.status_code == 302
    assert says(answer) == [
        "Somebody else changed it in the same moment; read it and try again."
    ]


def test_a_schedule_that_was_deleted(send, plan, meanwhile):
    schedule = plan()
    meanwhile(ScheduleAdmin, delete)

    answer = send("admin:tasks_schedule_change", [schedule.pk], cron=NIGHTLY)

    assert answer.status_code == 302
    gone = f"Schedule {schedule.pk} is gone; somebody has deleted it."
    assert says(answer) == [gone]


def test_a_freeze_window_that_was_deleted_stays_so(admin_client, meanwhile):
    days = {"start": "2130-01-01", "end": "2130-01-02"}
    window = FreezeWindow.objects.create(
        reason="sale", start="2130-01-01T00:00Z", end="2130-01-02T00:00Z"
    )
    meanwhile(FreezeWindowAdmin, delete)
    url = reverse("admin:tasks_freezewindow_change", args=[window.pk])

    answer = admin_client.post(url, {"reason": "sale", **days})

    gone = f"Freeze window {window.pk} is gone; somebody has deleted it."
    assert says(answer) == [gone]


def test_a_task_that_was_deleted_stays_so(admin_client, task, meanwhile):
    meanwhile(RunnableTaskAdmin, delete)
    url = reverse("admin:tasks_task_change", args=[task.pk])
    form = {"name": "greet", "script": task.script_id, "priority": 0}

    answer = admin_client.post(url, form | {"parameters": '{"name": "you"}'})

    assert says(answer) == [f"Task {task.pk} is gone; somebody has deleted it."]


def test_a_schedule_that_was_deleted_is_not_disabled(send, plan, monkeypatch):
    schedule = plan()
    honest = services.save_schedule

    def save(*, schedule):
        delete(schedule)
        return honest(schedule=schedule)

    monkeypatch.setattr(services, "save_schedule", save)

    answer = send("admin:tasks_schedule_switch", [schedule.pk], disable="1")

    assert "Not disabled: greet, night. Schedule" in says(answer)[0]

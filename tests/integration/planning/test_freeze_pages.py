"""Freeze windows in the console."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from apps.runs import services
from apps.runs.models import Alarm
from apps.tasks.models import FreezeWindow
from tests.integration.planning.conftest import errors

pytestmark = pytest.mark.django_db

GOOD = {"reason": "the sale", "start": "2130-01-01 00:00", "end": "2130-01-02"}
WRONG = [
    ({"reason": ""}, "reason", "This field is required."),
    ({"reason": "x" * 201}, "reason", "at most 200 characters"),
    ({"start": "soon"}, "start", "soon is not a date and time"),
    ({"end": ""}, "end", "This field is required."),
    ({"end": "2129-12-31"}, "end", "The end must come after the start."),
    ({"tag": "x" * 41}, "tag", "at most 40 characters"),
    ({"task": "999"}, "task", "Select a valid choice"),
]


@pytest.fixture
def save(admin_client):
    """Send the form of a new freeze window."""

    def save(**changes):
        url = reverse("admin:tasks_freezewindow_add")
        return admin_client.post(url, GOOD | changes)

    return save


def test_a_window_is_typed_in_the_hubs_zone(save, settings):
    settings.TIME_ZONE = "Asia/Shanghai"

    assert save(tag="billing").status_code == 302

    window = FreezeWindow.objects.get()
    assert window.start == datetime(2129, 12, 31, 16, tzinfo=UTC)
    assert (window.reason, window.tag) == ("the sale", "billing")


@pytest.mark.parametrize(("typed", "field", "sentence"), WRONG)
def test_what_cannot_be_is_said_at_its_field(save, typed, field, sentence):
    found = errors(save(**typed))

    assert sentence in found[field][0]
    assert not FreezeWindow.objects.exists()


def test_it_is_about_a_task_or_a_tag(save, task):
    found = errors(save(task=task.pk, tag="billing"))

    assert found == {"tag": ["Say either a task or a tag, or neither."]}


def test_a_saved_window_can_be_saved_again(admin_client, save):
    save()
    before = FreezeWindow.objects.values().get()
    url = reverse("admin:tasks_freezewindow_change", args=[before["id"]])
    form = admin_client.get(url).context["adminform"].form

    typed = {name: form[name].value() or "" for name in form.fields}
    assert admin_client.post(url, typed).status_code == 302

    assert FreezeWindow.objects.values().get() == before


def test_the_list_says_for_whom_and_whether_it_holds(page, task):
    now = timezone.now()
    hour = timedelta(hours=1)
    make = FreezeWindow.objects.create
    make(reason="a", start=now - hour, end=now + hour, task=task)
    make(reason="b", start=now + hour, end=now + 2 * hour, tag="billing")
    make(reason="c", start=now - 2 * hour, end=now - hour)

    text = page("tasks_freezewindow_changelist")

    assert "a greet" in text
    assert "holds now" in text
    assert "b tasks that bear billing" in text
    assert "c all tasks" in text


@pytest.mark.parametrize("many", [False, True])
def test_alarms_follow_a_window_that_is_saved_and_deleted(
    admin_client, save, plan, many
):
    schedule = plan(every_s=3600)
    usual = Alarm.objects.get(pk=schedule.pk).rings_at
    now = timezone.now()
    save(start=f"{now:%Y-%m-%d %H:%M}", end=f"{now + timedelta(days=2):%Y-%m-%d %H:%M}")
    assert Alarm.objects.get(pk=schedule.pk).rings_at > usual

    window = FreezeWindow.objects.get()
    url = reverse("admin:tasks_freezewindow_delete", args=[window.pk])
    form = {"post": "yes"}
    if many:
        url = reverse("admin:tasks_freezewindow_changelist")
        form |= {"action": "delete_selected", "_selected_action": [window.pk]}
    admin_client.post(url, form)

    assert Alarm.objects.get(pk=schedule.pk).rings_at == usual
    assert services.fire(schedule_id=schedule.pk) == 0

"""What a form adds that is sent twice: one thing, to which both lead."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.apps import apps
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User
from django.db import connection, transaction
from django.urls import reverse
from django.utils import timezone

from apps.core.added_once import KEPT
from apps.tasks.models import FreezeWindow, Schedule, Task
from tests.integration.runs.meanwhile import in_a_thread
from tests.integration.runs.run_form import token

pytestmark = pytest.mark.django_db

PASSWORD = "a long password"
# What is typed into each form of the console that adds something.
FORMS = {
    "tasks.task": {"name": "second", "priority": "0", "retries": "0"},
    "tasks.schedule": {"cron": "30 2 * * *", "timezone": "UTC", "jitter_s": "0"},
    "tasks.freezewindow": {
        "reason": "sale",
        "start": "2130-01-01",
        "end": "2130-02-01",
    },
    "tasks.concurrencygroup": {"name": "one-at-a-time", "max_running": "1"},
    "auth.user": {"username": "bob", "password1": PASSWORD, "password2": PASSWORD},
    "auth.group": {"name": "Auditor"},
    "accounts.token": {"name": "ci", "scopes": ["read"], "days": "9"},
}
MORE = {
    "tasks.task": {"retry_wait_s": "60", "parameters": "{}"},
    "tasks.schedule": {"missed": "latest", "overlap": "skip", "parameters": "{}"},
    "auth.user": {"usable_password": "true"},
}


@pytest.fixture
def form(admin_client, admin_user, hello):
    """The form that adds something of a kind, as its page has it, filled in."""
    task = Task.objects.create(name="greet", script=hello)
    rows = {
        "tasks.task": {"script": hello.pk},
        "tasks.schedule": {"task": task.pk, "enabled": "on"},
        "accounts.token": {"user": admin_user.pk},
    }

    def fill(kind):
        page = admin_client.get(address(kind))
        typed = FORMS[kind] | MORE.get(kind, {}) | rows.get(kind, {})
        return typed | {"once": token(page), "_save": "Save"}

    return fill


def address(kind, page="add"):
    return reverse(f"admin:{kind.replace('.', '_')}_{page}")


def said(answer):
    return [str(message) for message in answer.context["messages"]]


@pytest.mark.parametrize("kind", FORMS)
def test_a_form_that_is_sent_twice_adds_one(admin_client, form, kind):
    sent, there = form(kind), apps.get_model(kind).objects.count()

    first = admin_client.post(address(kind), sent)
    second = admin_client.post(address(kind), sent)

    assert (first.status_code, second.status_code) == (302, 302)
    assert first["Location"] == second["Location"]
    assert apps.get_model(kind).objects.count() == there + 1
    text = admin_client.get(address(kind, "changelist")).content.decode()
    assert "That form was sent twice, and" in text


def test_both_buttons_of_a_task_lead_on_to_its_schedule(admin_client, form):
    sent = form("tasks.task") | {"_schedule": "1"}
    ways = [
        admin_client.post(address("tasks.task"), sent)["Location"] for _ in range(2)
    ]
    task = Task.objects.get(name="second")
    assert ways == [f"{reverse('admin:tasks_schedule_add')}?task={task.pk}"] * 2


def test_what_was_changed_in_between_is_added_too(admin_client, form):
    sent = form("tasks.schedule")
    for cron in ("30 2 * * *", "30 3 * * *"):
        admin_client.post(address("tasks.schedule"), sent | {"cron": cron})
    assert Schedule.objects.count() == 2


def test_a_form_that_was_wrong_is_saved_when_it_is_right(admin_client, form):
    sent = form("tasks.freezewindow")
    admin_client.post(address("tasks.freezewindow"), sent | {"reason": ""})
    admin_client.post(address("tasks.freezewindow"), sent)
    assert FreezeWindow.objects.count() == 1


def test_two_people_add_one_each(admin_client, client, form):
    client.force_login(User.objects.create_superuser("eve"))
    for each in (admin_client, client):
        each.post(address("tasks.freezewindow"), form("tasks.freezewindow"))
    assert FreezeWindow.objects.count() == 2


def test_the_same_form_a_day_later_is_meant_anew(admin_client, form):
    sent = form("tasks.freezewindow")
    admin_client.post(address("tasks.freezewindow"), sent)
    LogEntry.objects.update(action_time=timezone.now() - KEPT - timedelta(hours=1))
    admin_client.post(address("tasks.freezewindow"), sent)
    assert FreezeWindow.objects.count() == 2


@pytest.mark.skipif(
    connection.vendor != "postgresql", reason="SQLite has one writer at a time"
)
@pytest.mark.django_db(transaction=True)
def test_who_clicks_while_it_is_saved_waits_for_that(admin_client, form):
    sent = form("tasks.freezewindow")
    with transaction.atomic():
        admin_client.post(address("tasks.freezewindow"), sent)
        other = in_a_thread(
            lambda: admin_client.post(address("tasks.freezewindow"), sent)
        )
    other.join()
    assert FreezeWindow.objects.count() == 1


def test_what_is_gone_by_then_is_not_added_again(admin_client, form):
    sent = form("tasks.freezewindow")
    admin_client.post(address("tasks.freezewindow"), sent)
    FreezeWindow.objects.all().delete()

    answer = admin_client.post(address("tasks.freezewindow"), sent, follow=True)

    assert not FreezeWindow.objects.exists()
    assert "what it added is not there any more" in " ".join(said(answer))


def test_who_may_not_add_any_more_is_told_nothing(client, make_user, form):
    ann = make_user("ann", "Editor", is_staff=True)
    client.force_login(ann)
    sent = form("tasks.freezewindow")
    client.post(address("tasks.freezewindow"), sent)
    ann.groups.clear()
    assert client.post(address("tasks.freezewindow"), sent).status_code == 403


def test_the_history_says_that_it_was_added_and_no_more(admin_client, form):
    admin_client.post(address("tasks.task"), form("tasks.task"))
    entry = LogEntry.objects.get()
    assert entry.get_change_message() == "Added."
    assert PASSWORD not in entry.change_message

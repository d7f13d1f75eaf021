"""How many runs go on at once, and what becomes of a failed one: as typed by people."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import Permission
from django.urls import reverse

from apps.tasks.models import ConcurrencyGroup, Task

pytestmark = pytest.mark.django_db

WRONG = [
    ("retries", "11", "The retries go from 0 to 10."),
    ("retries", "-1", "greater than or equal to 0"),
    ("retry_wait_s", "-1", "The wait before a retry goes from 0 to 3600 seconds."),
    ("retry_wait_s", "3601", "The wait before a retry goes from 0 to 3600 seconds."),
    ("retry_wait_s", "nan", "Enter a number."),
    ("start_within_s", "0", "A run may wait for more than 0 seconds"),
    ("start_within_s", "1e300", "up to 366 days"),
    ("group", "The Database", "lower-case letters"),
    ("group", "a b", "lower-case letters"),
]


@pytest.fixture
def send(admin_client, hello):
    """Send the form of a new task."""
    form = {"name": "greet", "script": hello.pk, "priority": 0, "parameters": "{}"}

    def send(**changes):
        return admin_client.post(reverse("admin:tasks_task_add"), form | changes)

    return send


@pytest.fixture
def send_group(admin_client):
    """Send the form of a new group."""

    def send(**form):
        url = reverse("admin:tasks_concurrencygroup_add")
        return admin_client.post(url, form, follow=True).content.decode()

    return send


def test_a_task_says_what_becomes_of_its_runs(send):
    send(group="db", start_within_s="60", retries="3", retry_wait_s="0", idempotent=1)

    task = Task.objects.get()
    assert (task.group, task.start_within_s) == ("db", 60)
    assert (task.retries, task.retry_wait_s, task.idempotent) == (3, 0, True)


@pytest.mark.parametrize("typed", [{}, {"retries": "", "retry_wait_s": ""}])
def test_what_is_left_empty_has_its_default(send, typed):
    assert send(**typed).status_code == 302

    task = Task.objects.get()
    assert (task.retries, task.retry_wait_s, task.idempotent) == (0, 30, False)
    assert (task.group, task.start_within_s) == ("", None)


@pytest.mark.parametrize(("field", "value", "sentence"), WRONG)
def test_a_policy_that_cannot_be_is_refused_in_a_sentence(send, field, value, sentence):
    text = send(**{field: value}).content.decode()

    assert sentence in text
    assert "Constraint" not in text
    assert not Task.objects.exists()


def test_a_group_gets_a_size(send_group):
    assert "was added successfully" in send_group(name="db", max_running="3")

    assert ConcurrencyGroup.objects.get().max_running == 3


@pytest.mark.parametrize("size", ["0", "1001"])
def test_a_groups_size_has_bounds(send_group, size):
    assert "A group has 1 to 1000 runs at once." in send_group(
        name="db", max_running=size
    )


def test_editors_size_groups_and_viewers_see_them():
    found = Permission.objects.filter(content_type__model="concurrencygroup")
    verbs = {
        role: {
            codename.partition("_")[0]
            for codename in found.filter(group__name=role).values_list(
                "codename", flat=True
            )
        }
        for role in ("Viewer", "Editor")
    }

    assert verbs == {
        "Viewer": {"view"},
        "Editor": {"view", "add", "change", "delete"},
    }

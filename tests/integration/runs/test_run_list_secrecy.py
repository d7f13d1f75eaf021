"""What the list of runs keeps to itself: names of what its reader may not know."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import Group, Permission
from django.test import Client

from apps.runs.models import Run
from apps.tasks.models import Schedule, Task
from tests.integration.runs.test_run_list import LIST, page

pytestmark = pytest.mark.django_db


@pytest.fixture
def hidden(closed):
    """A schedule of a task of a script that is limited to others."""
    closed.groups.add(Group.objects.create(name="night shift"))
    task = Task.objects.create(name="midnight deal", script=closed)
    return Schedule.objects.create(task=task, every_s=60, label="each full moon")


@pytest.fixture
def vera(make_user) -> Client:
    client = Client()
    client.force_login(make_user("vera", "Viewer", is_staff=True))
    return client


def test_no_name_of_what_is_hidden_is_offered_or_told(vera, make_run, hidden):
    make_run()
    task = hidden.task
    queries = [
        "",
        f"?schedule={hidden.pk}",
        f"?script__id__exact={task.script_id}",
        f"?task__id__exact={task.pk}",
        f"?schedule__id__exact={hidden.pk}",
    ]
    for query in queries:
        text = page(vera, query)[1]
        for name in ("midnight deal", "each full moon", "closed.sh"):
            assert name not in text, query


@pytest.mark.parametrize("text", ["midnight", "closed"])
def test_a_search_does_not_tell_that_a_hidden_name_is_there(
    vera, make_run, hidden, text
):
    make_run()
    found, shown = page(vera, f"?q={text}")
    assert found.filters.named is None
    assert "in its name" not in shown


def test_a_schedule_is_a_link_for_who_may_open_it(
    make_user, admin_client, make_run, hello
):
    task = Task.objects.create(name="greet", script=hello)
    schedule = Schedule.objects.create(task=task, every_s=60, label="often")
    make_run(task=task, schedule=schedule)
    user = make_user("ann", is_staff=True)
    user.user_permissions.add(Permission.objects.get(codename="view_run"))
    client = Client()
    client.force_login(user)

    address = f"/admin/tasks/schedule/{schedule.pk}/change/"
    assert address in page(admin_client)[1]
    text = page(client)[1]
    assert address not in text
    assert "often" in text


def test_what_has_no_script_any_more_is_not_offered_to_be_run(admin_client, make_run):
    run = make_run(status="failed")
    Run.objects.filter(pk=run.pk).update(script=None)

    assert [row.may_run_again for row in page(admin_client)[0].rows] == [False]


def test_a_run_that_is_asked_to_stop_is_not_asked_again(admin_client, make_run):
    run = make_run(status="running")
    assert [row.may_cancel for row in page(admin_client)[0].rows] == [True]
    admin_client.post(LIST, {"only": f"cancel_selected:{run.pk}"})
    assert [row.may_cancel for row in page(admin_client)[0].rows] == [False]


def test_cancel_in_a_row_is_for_who_may(vera, make_run):
    for status in ("queued", "running"):
        make_run(status=status)

    found, text = page(vera)

    assert [row.may_cancel for row in found.rows] == [False, False]
    assert "cancel_selected" not in text


def test_whoever_asked_for_what_is_hidden_is_not_offered(vera, make_run, hidden):
    make_run(requested_by_name="ann")
    make_run(script=hidden.task.script, requested_by_name="the night porter")

    found, text = page(vera)

    (people,) = [one.options for one in found.choosers() if one.name == "who"]
    assert people == [("ann", "ann"), ("vera", "vera")]
    assert "night porter" not in text

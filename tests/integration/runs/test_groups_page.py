"""The list of concurrency groups: who holds their places, and who waits."""

from __future__ import annotations

import pytest
from django.urls import reverse

from apps.runs.admin import groups
from apps.runs.models import RunStatus
from apps.tasks.models import ConcurrencyGroup, Task
from tests.integration.planning.conftest import text_of

pytestmark = pytest.mark.django_db

LIST = "admin:tasks_concurrencygroup_changelist"


@pytest.fixture
def db_group(db):
    return ConcurrencyGroup.objects.create(name="db", max_running=2)


def test_it_says_what_goes_on_and_how_many_wait(admin_client, db_group, make_run):
    run = make_run(status=RunStatus.RUNNING, group="db")
    for _run in range(3):
        make_run(group="db")
    make_run(group="other")

    answer = admin_client.get(reverse(LIST))

    assert reverse("admin:runs_run_change", args=[run.pk]) in answer.content.decode()
    assert "db 2 hello.py since" in text_of(answer)
    assert '"field-waiting">3<' in answer.content.decode()


def test_of_very_many_waiting_it_is_said_that_they_are_more(
    admin_client, db_group, make_run, monkeypatch
):
    monkeypatch.setattr(groups, "MOST_LOOKED_AT", 2)
    for _run in range(4):
        make_run(group="db")

    assert '"field-waiting">3+<' in admin_client.get(reverse(LIST)).content.decode()


def test_a_run_that_may_not_be_seen_is_not_named(
    client, make_user, db_group, make_run, closed
):
    closed.groups.create(name="night shift")
    make_run(status=RunStatus.RUNNING, group="db", script=closed)
    client.force_login(make_user("ann", "Viewer", is_staff=True))

    text = text_of(client.get(reverse(LIST)))

    assert "a run that you may not see" in text
    assert "closed.sh" not in text


def test_groups_without_a_size_are_named_with_a_way_to_give_one(admin_client, hello):
    Task.objects.create(name="a", script=hello, group="mail")

    text = admin_client.get(reverse(LIST)).content.decode()

    assert "one run goes on at a time:" in text
    assert f'href="{reverse("admin:tasks_concurrencygroup_add")}?name=mail"' in text

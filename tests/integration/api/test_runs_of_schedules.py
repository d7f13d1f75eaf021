"""Runs say which schedule they are of, and are found by it."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from django.contrib.auth.models import Group

from apps.tasks.models import Schedule

pytestmark = pytest.mark.django_db

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


@pytest.fixture
def nightly(task):
    return Schedule.objects.create(task=task, cron="30 2 * * *", timezone="UTC")


@pytest.fixture
def made(make_run, task, nightly):
    """Three runs of the schedule, and one of none."""
    about = {"task": task, "schedule": nightly, "scheduled_for": NOON}
    make_run(task=task)
    return [
        str(make_run(**about, status=status).pk)
        for status in ("completed", "failed", "queued")
    ]


def ids(client, query):
    return [
        run["run_id"] for run in client.get(f"/runs/runs?{query}").json()["results"]
    ]


def test_a_run_shows_its_schedule_in_words_or_by_its_label(editor, made, nightly):
    run = editor.get(f"/runs/runs/{made[0]}").json()
    assert run["schedule"] == "At 02:30 every day"
    assert run["scheduled_for"] == "2026-03-02T12:00:00Z"

    Schedule.objects.update(label="nightly")

    assert editor.get(f"/runs/runs/{made[0]}").json()["schedule"] == "nightly"


def test_a_schedule_that_cannot_be_reckoned_is_shown_all_the_same(editor, made):
    Schedule.objects.update(timezone="Mars/Base")

    assert editor.get(f"/runs/runs/{made[0]}").json()["schedule"] == "30 2 * * *"


def test_a_run_outlives_its_schedule(editor, made, nightly):
    nightly.delete()

    run = editor.get(f"/runs/runs/{made[0]}").json()

    assert (run["schedule"], run["scheduled_for"]) == (None, "2026-03-02T12:00:00Z")


@pytest.mark.parametrize("role", ["superuser", "Viewer"])
def test_runs_are_found_by_their_schedule(api_as, made, nightly, closed, role):
    closed.groups.add(Group.objects.create(name="night shift"))
    client = api_as(is_superuser=True) if role == "superuser" else api_as(role)
    mine = f"schedule={nightly.pk}"

    assert ids(client, mine) == made[::-1]
    assert ids(client, f"{mine}&limit=1&after={made[2]}") == [made[1]]
    assert ids(client, f"{mine}&status=completed,failed") == made[1::-1]
    assert ids(client, f"{mine}&task=greet&script=hello.py") == made[::-1]
    assert ids(client, f"{mine}&script=closed.sh") == []
    assert ids(client, f"{mine}&task=other") == []
    assert ids(client, f"schedule={nightly.pk + 1}") == []


def test_runs_of_a_hidden_script_are_not_found(api_as, made, nightly, hello, closed):
    hello.groups.add(Group.objects.create(name="night shift"))

    assert ids(api_as("Viewer"), f"schedule={nightly.pk}") == []


@pytest.mark.parametrize("value", ["x", "0", "-1", "9" * 30, "a%00b"])
def test_what_is_no_schedule_is_400(editor, value):
    assert editor.get(f"/runs/runs?schedule={value}").status_code == 400

"""The home page: what it shows, and to whom."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.auth.models import Group
from django.test import Client
from django.utils import timezone

from apps.runs.models import Occurrence, RunStatus
from apps.tasks.models import Schedule, Task

pytestmark = pytest.mark.django_db

HOSTILE = "<script>alert(1)</script>"


def test_an_empty_hub_says_what_to_do(look, db):
    text = look()

    assert "There is no script yet." in text
    assert "manage.py qcluster" in text
    assert "Nothing is planned." in text


def test_what_runs_can_be_cancelled_and_is_held_against_the_usual(look, make_run):
    for seconds in (60, 80, 100):
        began = timezone.now() - timedelta(seconds=seconds)
        make_run(status=RunStatus.COMPLETED, began_at=began)
    run = make_run(status=RunStatus.RUNNING)

    text = look()

    assert "usually 1 m 20 s" in text.replace("  ", " ")
    assert f"/admin/runs/run/{run.pk}/cancel/" in text


def test_each_number_leads_to_the_runs_that_it_counts(look, make_run, fail):
    fail()

    text = look()

    runs = "/admin/runs/run/"
    for query in ("status=running", "status=queued", "status=failed&amp;period=24h"):
        assert f'<a href="{runs}?{query}"><b' in text


def test_what_waits_says_why(look, make_run):
    make_run(queue="gpu")

    assert "No worker serves the queue gpu" in look()


def test_an_error_is_new_until_it_is_a_day_old(look, fail):
    fail("ValueError: #", hours=30)
    fail("ValueError: #", hours=1)
    fail("KeyError: no", hours=2)
    fail("KeyError: no", hours=3)

    text = look()

    assert "1 error is new" in text
    assert text.index("KeyError: no") < text.index("ValueError: #")
    assert "2 times" in text


def test_missed_fires_are_counted_with_those_of_ranges(look, hello):
    task = Task.objects.create(name="greet", script=hello)
    now = timezone.now()
    about = {"task": task, "schedule_key": 7, "label": "greet", "cause": "outage"}
    Occurrence.objects.create(
        scheduled_for=now - timedelta(hours=3), outcome="missed", **about
    )
    Occurrence.objects.create(
        scheduled_for=now - timedelta(hours=2),
        until=now - timedelta(hours=1),
        count=4,
        outcome="missed",
        **about,
    )
    Occurrence.objects.create(
        scheduled_for=now - timedelta(hours=30), outcome="missed", **about
    )

    text = look()

    assert '<b class="hub-missed">5</b>' in text
    assert "no cluster was there" in text


def test_workers_are_told_of_by_queue(look, make_run, make_worker):
    make_worker("a", slots=4)
    make_worker("b", draining=True)
    make_worker("c", queue="gpu", seen_at=timezone.now() - timedelta(hours=1))
    make_run(status=RunStatus.RUNNING, worker="a")

    text = look()

    assert "2 workers, 1 of 6 slots busy" in text
    assert "1 draining" in text
    assert "last seen" in text


def test_runs_of_scripts_that_a_reader_may_not_know_are_nowhere(
    look, make_user, hello, make_run, fail
):
    hello.groups.add(Group.objects.create(name="few"))
    make_run(status=RunStatus.RUNNING)
    make_run()
    fail("KeyError: no")
    task = Task.objects.create(name="secret greeting", script=hello)
    Schedule.objects.create(task=task, every_s=600, timezone="UTC")
    client = Client()
    client.force_login(make_user("vera", "Viewer", is_staff=True))

    for period in ("24h", "7d"):
        text = look(client, f"/admin/?period={period}")
        for hidden in ("hello.py", "secret greeting", "KeyError"):
            assert hidden not in text


def test_who_may_not_look_at_runs_is_shown_none(look, make_user, make_run, fail):
    make_run(status=RunStatus.RUNNING)
    make_run()
    fail("KeyError: no")
    client = Client()
    client.force_login(make_user("eve", is_staff=True))

    for path in ("/admin/", "/admin/?period=7d", "/admin/home/live/"):
        text = look(client, path)
        for hidden in ("hello.py", "KeyError", "/admin/runs/run/", "Runs over time"):
            assert hidden not in text, path


def test_what_is_planned_shows_pauses_and_freezes(look, hello):
    task = Task.objects.create(name="greet", script=hello)
    Schedule.objects.create(task=task, every_s=3600, timezone="UTC")
    now = timezone.now()
    task.freezes.create(reason="moving house", start=now, end=now + timedelta(days=1))

    text = look()

    assert "12 fires, 12 held back" in text.replace("\n", "")
    assert "moving house" in text


def test_names_and_errors_are_text(look, add_script, make_run, fail):
    script = add_script(f"{HOSTILE.replace('/', '')}.py")
    fail(HOSTILE, script=script, script_name=script.name)
    make_run(status=RunStatus.RUNNING, script=script, script_name=script.name)

    for path in ("/admin/", "/admin/home/live/"):
        assert "<script>alert" not in look(path=path)


def test_the_live_part_is_for_those_who_are_signed_in(client, look):
    assert client.get("/admin/home/live/").status_code == 302
    assert "hub-cards" in look(path="/admin/home/live/")

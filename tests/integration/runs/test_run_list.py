"""The list of runs in the console: what it shows, page by page, of a million as of ten."""

from __future__ import annotations

import re

import pytest
from django.contrib.auth.models import Group
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from apps.runs.admin import run_list_page
from apps.runs.models import Run
from apps.tasks.models import Schedule, Task

pytestmark = pytest.mark.django_db

LIST = "/admin/runs/run/"
SHORT = re.compile(r'<tr id="hub-run-[0-9a-f-]{23}-?([0-9a-f]{12})"')


@pytest.fixture
def as_role(make_user):
    def client_for(*roles):
        client = Client()
        client.force_login(make_user("ann", *roles, is_staff=True))
        return client

    return client_for


@pytest.fixture
def small_pages(monkeypatch):
    monkeypatch.setattr(run_list_page, "PAGE", 3)


def page(client, query=""):
    answer = client.get(LIST + query)
    assert answer.status_code == 200
    return answer.context["cl"].page, answer.content.decode()


def shown(client, query=""):
    return [row["id"] for row in page(client, query)[0].found]


# -- Pages -----------------------------------------------------------------------
def test_pages_lead_on_and_back_and_keep_the_filters(
    admin_client, make_run, small_pages
):
    runs = [make_run(status="failed") for _number in range(8)]
    make_run()
    newest = [run.pk for run in reversed(runs)]

    first, _text = page(admin_client, "?status=failed")
    assert [row["id"] for row in first.found] == newest[:3]
    assert first.newer == ""
    assert first.older == f"?status=failed&after={newest[2]}"
    second, _text = page(admin_client, first.older)
    assert [row["id"] for row in second.found] == newest[3:6]
    last, _text = page(admin_client, second.older)
    assert [row["id"] for row in last.found] == newest[6:]
    assert last.older == ""
    assert shown(admin_client, last.newer) == newest[3:6]
    assert shown(admin_client, second.newer) == newest[:3]


def test_a_page_that_ends_exactly_has_none_behind_it(
    admin_client, make_run, small_pages
):
    for _number in range(3):
        make_run()
    found, _text = page(admin_client)
    assert (found.older, found.newer) == ("", "")


def test_nothing_is_counted_and_no_page_is_skipped_to(admin_client, make_run):
    make_run()
    for query in ("", "?p=7", "?o=3.-1", "?all=", "?status=failed&who=ann&q=x"):
        with CaptureQueriesContext(connection) as captured:
            admin_client.get(LIST + query)
        asked = [q["sql"] for q in captured if '"runs_run"' in q["sql"]]
        asked += [q["sql"] for q in captured if "FROM runs_run" in q["sql"]]
        assert asked
        assert not [sql for sql in asked if re.search(r"count\(|COUNT\(", sql)]
        offsets = [re.search(r"OFFSET (\d+)", sql) for sql in asked]
        assert {found[1] for found in offsets if found} <= {"19999"}


def test_the_number_of_runs_is_not_that_of_queries(admin_client, make_run):
    make_run(status="completed")
    admin_client.get(LIST)
    with CaptureQueriesContext(connection) as few:
        admin_client.get(LIST)
    for _number in range(20):
        make_run(status="completed")
    with CaptureQueriesContext(connection) as many:
        admin_client.get(LIST)
    assert len(many) == len(few) <= 16


# -- Columns ---------------------------------------------------------------------
def test_a_failed_run_tells_its_error_and_how_long_it_took(admin_client, make_run):
    begin = timezone.now() - timezone.timedelta(minutes=10)
    end = begin + timezone.timedelta(seconds=80)
    make_run(
        status="failed",
        exit_code=3,
        fingerprint="KeyError: 'x'",
        began_at=begin,
        finished_at=end,
        note="the disk is new",
    )

    _page, text = page(admin_client)

    assert "The script ended with exit code 3." in text
    assert "KeyError: &#x27;x&#x27;" in text
    assert "the disk is new" in text
    assert "1 m 20 s" in text


def test_bars_are_as_long_as_runs_and_tell_what_is_unusual(admin_client, make_run):
    def took(seconds, **more):
        begin = timezone.now() - timezone.timedelta(hours=1)
        end = begin + timezone.timedelta(seconds=seconds)
        make_run(status="completed", began_at=begin, finished_at=end, **more)

    for seconds in (10, 10, 10, 40):
        took(seconds)

    found, _text = page(admin_client)

    bars = [row.bar for row in found.rows]
    assert [bar.took for bar in bars] == ["100.0", "25.0", "25.0", "25.0"]
    assert {bar.usual for bar in bars} == {"25.0"}
    assert [bar.is_over for bar in bars] == [True, False, False, False]


def test_a_run_is_unusual_as_on_its_own_page(admin_client, make_run):
    def took(seconds):
        begin = timezone.now() - timezone.timedelta(hours=1)
        end = begin + timezone.timedelta(seconds=seconds)
        make_run(status="completed", began_at=begin, finished_at=end)

    for seconds in (1, 1, 1, 3, 7):
        took(seconds)

    found, _text = page(admin_client)

    # What is quick is not late by a second or two.
    assert [row.bar.is_over for row in found.rows] == [True, False, False, False, False]


def test_a_run_tells_who_or_which_schedule_and_why_it_waits(
    admin_client, make_run, hello
):
    task = Task.objects.create(name="greet", script=hello)
    schedule = Schedule.objects.create(task=task, cron="0 1 * * *", label="at one")
    make_run(requested_by_name="bob")
    make_run(task=task, schedule=schedule, trigger="schedule")

    found, text = page(admin_client)

    planned, asked = found.rows
    assert (planned.name, planned.script_name) == ("greet", "hello.py")
    assert f'href="/admin/tasks/schedule/{schedule.pk}/change/">at one</a>' in text
    assert asked.who == "bob"
    assert "No worker serves the queue" in asked.sentence


# -- Who sees what ----------------------------------------------------------------
def test_runs_of_scripts_limited_to_others_are_on_no_page(as_role, make_run, closed):
    closed.groups.add(Group.objects.create(name="night shift"))
    run, hidden = make_run(), make_run(script=closed, requested_by_name="bob")
    client = as_role("Operator")

    queries = ("", f"?q={hidden.pk}", "?q=closed", "?script=closed.sh", "?who=bob")
    for query in queries:
        assert hidden.pk not in shown(client, query), query
    assert shown(client) == [run.pk]
    assert "closed.sh" not in page(client)[1]
    answer = client.get(f"{LIST}live/?rows={hidden.pk},{run.pk}&top={run.pk}")
    assert SHORT.findall(answer.content.decode()) == [str(run.pk)[-12:]]
    assert 'data-newer=""' in answer.content.decode()


def test_who_may_not_look_at_runs_gets_none_of_it(as_role):
    client = as_role()
    for path in ("", "live/", "export/"):
        assert client.get(LIST + path).status_code == 403


# -- Live --------------------------------------------------------------------------
def test_rows_that_are_asked_for_come_as_they_are_now(admin_client, make_run):
    run, other = make_run(), make_run()
    newer = [make_run() for _number in range(2)]
    Run.objects.filter(pk=run.pk).move("cancelled", reason="user")

    answer = admin_client.get(f"{LIST}live/?rows={run.pk},x&top={other.pk}")

    text = answer.content.decode()
    assert SHORT.findall(text) == [str(run.pk)[-12:]]
    assert "hub-cancelled" in text
    assert f'data-newer="{len(newer)} newer runs"' in text


# -- Nothing to show ---------------------------------------------------------------
def test_without_any_run_it_says_how_to_start_one(admin_client, as_role, db):
    text = page(admin_client)[1]
    assert "Choose a script and run it" in text
    assert 'href="/admin/scripts/script/">Scripts</a>' in text
    assert "Choose a script" not in page(as_role("Viewer"))[1]


def test_where_none_matches_it_leads_to_all(admin_client, make_run):
    make_run()
    text = page(admin_client, "?status=failed")[1]
    assert "No run matches." in text
    assert '<a class="button" href="?">Show all runs</a>' in text


def test_only_what_goes_on_is_counted_on(admin_client, make_run):
    began = timezone.now() - timezone.timedelta(minutes=1)
    make_run(status="failed", began_at=began)
    make_run(status="running", began_at=began)

    found, text = page(admin_client)

    assert [row.since for row in found.rows] == [began, None]
    assert text.count("data-elapsed") == 1

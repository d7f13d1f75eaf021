"""Small truths of a run's page: zones, clocks that differ, what is not known yet."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from apps.runs.admin.run_changes import changes_of
from apps.runs.admin.run_head import head_of
from apps.runs.admin.run_parameters import Files, given
from apps.runs.admin.run_timeline import retries, timeline
from apps.runs.since_success import MOST_COUNTED
from apps.scripts.models import ScriptVersion
from apps.scripts.secrecy import HIDDEN, STORED
from apps.tasks.models import Schedule, Task
from tests.integration.runs.kept import run_page

pytestmark = pytest.mark.django_db


def test_when_it_was_planned_is_told_in_the_zone_of_its_schedule(
    admin_client, hello, make_run
):
    task = Task.objects.create(name="greet", script=hello)
    plan = {"cron": "0 3 * * *", "timezone": "Asia/Shanghai"}
    schedule = Schedule.objects.create(task=task, **plan)
    at = datetime(2026, 3, 1, 19, 0, tzinfo=UTC)

    text = run_page(
        admin_client, make_run(task=task, schedule=schedule, scheduled_for=at)
    )

    assert "<dt>planned for</dt><dd>2026-03-02 03:00" in text


def test_a_run_that_waits_is_held_against_nothing(make_run):
    began = timezone.now() - timedelta(seconds=30)
    make_run(status="completed", began_at=began)

    assert head_of(make_run()).usual_s is None
    assert head_of(make_run(status="running")).usual_s == pytest.approx(30, abs=9)


def test_clocks_of_two_hosts_that_differ_make_no_time_negative(make_run):
    now = timezone.now()
    run = make_run(
        status="completed",
        queued_at=now,
        claimed_at=now - timedelta(seconds=5),
        began_at=now - timedelta(seconds=4),
        finished_at=now - timedelta(seconds=3),
    )

    assert [step.after_s for step in timeline(run)] == [None, 0, 1, 1]


def test_a_run_of_a_task_is_held_against_its_task(hello, make_run):
    task = Task.objects.create(name="greet", script=hello)
    now = timezone.now()
    make_run(status="completed", began_at=now - timedelta(seconds=500), task=task)
    make_run(status="completed", began_at=now - timedelta(seconds=10))

    run = make_run(status="running", task=task)

    assert head_of(run).usual_s == pytest.approx(500, abs=5)


def test_it_is_over_when_it_takes_half_as_long_again(admin_client, make_run):
    now = timezone.now()
    make_run(status="completed", began_at=now - timedelta(seconds=100))

    for seconds, is_over in ((80, False), (160, True)):
        run = make_run(status="running", began_at=now - timedelta(seconds=seconds))
        assert ("hub-is-over" in run_page(admin_client, run)) is is_over


def test_when_a_run_may_begin_stands_between_what_was_and_what_will_be(make_run):
    due = timezone.now() + timedelta(minutes=5)

    steps = timeline(make_run(not_before=due))

    names = "queued, may begin, claimed, began, finished"
    assert ", ".join(step.name for step in steps) == names
    assert (steps[1].at, steps[1].after_s) == (due, None)


def test_its_group_stands_beside_its_queue(admin_client, make_run):
    text = run_page(admin_client, make_run(group="db", queue="gpu"))

    assert "<dt>queue and group</dt><dd>gpu · db</dd>" in text


def test_an_exit_code_of_zero_is_one(admin_client, make_run):
    text = run_page(admin_client, make_run(status="completed", exit_code=0))

    assert "<dt>exit code</dt><dd>0</dd>" in text


# -- Parameters -----------------------------------------------------------------------
ORDERED = """#!/usr/bin/env python3
import argparse
parser = argparse.ArgumentParser()
parser.add_argument("--zone")
parser.add_argument("--area", nargs="*")
parser.parse_args()
"""


@pytest.fixture
def told(add_script, make_run):
    """The parameters of a run as its page tells them."""
    script = add_script("ordered.py", ORDERED)

    def of(**values):
        run = make_run(script=script, parameters=values)
        return given(run, Files(), {})

    return of


def test_parameters_come_as_the_script_has_them_then_what_it_takes_no_more(told):
    found = told(area=["x"], more=1, zone="y")

    assert [one.name for one in found] == ["zone", "area", "more"]


def test_a_list_without_items_says_so(told):
    assert [one.text for one in told(area=[], zone="")] == ['""', "an empty list"]


def test_many_lines_are_folded_like_a_long_line(told):
    few, many = told(zone="a", area=["b"] * 7)

    assert (few.is_long, many.is_long) == (False, True)
    assert many.head == "b …"


def test_what_is_no_secret_any_more_stays_one(make_run):
    """Of a run that was given a secret which its script takes in the open by now."""
    old = make_run(status="completed", parameters={"name": STORED})
    new = make_run(status="failed", parameters={"name": "you"})

    (row,) = changes_of(new).rows

    assert old.pk < new.pk
    assert (row.old, row.new) == (HIDDEN, "you")


# -- Retries --------------------------------------------------------------------------
def test_retries_come_in_their_order_and_only_a_waiting_one_is_due(
    admin_user, make_run
):
    first = make_run(status="failed")
    past = timezone.now() - timedelta(minutes=1)
    due = timezone.now() + timedelta(minutes=1)
    make_run(retry_of=first, attempt=3, not_before=due)
    make_run(retry_of=first, attempt=2, not_before=past, status="failed")
    make_run(retry_of=first, attempt=4, not_before=past)

    found = retries(first, admin_user)

    after = [(one.run.attempt, one.due_at) for one in found.after]
    assert after == [(2, None), (3, due), (4, None)]


def test_what_is_retried_is_told_to_who_may_know_of_it(make_user, make_run, closed):
    closed.groups.create(name="night shift")
    hidden = make_run(status="failed", script=closed)
    run = make_run(retry_of=hidden, attempt=2)

    assert retries(run, make_user("ann", "Viewer")).before is None


# -- What changed ---------------------------------------------------------------------
def test_another_queue_and_much_more_memory_are_told(make_run):
    make_run(status="completed", max_rss_bytes=50 * 2**20)
    more = {"queue": "gpu", "max_rss_bytes": 300 * 2**20}
    run = make_run(status="failed", **more)

    rows = {row.name: (row.old, row.new) for row in changes_of(run).rows}

    assert rows["queue"] == ("default", "gpu")
    assert rows["memory at most"] == ("50.0\xa0MB", "300.0\xa0MB")
    make_run(status="completed", **more)
    run = make_run(status="failed", queue="gpu", max_rss_bytes=310 * 2**20)
    assert changes_of(run).rows == []


def test_another_python_that_is_asked_for_is_told(add_script, make_run):
    def ran(status, wanted):
        source = f"#!/usr/bin/env python3\n# /// script\n{wanted}# ///\n"
        script = add_script("needs.py", source)
        version = ScriptVersion.objects.get(script=script, sha256=script.sha256)
        sha256 = script.sha256
        return make_run(
            script=script, status=status, version=version, script_sha256=sha256
        )

    ran("completed", "")
    run = ran("failed", '# requires-python = ">=3.12"\n')

    rows = {row.name: (row.old, row.new) for row in changes_of(run).rows}

    assert rows["Python versions"] == ("none", ">=3.12")


def test_many_failures_since_are_more_than_are_counted(make_run):
    run = make_run(status="failed")
    changes = changes_of(run)

    assert changes.failures_shown == "1"
    changes.failures = MOST_COUNTED + 1
    assert changes.failures_shown == f"{MOST_COUNTED}+"


def test_failures_are_counted_of_what_it_is_compared_with(hello, make_run):
    task = Task.objects.create(name="greet", script=hello)
    make_run(status="completed", task=task)
    make_run(status="failed")
    run = make_run(status="failed", task=task)
    assert changes_of(run).failures == 1

    # Nothing of this one has succeeded: all of the script's count.
    other = Task.objects.create(name="shout", script=hello)
    assert changes_of(make_run(status="failed", task=other)).failures == 3


def test_the_same_words_of_another_script_are_another_error(make_run, closed):
    error = {"status": "failed", "fingerprint": "KeyError: #"}
    make_run(script=closed, **error)

    assert changes_of(make_run(**error)).error_before is None


def test_a_run_that_ended_before_it_was_cancelled_says_so(admin_client, make_run):
    run = make_run(status="completed")

    answer = admin_client.post(f"/admin/runs/run/{run.pk}/cancel/", follow=True)

    assert "has ended already (completed)" in answer.content.decode()
    assert "asked to stop" not in answer.content.decode()

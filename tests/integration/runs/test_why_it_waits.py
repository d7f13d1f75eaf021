"""Every queued run says in a sentence what it waits for."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone, translation

from apps.runs import sentences
from apps.runs.models import Run, Worker
from apps.runs.rows import rows
from apps.runs.waits import Waits
from apps.tasks.models import ConcurrencyGroup

pytestmark = pytest.mark.django_db

LONG_AGO = datetime(2026, 5, 4, 3, 2, 1, tzinfo=UTC)
CHINESE = {
    "For a free slot in the queue default.": "等待队列 default 的空闲槽位。",
}


def why(run):
    row = rows(Run.objects).get(pk=run.pk)
    return sentences.waiting(row, Waits.of([row]))


@pytest.fixture
def make_worker(db):
    def make(name="w1", **changes):
        values = {"host": "h", "pid": 1, "queue": "default", "slots": 2, "version": "1"}
        values |= {"seen_at": timezone.now()} | changes
        return Worker.objects.create(name=name, **values)

    return make


def test_a_run_may_not_start_before_its_moment(make_run):
    moment = LONG_AGO.replace(year=2999)

    assert why(make_run(not_before=moment)) == "Not before 2999-05-04 03:02:01 UTC."


def test_a_moment_that_has_come_is_no_reason(make_run, make_worker):
    make_worker()

    sentence = why(make_run(not_before=LONG_AGO))

    assert sentence == "For a free slot in the queue default."


@pytest.mark.parametrize("status", ["running", "completed"])
def test_what_is_not_queued_waits_for_nothing(make_run, status):
    assert why(make_run(status=status)) is None


def test_a_queue_that_nobody_ever_served_says_how_to_serve_it(make_run, make_worker):
    make_worker(queue="gpu")

    assert why(make_run()) == (
        "No worker serves the queue default; start one with: manage.py qcluster."
    )


def test_a_queue_that_lost_its_workers_says_since_when(make_run, make_worker):
    make_worker(seen_at=LONG_AGO)
    make_worker("w2", seen_at=LONG_AGO - timedelta(hours=1))

    assert why(make_run()) == (
        "No worker has served the queue default since 2026-05-04 03:02:01 UTC; start "
        "one with: manage.py qcluster."
    )


def test_workers_that_stop_take_nothing_new(make_run, make_worker):
    make_worker(draining=True)
    make_worker("w2", draining=True)
    make_worker("gone", seen_at=LONG_AGO)

    assert why(make_run()) == (
        "The workers of the queue default are stopping and take no new runs."
    )


@pytest.mark.parametrize("other", [{"problem": "The disk is full."}, {"draining": 1}])
def test_workers_that_start_nothing_say_why(make_run, make_worker, other):
    make_worker(problem="The disk is full.")
    make_worker("w2", **other)

    assert why(make_run()) == (
        "No worker of the queue default starts new runs now. The disk is full."
    )


@pytest.mark.parametrize("order", [("w1", "w2"), ("w2", "w1")])
def test_one_worker_that_goes_on_is_enough(make_run, make_worker, order):
    make_worker(order[0], draining=True)
    make_worker(order[1])
    make_worker("w3", problem="The disk is full.")

    assert why(make_run()) == "For a free slot in the queue default."


def test_a_full_script_says_how_many_go_on_and_which_is_the_oldest(
    hello, make_run, make_worker
):
    make_worker()
    hello.max_running = 2
    hello.save()
    make_run(status="running")
    oldest = make_run(status="running", claimed_at=LONG_AGO)

    assert why(make_run()) == (
        f"hello.py is at its limit: 2 of 2 running, the oldest being run {oldest.pk}."
    )


def test_a_full_group_says_how_many_go_on_and_which_is_the_oldest(
    make_run, make_worker, add_script
):
    make_worker()
    other = add_script("other.sh", "#!/bin/sh\n")
    going = make_run(status="running", script=other, group="db", queue="gpu")

    assert why(make_run(group="db")) == (
        f"The group db is full: 1 of 1 running, the oldest being run {going.pk}."
    )
    ConcurrencyGroup.objects.create(name="db", max_running=2)
    assert why(make_run(group="db")) == "For a free slot in the queue default."


def test_after_its_limit_was_lowered_more_go_on_than_may(hello, make_run, make_worker):
    make_worker()
    for _ in range(3):
        make_run(status="running")
    hello.max_running = 1
    hello.save()

    assert "3 of 1 running" in why(make_run())


def test_a_sentence_is_in_the_readers_language(make_run, make_worker):
    make_worker()
    run = make_run()

    for english, chinese in CHINESE.items():
        assert why(run) == english
        with translation.override("zh-hans"):
            assert why(run) == chinese


def queries_for(found):
    with CaptureQueriesContext(connection) as queries:
        Waits.of(list(found))
    return len(queries)


def test_a_list_costs_the_same_few_queries_whatever_its_length(hello, make_run):
    make_run(status="running")
    make_run(status="completed")
    assert queries_for(list(rows(Run.objects))) == 0
    for _ in range(10):
        make_run()
    assert queries_for(list(rows(Run.objects))) == 1
    hello.max_running = 1
    hello.save()
    for number in range(10):
        make_run(group=f"group-{number}")
    assert queries_for(list(rows(Run.objects))) == 3


def test_the_api_and_the_admin_say_the_same(
    admin_client, make_run, make_worker, api_as
):
    make_worker(seen_at=LONG_AGO)
    run = make_run()
    sentence = why(run)

    page = admin_client.get(reverse("admin:runs_run_change", args=[run.pk]))
    answer = api_as("Viewer").get("/runs/runs").json()

    assert sentence in page.content.decode()
    assert answer["results"][0]["waiting"] == sentence

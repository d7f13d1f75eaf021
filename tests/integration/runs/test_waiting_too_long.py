"""A run that is not started in time is not started any more."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from apps.runs import sentences, services
from apps.runs.models import Run, RunStatus, Trigger
from apps.runs.models.run import RunQuerySet
from apps.runs.rows import rows
from apps.runs.services.lifecycle import CANDIDATES
from apps.tasks.models import Task
from tests.integration.runs.meanwhile import before_an_update

pytestmark = pytest.mark.django_db

PAST = timezone.now() - timedelta(hours=1)
FUTURE = timezone.now() + timedelta(hours=1)


def claim():
    return services.claim_next(queue="default", worker="w1")


def test_a_task_says_how_long_its_runs_may_wait(hello):
    task = Task.objects.create(name="greet", script=hello, start_within_s=60)
    # What SQLite's clock leaves off is less than a millisecond.
    before = timezone.now() - timedelta(milliseconds=1)

    run = services.start_task(task=task, user=None, trigger=Trigger.CLI)

    assert before <= run.start_by - timedelta(seconds=60) <= timezone.now()


@pytest.mark.parametrize("skew", [timedelta(hours=1), timedelta(hours=-1)])
def test_how_long_is_counted_on_the_clock_of_the_database(hello, skew):
    task = Task.objects.create(name="greet", script=hello, start_within_s=60)

    with time_machine.travel(timezone.now() + skew):
        run = services.start_task(task=task, user=None, trigger=Trigger.CLI)
        assert Run.objects.ready().filter(pk=run.pk).exists()

    assert timedelta(seconds=50) < run.start_by - timezone.now()
    assert run.start_by - timezone.now() <= timedelta(seconds=60)
    assert run.resend_at - timezone.now() <= timedelta(seconds=15)


def test_without_a_limit_a_run_waits_for_ever(hello):
    task = Task.objects.create(name="greet", script=hello)

    assert (
        services.start_task(task=task, user=None, trigger=Trigger.CLI).start_by is None
    )


def test_a_run_that_waited_too_long_fails_and_says_so(make_run):
    run = make_run(start_by=PAST)
    make_run(start_by=FUTURE)
    make_run()

    assert services.expire() == 1

    row = rows(Run.objects).get(pk=run.pk)
    assert (row["status"], row["reason"]) == ("failed", "expired")
    assert sentences.message(row).startswith("The run waited too long")
    assert services.expire() == 0


def test_a_claim_refuses_a_run_whose_time_is_over(make_run):
    make_run(start_by=PAST)

    assert claim() is None


def test_a_run_whose_time_is_over_between_look_and_claim_is_refused(make_run):
    run = make_run(start_by=FUTURE)
    mine = Run.objects.filter(pk=run.pk)

    with before_an_update(lambda: mine.update(start_by=PAST)):
        assert claim() is None
    run.refresh_from_db()
    assert run.status == RunStatus.QUEUED


def test_a_run_that_was_claimed_in_time_goes_on(make_run):
    run = make_run(start_by=FUTURE)
    held = claim()
    Run.objects.filter(pk=run.pk).update(start_by=PAST)

    assert services.expire() == 0
    assert services.begin(claim=held, sha256="")


def test_no_message_is_sent_for_a_run_whose_time_is_over(make_run):
    make_run(start_by=PAST, resend_at=PAST)

    assert services.resend_lost() == 0


def test_a_run_that_was_cancelled_meanwhile_stays_cancelled(make_run, monkeypatch):
    run = make_run(start_by=PAST)
    honest = RunQuerySet.move

    def cancel_first(self, to, **how):
        monkeypatch.undo()
        services.cancel_run(run=run)
        return honest(self, to, **how)

    monkeypatch.setattr(RunQuerySet, "move", cancel_first)

    assert services.expire() == 0
    run.refresh_from_db()
    assert run.status == RunStatus.CANCELLED


def test_those_that_waited_too_long_are_in_nobodys_way(make_run):
    for _number in range(CANDIDATES + 1):
        make_run(start_by=PAST, priority=9)
    run = make_run()

    assert claim().run == run

"""What happens at a fire while a run of the schedule is active."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from apps.runs import services
from apps.runs.models import Occurrence, Reason, Run, RunStatus
from apps.tasks.models import FreezeWindow
from tests.integration.schedules.conftest import at, ledger

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)


def claim():
    return services.claim_next(queue="default", worker="w1")


def end(held, status=RunStatus.COMPLETED, reason=Reason.EXIT):
    assert services.finish(claim=held, status=status, reason=reason)


def test_it_may_start_another_beside_it(plan, fire):
    schedule = plan(overlap="allow")
    fire(schedule, at(1))

    assert fire(schedule, at(2))[-1] == (2, "started", "")
    assert Run.objects.filter(status="queued").count() == 2


def test_it_is_skipped_otherwise(plan, fire):
    schedule = plan(overlap="skip")
    fire(schedule, at(1))

    assert fire(schedule, at(2))[-1] == (2, "skipped", "overlap")

    end(claim())
    assert fire(schedule, at(3))[-1] == (3, "started", "")


def test_runs_of_other_schedules_do_not_count(plan, fire):
    fire(plan(overlap="skip"), at(1))

    assert fire(plan(overlap="skip"), at(1)) == [(1, "started", "")]


def test_one_may_wait_for_the_end(plan, fire):
    schedule = plan(overlap="queue", max_lateness_s=3600)
    fire(schedule, at(1))
    held = claim()

    assert fire(schedule, at(2))[-1] == (2, "waiting", "overlap")
    assert fire(schedule, at(3))[-1] == (3, "skipped", "overlap")
    assert Run.objects.count() == 1

    end(held)
    assert fire(schedule, at(3, seconds=30))[1] == (2, "late", "")
    assert Run.objects.filter(status="queued").get().scheduled_for == at(2)
    assert Occurrence.objects.get(scheduled_for=at(2)).late_s == 90


def test_one_that_waits_too_long_is_missed(plan, fire):
    schedule = plan(overlap="queue", max_lateness_s=60)
    fire(schedule, at(1))
    claim()
    fire(schedule, at(2))

    assert fire(schedule, at(3, seconds=30))[1] == (2, "missed", "too_late")


@pytest.mark.parametrize(
    ("overlap", "second"), [("skip", "skipped"), ("queue", "waiting")]
)
def test_what_is_caught_up_keeps_to_the_rule_too(plan, fire, overlap, second):
    schedule = plan(missed="all", overlap=overlap)

    rows = fire(schedule, at(4, seconds=30))

    outcomes = [outcome for _, outcome, _ in rows]
    assert outcomes == ["late", second, "skipped", "skipped"]
    assert Run.objects.count() == 1


def test_a_retry_goes_on_in_a_freeze_and_counts_as_active(plan, fire, task):
    task.retries, task.retry_wait_s = 1, 1000
    task.save()
    schedule = plan(overlap="skip", max_lateness_s=60)
    fire(schedule, at(1))
    held, now = claim(), timezone.now()
    FreezeWindow.objects.create(reason="audit", start=now - DAY, end=now + DAY)

    end(held, RunStatus.FAILED)

    retry = Run.objects.get(retry_of=held.run)
    assert (retry.status, retry.start_by) == (RunStatus.QUEUED, None)
    assert fire(schedule, at(2))[-1] == (2, "skipped", "overlap")


def test_a_queued_run_is_replaced_at_once(plan, fire):
    schedule = plan(overlap="replace")
    fire(schedule, at(1))
    first = Run.objects.get()

    assert fire(schedule, at(2))[-1] == (2, "started", "")

    first.refresh_from_db()
    assert (first.status, first.reason) == ("cancelled", "replaced")


def test_a_running_one_is_replaced_when_it_has_ended(plan, fire):
    schedule = plan(overlap="replace", max_lateness_s=3600)
    fire(schedule, at(1))
    held = claim()

    assert fire(schedule, at(2))[-1] == (2, "waiting", "overlap")
    assert services.cancel_requested(claim=held)
    assert fire(schedule, at(3))[1:] == [
        (2, "skipped", "overlap"),
        (3, "waiting", "overlap"),
    ]

    end(held, RunStatus.CANCELLED, Reason.USER)
    held.run.refresh_from_db()
    assert held.run.reason == "replaced"
    fire(schedule, at(3, seconds=20))
    assert ledger(schedule)[-1] == (3, "late", "")

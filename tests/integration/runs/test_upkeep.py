"""What tick does: lost messages, lost workers."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from apps.runs import services
from apps.runs.models import Reason, Run, RunStatus, Slot, Worker

pytestmark = pytest.mark.django_db

PAST = timezone.now() - timedelta(hours=1)
FUTURE = timezone.now() + timedelta(hours=1)


def test_a_lost_message_is_sent_again_and_then_given_time(make_run, redis_broker):
    run = make_run(resend_at=PAST)

    assert services.resend_lost() == 1
    assert services.resend_lost() == 0
    run.refresh_from_db()
    assert run.sends == 1
    assert run.resend_at > timezone.now()
    assert redis_broker.queue_size() == 1


def test_each_further_message_waits_longer_up_to_a_limit(
    make_run, settings, redis_broker
):
    settings.RESEND_AFTER_S, settings.RESEND_MAX_S = 10, 60
    run = make_run(resend_at=PAST, sends=32_000)

    services.resend_lost()

    run.refresh_from_db()
    assert run.resend_at <= timezone.now() + timedelta(seconds=60)
    # What the column holds; one more would fail on PostgreSQL, on every tick.
    assert run.sends == 32_000


def test_where_messages_lie_unread_none_is_added(make_run, redis_broker):
    for _ in range(3):
        make_run(resend_at=PAST)
    assert services.resend_lost() == 3
    Run.objects.update(resend_at=PAST)

    assert services.resend_lost() == 0
    assert redis_broker.queue_size() == 3
    assert Run.objects.filter(resend_at__gt=timezone.now()).count() == 3


@pytest.mark.parametrize(
    "changes",
    [{"resend_at": FUTURE}, {"not_before": FUTURE}, {"status": "running"}],
)
def test_what_does_not_wait_for_a_message_gets_none(make_run, changes, redis_broker):
    make_run(**{"resend_at": PAST, **changes})

    assert services.resend_lost() == 0
    assert redis_broker.queue_size() == 0


def test_where_the_table_is_all_there_is_nothing_is_sent_again(make_run):
    make_run(resend_at=PAST)

    assert services.resend_lost() == 0
    assert Run.objects.get().sends == 0


def test_a_tick_has_nothing_to_do_while_all_is_well(make_run):
    make_run()
    make_run(not_before=PAST, start_by=FUTURE)
    make_run(status="running")
    make_run(status="completed")

    assert not services.is_anything_due()


@pytest.mark.parametrize(
    "changes",
    [{"status": "running", "lease_until": PAST}, {"start_by": PAST}],
)
def test_a_tick_has_something_to_do(make_run, changes):
    make_run(**changes)

    assert services.is_anything_due()


def test_a_lost_message_is_something_to_do(make_run, redis_broker):
    make_run(resend_at=PAST)

    assert services.is_anything_due()


def test_a_place_without_a_run_is_something_to_do(make_run):
    Slot.objects.create(key="group:a", n=1, run=make_run(status="completed"))

    assert services.is_anything_due()


def test_a_run_whose_lease_is_over_is_lost(make_run):
    run = make_run(status="running", lease_until=PAST)

    assert services.reap() == 1
    run.refresh_from_db()
    assert (run.status, run.reason) == (RunStatus.FAILED, Reason.LOST)


def test_a_run_with_a_lease_is_left_alone(make_run):
    make_run(status="running")

    assert services.reap() == 0


def test_a_run_that_provably_never_began_is_queued_again(make_run, redis_broker):
    run = make_run(status="running", began_at=None, lease_until=PAST)

    services.reap()

    run.refresh_from_db()
    assert run.status == RunStatus.QUEUED
    assert run.returns == 1
    # Nobody has it now.
    assert (run.worker, run.claimed_at) == ("", None)
    assert services.resend_lost() == 1


def test_after_three_returns_a_run_fails(make_run):
    run = make_run(status="running", began_at=None, lease_until=PAST, returns=3)

    services.reap()

    run.refresh_from_db()
    assert (run.status, run.reason) == (RunStatus.FAILED, Reason.SPAWN)


def test_a_cancelled_run_is_not_queued_again(make_run):
    run = make_run(
        status="running", began_at=None, lease_until=PAST, cancel_requested_at=PAST
    )

    services.reap()

    run.refresh_from_db()
    assert run.status == RunStatus.CANCELLED


def test_a_worker_reports_and_is_forgotten():
    services.report_worker(name="w1", pid=1, draining=False)
    assert Worker.objects.alive().get().queue == "default"

    services.forget_worker(name="w1")
    assert not Worker.objects.exists()


def test_a_silent_worker_is_not_alive():
    services.report_worker(name="w1", pid=1, draining=False)
    Worker.objects.update(seen_at=PAST)

    assert not Worker.objects.alive().exists()

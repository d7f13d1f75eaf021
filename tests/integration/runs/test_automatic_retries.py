"""What failed is tried again by itself, as often and as late as its task says."""

from __future__ import annotations

import itertools
import time
from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from apps.runs import services
from apps.runs.models import Reason, Run, RunStatus, Trigger
from apps.runs.services import endings, upkeep
from apps.tasks.models import Task
from tests.integration.runs.meanwhile import before_an_update

pytestmark = pytest.mark.django_db

PAST = timezone.now() - timedelta(hours=1)
TRIED_AGAIN = ["exit", "signal", "timeout", "spawn", "shutdown", "build"]
NEVER = ["rejected", "expired", "replaced", "user", "output"]


@pytest.fixture
def make_task(hello):
    def make(**changes):
        return Task.objects.create(
            **{"name": "greet", "script": hello, "retries": 2} | changes
        )

    return make


@pytest.fixture
def claim_of(make_run):
    """Make a run of a task and claim it."""

    def claim(task, **changes):
        make_run(task=task, **changes)
        return services.claim_next(queue="default", worker="w1")

    return claim


def fail(held, reason="exit", status=RunStatus.FAILED):
    return services.finish(claim=held, status=status, reason=Reason(reason))


def lose(run):
    Run.objects.filter(pk=run.pk).update(began_at=PAST, lease_until=PAST)
    return services.reap()


def retry_of(run):
    return Run.objects.filter(retry_of=run.pk).first()


@pytest.mark.parametrize("reason", TRIED_AGAIN)
def test_what_may_go_better_is_tried_again(make_task, claim_of, reason):
    held = claim_of(make_task())

    fail(held, reason)

    retry = retry_of(held.run)
    assert (retry.status, retry.attempt, retry.trigger) == ("queued", 2, "retry")


@pytest.mark.parametrize("reason", NEVER)
def test_a_verdict_or_a_wish_is_not_tried_again(make_task, claim_of, reason):
    held = claim_of(make_task(idempotent=True))

    fail(held, reason)

    assert retry_of(held.run) is None


def test_success_is_not_tried_again(make_task, claim_of):
    held = claim_of(make_task())

    fail(held, status=RunStatus.COMPLETED)

    assert Run.objects.count() == 1


@pytest.mark.parametrize("idempotent", [True, False])
@pytest.mark.parametrize(
    "end",
    [lambda held: fail(held, "lost"), lambda held: lose(held.run)],
    ids=["says its worker", "says the reaper"],
)
def test_who_was_lost_is_tried_again_if_that_is_safe(
    make_task, claim_of, idempotent, end
):
    held = claim_of(make_task(idempotent=idempotent))

    assert end(held)

    assert (retry_of(held.run) is not None) == idempotent


def test_a_run_that_killed_its_workers_before_it_began_is_tried_again(
    make_task, make_run
):
    run = make_run(
        task=make_task(),
        status="running",
        began_at=None,
        lease_until=PAST,
        returns=upkeep.MAX_RETURNS,
    )

    services.reap()

    run.refresh_from_db()
    assert run.reason == Reason.SPAWN
    assert retry_of(run).attempt == 2


def test_after_its_retries_a_run_stays_failed(make_task, claim_of):
    task = make_task(retry_wait_s=0)
    held = claim_of(task)
    attempts = []
    while held is not None and len(attempts) < 9:
        attempts.append(held.run.attempt)
        fail(held)
        held = services.claim_next(queue="default", worker="w1")

    assert attempts == [1, 2, 3]
    assert Run.objects.filter(status=RunStatus.FAILED).count() == 3


@pytest.mark.parametrize(
    "stop",
    [
        lambda task: task.delete(),
        lambda task: Task.objects.update(enabled=False),
        lambda task: Task.objects.update(retries=0),
        lambda task: type(task.script).objects.update(enabled=False),
    ],
    ids=["deleted", "disabled", "no retries", "script disabled"],
)
def test_the_task_as_it_is_now_decides(make_task, claim_of, stop):
    task = make_task()
    held = claim_of(task)
    stop(task)

    fail(held)

    assert retry_of(held.run) is None
    assert Run.objects.get().status == RunStatus.FAILED


def test_a_run_that_was_to_be_cancelled_is_not_tried_again(make_task, claim_of):
    held = claim_of(make_task())
    services.cancel_run(run=Run.objects.get())

    fail(held, "exit")

    assert retry_of(held.run) is None


def test_a_retry_is_the_same_run_again(make_task, claim_of, make_user):
    ann = make_user("ann")
    task = make_task(start_within_s=600, retry_wait_s=1000)
    same = {
        "parameters": {"times": 2},
        "priority": 7,
        "group": "db",
        "timeout_s": 9.5,
        "requested_by": ann,
        "requested_by_name": "ann",
        "scheduled_for": PAST,
    }
    held = claim_of(task, **same)

    fail(held)

    retry = retry_of(held.run)
    assert {name: getattr(retry, name) for name in same} == same
    assert (retry.script, retry.task) == (held.run.script, task)
    # It may wait as long as the first, from when it may start.
    assert retry.start_by - retry.not_before == timedelta(seconds=600)
    assert retry.not_before > timezone.now() + timedelta(seconds=700)


@pytest.mark.parametrize("skew", [timedelta(hours=1), timedelta(hours=-1)])
def test_its_moments_are_on_the_clock_of_the_database(make_task, claim_of, skew):
    held = claim_of(make_task(start_within_s=600, retry_wait_s=1000))

    with time_machine.travel(timezone.now() + skew):
        fail(held)

    retry = retry_of(held.run)
    for moment, least_s, most_s in [
        (retry.not_before, 790, 1200),
        (retry.resend_at, 790, 1200),
        (retry.start_by, 1390, 1800),
    ]:
        assert least_s < (moment - timezone.now()).total_seconds() <= most_s


def test_each_wait_is_twice_as_long_give_or_take_a_fifth_up_to_an_hour():
    for attempt, middle in itertools.product((1, 2, 5), (30,)):
        waits = [endings.back_off_s(middle, attempt) for _ in range(200)]
        exact = middle * 2 ** (attempt - 1)
        assert exact * 0.8 <= min(waits) < exact < max(waits) <= exact * 1.2

    assert endings.back_off_s(3600, 10_000) == 3600
    assert endings.back_off_s(0, 3) == 0


def test_a_retry_that_need_not_wait_is_sent_at_once(
    make_task, claim_of, django_capture_on_commit_callbacks, redis_broker
):
    held = claim_of(make_task(retry_wait_s=0))

    with django_capture_on_commit_callbacks(execute=True):
        fail(held)

    assert redis_broker.queue_size() == 1
    assert services.claim_next(queue="default", worker="w1") is not None


def test_a_delayed_retry_is_sent_when_its_moment_comes(
    make_task, claim_of, django_capture_on_commit_callbacks, redis_broker
):
    held = claim_of(make_task(retry_wait_s=0.3))
    with django_capture_on_commit_callbacks(execute=True):
        fail(held)
    retry = retry_of(held.run)

    # Each of these is what tick does; it is the first at or after the moment that sends.
    while not services.resend_lost():
        assert timezone.now() < retry.not_before + timedelta(seconds=0.9)
        time.sleep(0.02)

    assert timezone.now() >= retry.not_before
    assert redis_broker.queue_size() == 1
    assert services.claim_next(queue="default", worker="w1").run == retry


def test_a_delayed_retry_can_be_cancelled_and_is_not_tried_again(make_task, claim_of):
    held = claim_of(make_task())
    fail(held)
    retry = retry_of(held.run)

    services.cancel_run(run=retry)
    Run.objects.filter(pk=retry.pk).update(not_before=PAST)

    assert services.claim_next(queue="default", worker="w1") is None
    assert (retry.status, retry.reason) == ("cancelled", "user")
    assert Run.objects.count() == 2


# -- Two at once -------------------------------------------------------------------
def test_a_worker_that_was_taken_for_dead_adds_no_second_retry(make_task, claim_of):
    held = claim_of(make_task(idempotent=True))

    with before_an_update(lambda: lose(held.run)):
        assert not fail(held)
    assert Run.objects.filter(retry_of=held.run.pk).count() == 1
    assert Run.objects.get(pk=held.run.pk).reason == Reason.LOST


@pytest.mark.parametrize(
    ("meanwhile", "reason", "retries"),
    [
        (lambda held: fail(held, "timeout"), "timeout", 1),
        (lambda held: services.renew(claim=held), "", 0),
        (lambda held: services.reap(), "lost", 1),
    ],
    ids=["its worker ends it", "its worker renews", "another tick"],
)
def test_a_reaper_that_comes_second_changes_nothing(
    make_task, claim_of, monkeypatch, meanwhile, reason, retries
):
    held = claim_of(make_task(idempotent=True))
    honest = upkeep._take_away

    def come_second(run):
        monkeypatch.undo()
        assert meanwhile(held)
        return honest(run)

    monkeypatch.setattr(upkeep, "_take_away", come_second)

    assert lose(held.run) == 0
    assert Run.objects.get(pk=held.run.pk).reason == reason
    assert Run.objects.filter(retry_of=held.run.pk).count() == retries


def test_a_retry_that_is_there_already_is_not_doubled(make_task, claim_of, make_run):
    held = claim_of(make_task())
    make_run(retry_of=held.run, attempt=2, trigger=Trigger.RETRY)

    assert fail(held)

    assert Run.objects.filter(retry_of=held.run.pk).count() == 1
    assert Run.objects.get(pk=held.run.pk).status == RunStatus.FAILED

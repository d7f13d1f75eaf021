from __future__ import annotations

import pytest

from apps.core.errors import NotFound
from apps.runs import services, worker
from apps.runs.models import OutboxMessage, Run, RunStatus
from apps.runs.services.control import RunNotCancellable
from tests.integration.runs.meanwhile import before_an_update

pytestmark = pytest.mark.django_db


def test_cancelling_a_queued_run_keeps_it_from_starting(make_run):
    run = make_run()

    services.cancel_run(run=run)
    worker.look()

    run.refresh_from_db()
    assert run.status == RunStatus.CANCELLED
    assert run.reason == "user"
    assert run.began_at is None


def test_cancelling_a_running_run_asks_its_worker(make_run):
    run = services.cancel_run(run=make_run(status="running"))

    assert run.status == RunStatus.RUNNING
    assert run.cancel_requested_at is not None


def test_asking_twice_changes_nothing(make_run):
    run = make_run(status="running")
    first = services.cancel_run(run=run).cancel_requested_at

    assert services.cancel_run(run=run).cancel_requested_at == first


def test_a_run_that_has_ended_cannot_be_cancelled(make_run):
    with pytest.raises(RunNotCancellable, match=r"ended already \(completed\)"):
        services.cancel_run(run=make_run(status="completed"))


def test_a_run_that_is_deleted_meanwhile_is_not_there(make_run):
    run = make_run()
    with (
        before_an_update(lambda: Run.objects.all().delete()),
        pytest.raises(NotFound, match=f"There is no run {run.pk}"),
    ):
        services.cancel_run(run=run)


def test_receivers_are_told_of_a_queued_run_that_was_cancelled(make_run, settings):
    settings.RUN_RECEIVERS = ["tests.somewhere.receiver"]
    queued, running = make_run(), make_run(status="running")

    for run in (queued, running):
        services.cancel_run(run=run)

    assert [message.run_id for message in OutboxMessage.objects.all()] == [queued.pk]

"""A cancel and whatever else happens to its run in another process, on PostgreSQL."""

from __future__ import annotations

from datetime import timedelta
from threading import Event, Thread

import pytest
from django.db import connection, transaction
from django.utils import timezone

from apps.runs import services
from apps.runs.models import FINAL, Reason, Run, RunStatus
from apps.runs.services import Cancelled, Claim
from apps.runs.services.control import RunNotCancellable
from tests.integration.runs.meanwhile import (
    before_an_update,
    in_a_thread,
    on_a_connection_of_its_own,
)
from tests.servers import wait_until

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(
        connection.vendor != "postgresql", reason="SQLite has one writer at a time."
    ),
]

PAST = timezone.now() - timedelta(hours=1)
ABANDONED = {"status": "running", "began_at": None, "lease_until": PAST}


def claim(run):
    services.claim_next(queue=run.queue, worker="other")


def finish(run):
    held = Claim(run, run.claim_token)
    services.finish(claim=held, status=RunStatus.COMPLETED, reason=Reason.EXIT)


def take_away(run):
    services.reap()


@pytest.mark.parametrize(
    ("state", "other", "turn"),
    [
        ({}, claim, 1),
        ({"status": "running"}, finish, 1),
        ({"status": "running"}, finish, 2),
        (ABANDONED, take_away, 1),
        (ABANDONED, take_away, 2),
    ],
)
def test_no_cancel_is_lost(make_run, state, other, turn):
    run = make_run(**state)
    threads = []

    with before_an_update(
        lambda: threads.append(in_a_thread(lambda: other(run))), turn=turn
    ):
        try:
            services.cancel_run(run=Run.objects.get(pk=run.pk))
        except RunNotCancellable:
            assert Run.objects.get().status in FINAL
    threads[0].join()

    run.refresh_from_db()
    assert run.status in FINAL or run.cancel_requested_at is not None


def test_many_are_not_held_up_by_one_that_somebody_holds(make_run):
    held, free = make_run(), make_run()
    is_held = Event()

    def hold():
        with transaction.atomic():
            Run.objects.select_for_update().get(pk=held.pk)
            is_held.set()
            wait_until(
                lambda: Run.objects.get(pk=free.pk).status == RunStatus.CANCELLED,
                timeout_s=10,
                what="the other run was cancelled",
            )

    holder = Thread(target=on_a_connection_of_its_own, args=(hold,))
    holder.start()
    assert is_held.wait(10)
    done = services.cancel_runs(runs=Run.objects.all())
    holder.join()

    assert done == Cancelled(asked=2, ended=0, left=0)
    assert set(Run.objects.values_list("status", flat=True)) == {"cancelled"}

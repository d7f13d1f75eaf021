"""Who owns a run: claimed once, kept by its lease, ended by one owner."""

from __future__ import annotations

import uuid
from datetime import timedelta

import pytest
from django.db import IntegrityError
from django.utils import timezone

from apps.runs import services, state
from apps.runs.models import Reason, Run, RunStatus
from tests.integration.runs.meanwhile import before_an_update

pytestmark = pytest.mark.django_db


def claim():
    return services.claim_next(queue="default", worker="w1")


def test_a_claim_takes_the_best_waiting_run(make_run):
    make_run()
    urgent = make_run(priority=5)

    assert claim().run.pk == urgent.pk


def test_runs_of_one_priority_are_taken_in_the_order_they_came(make_run):
    first, second = make_run(), make_run()

    assert [claim().run.pk, claim().run.pk] == [first.pk, second.pk]


def test_a_run_is_claimed_once(make_run):
    make_run()

    assert claim() is not None
    assert claim() is None


def test_a_claim_that_lost_the_race_takes_the_next_run(make_run):
    first, second = make_run(), make_run()

    with before_an_update(lambda: services.cancel_run(run=first)):
        assert claim().run.pk == second.pk
    first.refresh_from_db()
    assert first.status == RunStatus.CANCELLED


def test_other_queues_and_later_runs_are_left_alone(make_run):
    make_run(queue="gpu")
    make_run(not_before=timezone.now() + timedelta(hours=1))

    assert claim() is None


def test_finishing_records_the_end_and_gives_up_the_claim(make_run):
    run = make_run()

    assert services.finish(
        claim=claim(), status=RunStatus.COMPLETED, reason=Reason.EXIT, exit_code=0
    )
    run.refresh_from_db()
    assert (run.status, run.reason, run.exit_code) == ("completed", "exit", 0)
    assert run.finished_at is not None
    assert run.claim_token is None


def test_a_late_owner_changes_nothing(make_run):
    run = make_run()
    held = claim()
    Run.objects.filter(pk=run.pk).move(RunStatus.FAILED, reason=Reason.LOST)

    assert not services.finish(
        claim=held, status=RunStatus.COMPLETED, reason=Reason.EXIT
    )
    assert not services.renew(claim=held)
    assert not services.begin(claim=held, sha256="")
    run.refresh_from_db()
    assert run.reason == Reason.LOST


def test_a_run_that_was_taken_over_is_not_ended_by_its_first_owner(make_run):
    run = make_run()
    held = claim()
    Run.objects.filter(pk=run.pk).update(claim_token=uuid.uuid4())

    assert not services.finish(
        claim=held, status=RunStatus.COMPLETED, reason=Reason.EXIT
    )


def test_a_run_that_is_to_be_cancelled_does_not_begin(make_run):
    run = make_run()
    held = claim()
    services.cancel_run(run=run)

    assert not services.begin(claim=held, sha256="")


def test_a_run_begins_once(make_run):
    make_run()
    held = claim()

    assert services.begin(claim=held, sha256="")
    assert not services.begin(claim=held, sha256="")


def test_renewing_moves_the_lease_on(make_run):
    run = make_run()
    held = claim()
    Run.objects.filter(pk=run.pk).update(
        lease_until=timezone.now() - timedelta(seconds=1)
    )

    assert services.renew(claim=held)
    run.refresh_from_db()
    assert run.lease_until > timezone.now()


@pytest.mark.parametrize("status", ["completed", "failed", "cancelled"])
@pytest.mark.parametrize("to", list(RunStatus))
def test_no_move_leads_out_of_a_final_status(make_run, status, to):
    run = make_run(status=status)

    moved = Run.objects.filter(pk=run.pk).move(to, reason=Reason.LOST)

    assert moved == 0


@pytest.mark.parametrize(
    "changes",
    [
        {"status": "done"},
        {"status": "completed", "finished_at": None},
        {"status": "running", "claim_token": None},
        {"status": "completed", "reason": ""},
    ],
)
def test_the_database_refuses_states_that_cannot_be(make_run, changes):
    with pytest.raises(IntegrityError):
        make_run(**changes)


def test_beginning_renews_the_lease(make_run, settings):
    settings.LEASE_S = 1000
    run = make_run()
    claim = services.claim_next(queue="default", worker="w1")
    soon = timezone.now() + timedelta(seconds=5)
    Run.objects.filter(pk=run.pk).update(lease_until=soon)

    assert services.begin(claim=claim, sha256="")
    run.refresh_from_db()
    assert run.lease_until > soon


def test_a_run_whose_lease_is_over_does_not_begin(make_run):
    run = make_run()
    claim = services.claim_next(queue="default", worker="w1")
    over = timezone.now() - timedelta(seconds=1)
    Run.objects.filter(pk=run.pk).update(lease_until=over)

    assert not services.begin(claim=claim, sha256="")
    run.refresh_from_db()
    assert (run.status, run.began_at) == ("running", None)


# -- While others claim too --------------------------------------------------------
def test_a_slot_that_looks_for_a_run_says_that_it_does(make_run, monkeypatch):
    board = state.Board(1)
    monkeypatch.setattr(state, "_place", [(board, 0)])
    state.beat(state.Phase.LEADING)
    beats = []
    board.slot_beats = lambda index, phase: beats.append(phase)
    make_run(group="db")

    assert claim()

    # Between any two queries, and before each candidate.
    assert beats == [state.Phase.LEADING] * 3

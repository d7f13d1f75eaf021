"""Tick prunes once an hour, in one cluster, a little at a time."""

from __future__ import annotations

import logging
from datetime import timedelta

import pytest
from django.db import DatabaseError
from django.utils import timezone

from apps.core.ids import first_uuid7
from apps.runs import services, ticking
from apps.runs.models import Instance, Run
from apps.runs.services import retention

pytestmark = pytest.mark.django_db

HOUR = timedelta(hours=1)


@pytest.fixture
def make_old(make_run):
    moment = timezone.now() - timedelta(days=100)
    first = first_uuid7(moment)

    def make(count):
        for number in range(count):
            make_run(
                status="failed",
                finished_at=moment,
                id=type(first)(int=first.int + number),
            )

    return make


@pytest.fixture(autouse=True)
def _due():
    Instance.objects.update(prune_due_at=timezone.now() - HOUR)


def test_of_two_clusters_one_prunes():
    assert [services.claim_pruning(), services.claim_pruning()] == [True, False]


def test_an_hour_later_it_is_due_again():
    services.claim_pruning()
    due_at = Instance.objects.get().prune_due_at
    assert timedelta(minutes=59) < due_at - timezone.now() <= HOUR

    Instance.objects.update(prune_due_at=due_at - HOUR - timedelta(seconds=1))

    assert services.claim_pruning()


def test_tick_prunes_and_says_so(make_old, caplog):
    caplog.set_level(logging.INFO, "apps.runs.ticking")
    make_old(3)

    ticking.Pruner().go_on()

    assert not Run.objects.exists()
    assert "Pruned: PruneReport(runs=3" in caplog.text


def test_tick_takes_one_step_when_its_time_is_used_up(make_old, monkeypatch):
    monkeypatch.setattr(ticking, "PRUNE_BUDGET_S", 0)
    monkeypatch.setattr(retention, "BATCH_RUNS", 2)
    make_old(5)
    pruner, left = ticking.Pruner(), []
    for _ in range(3):
        pruner.go_on()
        left.append(Run.objects.count())

    assert left == [3, 1, 0]


def test_another_cluster_waits_while_one_goes_on(make_old, monkeypatch):
    monkeypatch.setattr(ticking, "PRUNE_BUDGET_S", 0)
    make_old(1)
    pruner = ticking.Pruner()
    pruner.go_on()
    Instance.objects.update(prune_due_at=timezone.now() - HOUR)

    pruner.go_on()

    assert not services.claim_pruning()


def test_a_pass_that_failed_is_made_anew_an_hour_later(make_old, monkeypatch):
    def fail(batch):
        raise DatabaseError("database is locked")

    monkeypatch.setattr(ticking, "PRUNE_LOOK_S", 0)
    make_old(1)
    pruner = ticking.Pruner()
    with monkeypatch.context() as patch:
        patch.setattr(retention, "_deleted", fail)
        with pytest.raises(DatabaseError, match="locked"):
            pruner.go_on()
    pruner.go_on()
    assert Run.objects.count() == 1

    Instance.objects.update(prune_due_at=timezone.now() - HOUR)
    pruner.go_on()
    assert not Run.objects.exists()


def test_after_a_pass_there_is_another(make_old, monkeypatch):
    monkeypatch.setattr(ticking, "PRUNE_LOOK_S", 0)
    pruner = ticking.Pruner()
    for _ in range(2):
        make_old(1)
        pruner.go_on()
        assert not Run.objects.exists()
        Instance.objects.update(prune_due_at=timezone.now() - HOUR)

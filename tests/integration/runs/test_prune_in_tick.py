"""Tick prunes once an hour, in one cluster, a little at a time."""

from __future__ import annotations

import logging
import os
import uuid
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.files.base import ContentFile
from django.db import DatabaseError
from django.utils import timezone

from apps.core.ids import first_uuid7
from apps.runs import artifacts, services, state, ticking
from apps.runs.models import Artifact, Instance, Run
from apps.runs.services import retention

pytestmark = pytest.mark.django_db

HOUR = timedelta(hours=1)


@pytest.fixture
def make_old(make_run):
    moment = timezone.now() - timedelta(days=100)
    first = first_uuid7(moment)

    def make(count, *files):
        for number in range(count):
            run = make_run(
                status="failed",
                finished_at=moment,
                id=type(first)(int=first.int + number),
            )
            for name in files:
                path = artifacts.storage().save(f"{run.pk}/{name}", ContentFile(b"x"))
                Artifact.objects.create(run=run, name=name, path=path, size_bytes=1)

    return make


def folder_of(run):
    return Path(artifacts.storage().path(str(run.pk)))


@pytest.fixture
def board(monkeypatch):
    board = state.Board(1)
    monkeypatch.setattr(state, "_place", [(board, None)])
    return board


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


def test_a_tick_deletes_no_more_files_than_it_has_time_for(make_old, monkeypatch):
    monkeypatch.setattr(ticking, "PRUNE_BUDGET_S", 0)
    make_old(2, "a.txt", "b.txt")
    folders = [folder_of(run) for run in Run.objects.order_by("id")]
    pruner, left = ticking.Pruner(), []

    for _ in range(6):
        pruner.go_on()
        left.append(sum(len(list(f.glob("*"))) for f in folders))

    # The rows in one step, so that a kill leaves files without a row, then each file.
    assert left == [4, 3, 2, 1, 0, 0]
    assert not Run.objects.exists()


def test_a_tick_removes_a_huge_work_folder_over_many_ticks(
    scripts_dir, settings, monkeypatch
):
    monkeypatch.setattr(ticking, "PRUNE_BUDGET_S", 0)
    folder = settings.DATA_DIR / "runs" / str(uuid.uuid4())
    folder.mkdir(parents=True)
    for number in range(3):
        (folder / f"{number}.txt").write_text("x")
    os.utime(folder, (1, 1))
    pruner, left = ticking.Pruner(), set()

    while folder.exists():
        left.add(len(list(folder.iterdir())))
        pruner.go_on()

    assert left == {3, 2, 1, 0}


def test_tick_says_that_it_is_at_work_between_two_files(make_old, board):
    make_old(3, "a.txt", "b.txt")
    beats = []
    board.tick_beats = lambda: beats.append(1)

    ticking.Pruner().go_on()

    # Three runs, with two files and a folder each.
    assert len(beats) > 9


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

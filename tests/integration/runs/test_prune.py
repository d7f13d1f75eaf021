"""Which ended runs go, what goes with them, and what never does."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.files.base import ContentFile
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from apps.core.ids import first_uuid7, uuid7
from apps.runs import artifacts, services
from apps.runs.models import Artifact, LogChunk, Run
from apps.runs.services import retention
from apps.tasks.models import Task

pytestmark = pytest.mark.django_db

NOW = timezone.now().replace(microsecond=0)


def id_of(moment):
    """Return a new id as it would have been given then."""
    return type(uuid7())(int=first_uuid7(moment).int | uuid7().int & (2**62 - 1))


@pytest.fixture
def make_ended(make_run):
    """Make a run that was queued and ended so many days ago."""

    def make(days=0.0, **changes):
        moment = NOW - timedelta(days=days)
        values = {
            "status": "completed",
            "id": id_of(moment),
            "queued_at": moment,
            "finished_at": moment,
        }
        return make_run(**values | changes)

    return make


@pytest.fixture
def make_task(hello):
    def make(name="greet", **changes):
        return Task.objects.create(name=name, script=hello, **changes)

    return make


@pytest.fixture
def keep_file():
    """Keep an artifact of a run, and return the file's path in the storage."""

    def keep(run, name="a.txt", content=b"12345"):
        path = artifacts.storage().save(f"{run.pk}/{name}", ContentFile(content))
        Artifact.objects.create(
            run=run,
            name=name,
            path=path,
            size_bytes=len(content),
            content_type="text/plain",
            sha256="",
        )
        return path

    return keep


def left():
    return set(Run.objects.values_list("pk", flat=True))


def prune(**changes):
    return services.prune(now=NOW, **changes)


# -- Age -------------------------------------------------------------------------
def test_a_run_goes_when_it_is_older_than_the_days_and_not_before(make_ended):
    make_ended(91, finished_at=NOW - timedelta(days=90, microseconds=1))
    exact = make_ended(91, finished_at=NOW - timedelta(days=90))
    fresh = make_ended(1)

    assert prune().runs == 1
    assert left() == {exact.pk, fresh.pk}


@pytest.mark.parametrize("status", ["completed", "failed", "cancelled"])
def test_every_final_status_goes(make_ended, status):
    make_ended(91, status=status)

    assert prune().runs == 1


def test_a_run_that_waited_long_is_as_old_as_its_end(make_ended):
    make_ended(200, finished_at=NOW - timedelta(days=1))

    assert prune().runs == 0


@pytest.mark.parametrize("status", ["queued", "running"])
def test_an_active_run_never_goes(make_run, status):
    make_run(status=status, id=id_of(NOW - timedelta(days=5000)))

    assert prune(days=1, keep=1).runs == 0
    assert len(left()) == 1


@pytest.mark.parametrize("days", [0, 10**9, 10**18])
def test_no_days_or_very_many_keep_for_ever(make_ended, settings, days):
    settings.KEEP_RUNS_DAYS = days
    make_ended(5000)

    assert prune().runs == 0


def test_a_task_may_keep_its_runs_shorter_longer_or_for_ever(make_ended, make_task):
    short, long, ever = (make_task(str(n), keep_days=n) for n in (10, 200, 0))
    make_ended(11, task=short)
    make_ended(201, task=long)
    kept = {
        make_ended(9, task=short).pk,
        make_ended(100, task=long).pk,
        make_ended(5000, task=ever).pk,
    }
    make_ended(91, task=make_task("as the hub"))

    assert prune().runs == 3
    assert left() == kept


# -- Count -----------------------------------------------------------------------
def test_the_newest_of_each_script_and_task_are_kept(make_ended, make_task, add_script):
    task, other = make_task(), add_script("other.sh", "#!/bin/sh\n")
    kept = set()
    for group in ({}, {"task": task}, {"script": other}):
        runs = [make_ended(days, **group) for days in (4, 3, 2, 1)]
        kept |= {runs[2].pk, runs[3].pk}

    assert prune(keep=2).runs == 6
    assert left() == kept


def test_active_runs_do_not_count(make_ended, make_run):
    for _ in range(3):
        make_run()
    ended = make_ended(1)

    assert prune(keep=1).runs == 0
    assert ended.pk in left()


def test_a_task_may_have_its_own_count(make_ended, make_task):
    few, all_ = make_task("few", keep_count=1), make_task("all", keep_count=0)
    for days in (3, 2, 1):
        make_ended(days, task=few)
        make_ended(days, task=all_)
        make_ended(days)

    assert prune().runs == 2
    assert prune(keep=2).runs == 1
    assert Run.objects.filter(task=all_).count() == 3


def test_without_a_count_all_are_kept(make_ended):
    for days in range(5):
        make_ended(days)

    assert prune().runs == 0


# -- What goes with a run --------------------------------------------------------
def test_log_rows_and_files_go_with_a_run_and_are_reported(make_ended, keep_file):
    run = make_ended(91, log_bytes=100)
    LogChunk.objects.create(run=run, seq=1, stream="stdout", text="x" * 100)
    path = keep_file(run)

    assert prune() == services.PruneReport(runs=1, artifacts=1, bytes=105)
    assert not LogChunk.objects.exists()
    assert not Artifact.objects.exists()
    assert not artifacts.storage().exists(path)
    assert not artifacts.storage().exists(str(run.pk))


def test_what_a_kept_run_has_stays(make_ended, keep_file):
    make_ended(91)
    kept = make_ended(1)
    LogChunk.objects.create(run=kept, seq=1, stream="stdout", text="x")
    path = keep_file(kept)

    prune()

    assert LogChunk.objects.count() == Artifact.objects.count() == 1
    assert artifacts.storage().exists(path)


def test_a_retry_outlives_the_run_that_it_repeats(make_ended):
    first = make_ended(91)
    retry = make_ended(1, retry_of=first, attempt=2)

    prune()

    retry.refresh_from_db()
    assert (retry.retry_of_id, retry.attempt) == (None, 2)


# -- Batches ---------------------------------------------------------------------
def test_many_go_in_batches_and_windows(make_ended, monkeypatch):
    monkeypatch.setattr(retention, "BATCH_RUNS", 2)
    monkeypatch.setattr(retention, "WINDOW", 5)
    for _ in range(12):
        make_ended(91)
    kept = make_ended(1)

    sizes = [part.runs for part in services.prune_in_steps(now=NOW) if part.runs]

    assert sizes == [2, 2, 1, 2, 2, 1, 2]
    assert left() == {kept.pk}


def test_what_was_deleted_meanwhile_is_not_counted_twice(make_ended, monkeypatch):
    monkeypatch.setattr(retention, "BATCH_RUNS", 1)
    for _ in range(3):
        make_ended(91, log_bytes=10)
    steps = services.prune_in_steps(now=NOW)
    assert next(steps) == services.PruneReport(runs=1, bytes=10)

    assert prune().runs == 2
    assert set(steps) == {services.PruneReport()}


def test_large_logs_make_small_batches(make_ended, settings):
    for _ in range(3):
        make_ended(91, log_bytes=settings.LOG_LIMIT_BYTES * 10)

    steps = services.prune_in_steps(now=NOW)

    assert [part.runs for part in steps if part.runs] == [1, 1, 1]


def test_a_limit_is_one_for_all_windows_and_walks(make_ended, monkeypatch):
    monkeypatch.setattr(retention, "WINDOW", 1)
    for days in (93, 92, 91, 3, 2, 1):
        make_ended(days)

    assert prune(limit=2, keep=1).runs == 2
    assert prune(limit=2, keep=1).runs == 2
    assert len(left()) == 2


def test_a_limit_takes_the_oldest_first(make_ended):
    make_ended(93)
    kept = {make_ended(92).pk, make_ended(91).pk}

    assert prune(limit=1).runs == 1
    assert left() == kept
    assert prune(limit=0).runs == 0


def test_a_dry_run_counts_the_same_and_deletes_nothing(make_ended, keep_file):
    path = keep_file(make_ended(92, log_bytes=7))
    for days in (91, 3, 2, 1):
        make_ended(days)

    planned = prune(keep=2, dry_run=True)

    assert planned == services.PruneReport(runs=3, artifacts=1, bytes=12)
    assert len(left()) == 5
    assert artifacts.storage().exists(path)
    assert prune(keep=2) == planned


def test_every_walk_follows_an_index(make_ended, make_task):
    if connection.vendor != "sqlite":
        pytest.skip("PostgreSQL reads a table as small as a test's without an index.")
    make_ended(20, task=make_task(keep_days=10, keep_count=5))
    with CaptureQueriesContext(
        connection,
    ) as captured:
        prune(dry_run=True)
        prune(dry_run=True, keep=3)
    walks = [
        q["sql"] for q in captured if "ORDER BY" in q["sql"] and "LIMIT" in q["sql"]
    ]
    plans = []
    for sql in walks:
        if "runs_run" in sql:
            with connection.cursor() as cursor:
                cursor.execute(f"EXPLAIN QUERY PLAN {sql}")
                plans.append(" ".join(str(row[-1]) for row in cursor.fetchall()))
    assert len(plans) >= 4
    assert [plan for plan in plans if "INDEX" not in plan or "B-TREE" in plan] == []


# -- The command -----------------------------------------------------------------
def test_the_command_says_what_it_deleted(make_ended, keep_file, capsys):
    keep_file(make_ended(40))
    make_ended(20)

    call_command("prune", "--days", "30", "--dry-run")
    call_command("prune", "--days", "30", "--keep", "5")

    assert capsys.readouterr().out.splitlines() == [
        "Would delete 1 run(s) and 1 artifact file(s), 5 bytes in all.",
        "Deleted 1 run(s) and 1 artifact file(s), 5 bytes in all.",
    ]
    assert len(left()) == 1


@pytest.mark.parametrize("option", ["--days", "--keep"])
def test_the_command_refuses_what_is_no_number(option):
    with pytest.raises(CommandError, match="is no whole number; write 0 or more"):
        call_command("prune", f"{option}=-1")

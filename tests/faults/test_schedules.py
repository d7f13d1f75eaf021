"""Schedules while clusters die, stay away, and disagree about the time."""

from __future__ import annotations

import random
import signal
import sqlite3
import time
from contextlib import contextmanager

import psycopg
import pytest

from tests.faults.planning import planned
from tests.faults.site import named

HOUR_S = 3600
# After more, a tick is started again ever more slowly.
KILLS = 4
LOCK_S = 15


@pytest.mark.fault(50)
@pytest.mark.parametrize(
    ("missed", "expected"),
    [
        ("skip", {"missed": 18}),
        ("latest", {"missed": 17, "late": 1}),
        ("all", {"missed": 8, "late": 10}),
    ],
)
def test_after_three_hours_without_clusters_the_policy_decides(site, missed, expected):
    # The last fire was a minute ago, the next one is nine minutes ahead.
    ago_s = 3 * HOUR_S + 60 - 600
    task, schedule = planned(site, "plan", ago_s=ago_s, every_s=600, missed=missed)

    clusters = [site.start_cluster(WORKERS="1", wait=False) for _ in range(3)]

    _wait_for_ring(site, schedule)
    assert planned(site, "outcomes", task) == expected
    assert planned(site, "audit", task) == []
    _wait_until_started(site, clusters)


@pytest.mark.fault(7)
def test_ticks_that_are_killed_again_and_again_double_no_fire_and_miss_none(site):
    dice = random.Random(7)
    cluster = site.start_cluster()
    tasks = [planned(site, "plan", every_s=1, missed="all")[0] for _ in range(2)]
    killed = set()
    for _kill in range(KILLS):
        tick = site.wait(lambda: _new_tick(cluster, killed), 30, what="a tick")
        rows = _rows(site)
        site.wait(lambda before=rows: _rows(site) > before, 30, what="it had fired")
        # Somewhere in the seconds that follow: in a firing, or between two.
        time.sleep(dice.uniform(0, 1))
        tick.kill()
        killed.add(tick)

    site.wait(lambda: _new_tick(cluster, killed), 30, what="a tick again")
    for task in tasks:
        planned(site, "stop", task)
        assert planned(site, "audit", task) == []


@pytest.mark.fault(2)
def test_a_cluster_that_dies_between_ring_and_run_leaves_the_fire_to_others(site):
    doomed = site.start_cluster(WORKERS="1")
    with _alarms_locked(site) as lock:
        task, schedule = planned(site, "plan", every_s=HOUR_S)
        lock(schedule)
        _wait_until_due(site, schedule)
        doomed.signal_tree(signal.SIGKILL)
    assert _count(site, "runs_run", task) == 0

    site.start_cluster(WORKERS="1")

    _wait_for_ring(site, schedule)
    assert planned(site, "outcomes", task) == {"started": 1}
    assert planned(site, "audit", task) == []


@pytest.mark.fault(51)
def test_when_a_schedule_fires_is_no_matter_of_the_hosts_time_zone(site):
    task, schedule = planned(
        site, "plan_between", "30 2 * * *", "America/New_York", "2026-03-07"
    )

    # Its days are long over, and are to be looked at row by row.
    clusters = [
        site.start_cluster(
            TIME_ZONE=zone, WORKERS="1", KEEP_LEDGER_DAYS="0", wait=False
        )
        for zone in ("Asia/Shanghai", "Australia/Lord_Howe")
    ]

    _wait_for_ring(site, schedule)
    # On the 8th there was no half past two: the first moment after the gap.
    expected = ["2026-03-07T07:30Z", "2026-03-08T07:00Z", "2026-03-09T06:30Z"]
    assert planned(site, "moments", task) == expected
    _wait_until_started(site, clusters)


@pytest.mark.fault(52)
def test_a_schedule_that_cannot_be_reckoned_harms_itself_alone(site):
    broken, broken_schedule = planned(site, "plan", ago_s=5, every_s=HOUR_S)
    healthy, schedule = planned(site, "plan", ago_s=5, every_s=HOUR_S)
    site.sql(
        "UPDATE tasks_schedule SET timezone = 'Mars/Base' WHERE id = ?", broken_schedule
    )

    cluster = site.start_cluster()

    _wait_for_ring(site, schedule)
    assert planned(site, "outcomes", healthy) == {"started": 1}
    site.wait(
        lambda: f"Schedule {broken_schedule} cannot be reckoned" in cluster.output()
    )
    assert planned(site, "outcomes", broken) == {}


@pytest.mark.fault(53)
@pytest.mark.parametrize("skew_s", [HOUR_S, -HOUR_S])
def test_a_host_whose_clock_is_wrong_fires_nothing_early_late_or_twice(site, skew_s):
    skewed = {"DJANGO_SETTINGS_MODULE": "tests.faults.skewed", "SKEW_S": str(skew_s)}
    site.start_cluster(WORKERS="1", **skewed)
    later, _schedule = planned(site, "plan", every_s=86_400, ago_s=86_400 - HOUR_S / 2)
    task, schedule = planned(site, "plan", every_s=HOUR_S)

    _wait_for_ring(site, schedule)

    assert planned(site, "outcomes", task) == {"started": 1}
    # Its second fire is half an hour ahead.
    assert len(planned(site, "moments", later)) == 1
    assert planned(site, "audit", task) == []


def _new_tick(cluster, killed):
    return next((p for p in named(cluster, "hub-tick") if p not in killed), None)


def _count(site, table, task):
    return site.sql(f"SELECT count(*) FROM {table} WHERE task_id = ?", task)[0][0]


def _rows(site):
    return site.sql("SELECT count(*) FROM runs_occurrence")[0][0]


def _wait_until_started(site, clusters):
    """One may have done it all while others start, which are not to be ended so soon."""
    for cluster in clusters:
        site.wait_for_slots(cluster, 1)


def _wait_for_ring(site, schedule):
    """Wait until the ledger of a schedule is written: its alarm rings no more now."""
    site.wait(
        lambda: _is_due(site, schedule) == 0 and _has_rows(site, schedule),
        30,
        what=f"schedule {schedule} was fired",
    )


def _has_rows(site, schedule):
    statement = "SELECT count(*) FROM runs_occurrence WHERE schedule_key = ?"
    return site.sql(statement, schedule)[0][0]


def _is_due(site, schedule):
    now = "now()" if site.on_postgres else "strftime('%Y-%m-%d %H:%M:%f', 'now')"
    due = f"SELECT count(*) FROM runs_alarm WHERE schedule_id = ? AND rings_at <= {now}"
    return site.sql(due, schedule)[0][0]


def _wait_until_due(site, schedule):
    """Wait until an alarm rings; on PostgreSQL, until a tick waits for its lock."""
    if site.on_postgres:
        waits = "SELECT count(*) FROM pg_locks WHERE NOT granted"
        site.wait(lambda: site.sql(waits)[0][0], 30, what="a tick waited")
    else:
        path = site.hub.data_dir / "database.db"
        database = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
        due = (
            "SELECT count(*) FROM runs_alarm WHERE schedule_id = ?"
            " AND rings_at <= strftime('%Y-%m-%d %H:%M:%f', 'now')"
        )
        try:
            site.wait(lambda: database.execute(due, (schedule,)).fetchone()[0], LOCK_S)
        finally:
            database.close()


@contextmanager
def _alarms_locked(site):
    """Give what locks an alarm, so that it rings and nobody can write what follows."""
    if site.on_postgres:
        with psycopg.connect(site.hub.env["DATABASE_URL"]) as database:
            yield lambda key: database.execute(
                "SELECT 1 FROM runs_alarm WHERE schedule_id = %s FOR UPDATE", [key]
            )
    else:
        path = site.hub.data_dir / "database.db"
        database = sqlite3.connect(path, timeout=20, isolation_level=None)
        try:
            yield lambda key: database.execute("BEGIN IMMEDIATE")
        finally:
            database.close()

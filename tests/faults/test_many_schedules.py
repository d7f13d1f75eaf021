"""A thousand schedules of one second, three clusters, and one of them is killed."""

from __future__ import annotations

import signal

import pytest

from tests.faults.planning import planned

MANY = 1000
# Generous: what it takes is measured elsewhere.
QUEUED_S = 60.0


@pytest.mark.fault(49)
def test_a_thousand_schedules_of_one_second_start_once_each(site):
    clusters = [site.start_cluster() for _ in range(3)]
    task, _second = planned(site, "plan_at_once", MANY)
    site.wait(
        lambda: _count(site, "runs_run", task) > 50, QUEUED_S, what="some had started"
    )

    clusters[0].signal_tree(signal.SIGKILL)

    site.wait(
        lambda: _count(site, "runs_run", task) >= MANY, QUEUED_S, what="all were queued"
    )
    assert planned(site, "audit", task) == []
    assert _count(site, "runs_occurrence", task) == MANY
    assert planned(site, "latest_s", task) < QUEUED_S
    assert planned(site, "cancel_all", task) == MANY


def _count(site, table, task):
    return site.sql(f"SELECT count(*) FROM {table} WHERE task_id = ?", task)[0][0]

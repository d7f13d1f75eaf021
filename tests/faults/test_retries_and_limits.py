"""Retries and limits hold, whoever dies."""

from __future__ import annotations

import json
import signal
import uuid

import pytest

from tests.faults.site import key, wait_for_death

MAKE = """
import json, sys
from apps.scripts.models import Script
from apps.tasks.models import Task
for name, script, fields in json.loads({given!r}):
    Task.objects.create(name=name, script=Script.objects.get(name=script), **fields)
"""
QUICKLY = {"retries": 1, "retry_wait_s": 1}
TASKS = [
    ("fragile", "slow.sh", QUICKLY),
    ("repeatable", "slow.sh", {**QUICKLY, "idempotent": True}),
    ("failing", "fails.sh", {"retries": 4, "retry_wait_s": 1}),
    ("alone", "gated.sh", {"group": "one at a time"}),
]


@pytest.fixture(scope="module")
def installed(make_site):
    return make_site(broker="redis", database="postgres")


@pytest.fixture(scope="module")
def prepared(installed):
    """The module's hub with its tasks."""
    installed.hub.manage("shell", "-c", MAKE.format(given=json.dumps(TASKS)))


def start(site, task) -> str:
    answer = site.hub.request(
        "POST", "/runs/runs", json={"task": task}, token=site.token
    )
    assert answer.status == 201, answer.text
    return answer.json()["run_id"]


def retries_of(site, run_id) -> list[str]:
    rows = site.sql("SELECT id FROM runs_run WHERE retry_of_id = ?", key(run_id))
    # SQLite keeps them without hyphens.
    return [str(uuid.UUID(str(found))) for (found,) in rows]


@pytest.mark.fault(1)
def test_what_was_lost_is_retried_once_and_only_if_it_may_be(site, prepared):
    doomed = site.start_cluster()
    fragile, repeatable = start(site, "fragile"), start(site, "repeatable")
    for run_id in (fragile, repeatable):
        site.wait_for_start(run_id)
    for _ in range(3):
        site.start_cluster(WORKERS="1")

    doomed.signal_tree(signal.SIGKILL)

    assert site.ended(repeatable) == ("failed", "lost")
    assert site.ended(fragile) == ("failed", "lost")
    assert retries_of(site, fragile) == []
    [retry] = retries_of(site, repeatable)
    site.wait_for_start(retry)
    site.cancel(retry)
    assert site.ended(retry) == ("cancelled", "user")


@pytest.mark.fault(11)
def test_a_slot_killed_before_it_writes_the_end_of_what_may_run_twice(site, prepared):
    cluster = site.start_cluster(WORKERS="1")
    run_id = start(site, "repeatable")
    script = site.wait_for_start(run_id)
    [slot] = site.wait_for_slots(cluster, 1)
    slot.suspend()
    script.terminate()
    wait_for_death(script, timeout_s=2)

    slot.kill()

    assert site.ended(run_id) == ("failed", "lost")
    [retry] = retries_of(site, run_id)
    site.wait_for_start(retry)
    site.cancel(retry)


@pytest.mark.fault(60)
def test_what_always_fails_is_tried_as_often_as_it_may_and_no_more(site, prepared):
    site.start_cluster()
    chain = [start(site, "failing")]
    for _ in range(4):
        assert site.ended(chain[-1]) == ("failed", "exit")
        [retry] = retries_of(site, chain[-1])
        # How long it waits is not for this test to sit out.
        site.sql("UPDATE runs_run SET not_before = NULL WHERE id = ?", key(retry))
        chain.append(retry)

    assert site.ended(chain[-1]) == ("failed", "exit")
    assert retries_of(site, chain[-1]) == []
    assert [site.read(run_id)["attempt"] for run_id in chain] == [1, 2, 3, 4, 5]


@pytest.mark.fault(58)
def test_two_clusters_never_run_two_of_a_group_of_one(site, prepared):
    first, _second = site.start_cluster(), site.start_cluster()
    runs = [start(site, "alone") for _ in range(3)]
    for _ in runs:
        [running] = site.wait(lambda: running_of(site, runs), what="one runs")
        site.wait_for_start(running)
        assert len(running_of(site, runs)) == 1
        site.open_gate(running)
        site.final(running)

    assert {site.ended(run_id) for run_id in runs} == {("completed", "exit")}
    assert first.alive


@pytest.mark.fault(58)
def test_the_place_in_a_group_of_a_run_that_was_lost_is_free_again(site, prepared):
    doomed = site.start_cluster()
    lost = start(site, "alone")
    site.wait_for_start(lost)
    waiting = start(site, "alone")

    doomed.signal_tree(signal.SIGKILL)
    site.start_cluster()

    assert site.ended(lost) == ("failed", "lost")
    site.wait_for_start(waiting)
    site.open_gate(waiting)
    assert site.ended(waiting) == ("completed", "exit")


def running_of(site, runs) -> list[str]:
    return [run_id for run_id in runs if site.read(run_id)["status"] == "running"]

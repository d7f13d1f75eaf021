"""A cluster, or a slot with a run, may be killed at any moment."""

from __future__ import annotations

import signal

import pytest

from tests.faults.site import hold_starts, key, lives, one, slots, wait_for_death

PROMPTLY_S = 2.0


@pytest.mark.fault(1)
def test_a_run_is_lost_with_the_whole_tree_and_not_started_again(site):
    cluster = site.start_cluster()
    run_id = site.start("slow.sh")
    script = site.wait_for_start(run_id)

    cluster.signal_tree(signal.SIGKILL)
    site.start_cluster()

    assert site.ended(run_id) == ("failed", "lost")
    assert not lives(script)
    assert site.read(run_id)["message"].startswith("The worker was lost")


@pytest.mark.fault(2)
def test_what_only_waited_runs_elsewhere(site):
    cluster = site.start_cluster()
    running = [site.start("slow.sh") for _ in slots(cluster)]
    for run_id in running:
        site.wait_for_start(run_id)
    waiting = [site.start("quick.sh") for _ in range(10)]

    cluster.signal_tree(signal.SIGKILL)
    site.start_cluster()

    assert {site.ended(run_id) for run_id in waiting} == {("completed", "exit")}
    assert {site.ended(run_id) for run_id in running} == {("failed", "lost")}


@pytest.mark.fault(3)
def test_a_killed_busy_slot_takes_its_script_along_and_the_next_run_goes(site):
    cluster = site.start_cluster(WORKERS="1")
    run_id = site.start("slow.sh")
    script = site.wait_for_start(run_id)

    one(cluster, "hub-slot-1").kill()

    wait_for_death(script, timeout_s=PROMPTLY_S)
    assert site.ended(site.start("quick.sh")) == ("completed", "exit")
    assert site.ended(run_id) == ("failed", "lost")
    assert cluster.alive


@pytest.mark.fault(5)
def test_a_killed_sentinel_ends_the_cluster_with_an_error(site):
    keeper = site.keep_cluster()
    first = keeper.cluster
    tree = first.tree()
    run_id = site.start("slow.sh")
    script = site.wait_for_start(run_id)

    one(first, "hub-sentinel").kill()

    assert first.wait(PROMPTLY_S) == 1
    wait_for_death(script, *tree, timeout_s=PROMPTLY_S)
    assert site.ended(site.start("quick.sh")) == ("completed", "exit")
    assert site.ended(run_id) == ("failed", "lost")


@pytest.mark.fault(6)
def test_a_killed_main_process_takes_everything_along(site):
    cluster = site.start_cluster()
    run_id = site.start("daemon_then_stay.py")
    script = site.wait_for_start(run_id)
    daemons = site.daemons(1)
    tree = cluster.tree()

    cluster.kill()

    wait_for_death(script, *daemons, *tree, timeout_s=PROMPTLY_S)
    site.start_cluster()
    assert site.ended(run_id) == ("failed", "lost")


@pytest.mark.fault(10)
def test_a_slot_killed_between_claim_and_go_gives_its_run_back(site):
    cluster = site.start_cluster(WORKERS="1")
    let_start = hold_starts(cluster)
    run_id = site.start("quick.sh")
    site.wait_for_status(run_id, "running")

    one(cluster, "hub-slot-1").kill()
    let_start()

    assert site.ended(run_id) == ("completed", "exit")
    [(returns,)] = site.sql("SELECT returns FROM runs_run WHERE id = ?", key(run_id))
    assert returns == 1


@pytest.mark.fault(10)
def test_a_cluster_killed_between_claim_and_go_gives_its_run_back(site):
    cluster = site.start_cluster(WORKERS="1")
    hold_starts(cluster)
    run_id = site.start("quick.sh")
    site.wait_for_status(run_id, "running")

    cluster.signal_tree(signal.SIGKILL)
    site.start_cluster()

    assert site.ended(run_id) == ("completed", "exit")
    assert site.count_starts(run_id) == 1


@pytest.mark.fault(11)
def test_a_slot_killed_before_it_writes_the_end_loses_the_run_and_keeps_its_log(site):
    cluster = site.start_cluster(WORKERS="1")
    run_id = site.start("gated.sh")
    script = site.wait_for_start(run_id)
    site.wait(lambda: "first" in site.log(run_id), what="the log was written")
    slot = one(cluster, "hub-slot-1")
    slot.suspend()
    site.open_gate(run_id)
    wait_for_death(script, timeout_s=PROMPTLY_S)

    slot.kill()

    assert site.ended(run_id) == ("failed", "lost")
    assert site.log(run_id).startswith("first\n")
    assert site.count_starts(run_id) == 1

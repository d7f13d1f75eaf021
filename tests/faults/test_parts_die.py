"""Any part of a cluster may be killed while the others go on."""

from __future__ import annotations

import time

import pytest

from tests.faults.site import kill_all, named, one, slots, wait_for_death

PROMPTLY_S = 2.0
PARTS = {
    *("hub-cluster", "hub-sentinel", "hub-tick", "hub-slot-1"),
    *("hub-launcher", "hub-spare"),
}


@pytest.fixture(scope="module")
def installed(make_site):
    return make_site(broker="redis")


@pytest.mark.fault(4)
@pytest.mark.parametrize("count", [1, 2])
def test_each_idle_slot_may_be_killed_in_turn(site, count):
    cluster = site.start_cluster(WORKERS=str(count))
    for slot in slots(cluster):
        slot.kill()
        wait_for_death(slot, timeout_s=PROMPTLY_S)
        site.wait_for_slots(cluster, count)

        run_id = site.start("quick.sh")
        assert site.ended(run_id) == ("completed", "exit")
        # The next one to be killed may be the one that ran it.
        site.wait_for_rest(run_id)
    assert cluster.alive


@pytest.mark.fault(4)
def test_all_idle_slots_may_be_killed_at_once(site):
    keeper = site.keep_cluster()

    kill_all(slots(keeper.cluster))

    runs = [site.start("quick.sh") for _ in range(4)]
    assert {site.ended(run_id) for run_id in runs} == {("completed", "exit")}


@pytest.mark.fault(7)
def test_no_process_passes_messages_or_results_on(site):
    cluster = site.start_cluster(WORKERS="1")

    site.wait(
        lambda: {process.name() for process in cluster.tree()} == PARTS,
        what=f"there was nothing but {PARTS}",
    )


@pytest.mark.fault(7)
def test_a_killed_tick_is_started_again(site):
    cluster = site.start_cluster()
    tick = one(cluster, "hub-tick")

    tick.kill()

    site.wait(lambda: named(cluster, "hub-tick") not in ([], [tick]), what="a new tick")
    assert site.ended(site.start("quick.sh")) == ("completed", "exit")
    assert cluster.alive


@pytest.mark.fault(7)
def test_a_tick_that_dies_over_and_over_is_started_once_a_second(site):
    cluster = site.start_cluster()
    killed = set()
    until = time.monotonic() + 3.5

    while time.monotonic() < until:
        for tick in named(cluster, "hub-tick"):
            killed.add(tick.pid)
            # The one before may be gone by now.
            kill_all([tick])
        time.sleep(0.01)

    # The one that was there, and one in each second that began.
    assert 2 <= len(killed) <= 5
    assert site.ended(site.start("quick.sh")) == ("completed", "exit")
    assert cluster.alive


@pytest.mark.fault(7)
def test_a_killed_launcher_ends_the_cluster_with_an_error(site):
    keeper = site.keep_cluster()
    first = keeper.cluster
    run_id = site.start("slow.sh")
    script = site.wait_for_start(run_id)

    one(first, "hub-launcher").kill()

    wait_for_death(script, timeout_s=PROMPTLY_S)
    assert first.wait(10) == 1
    assert site.ended(site.start("quick.sh")) == ("completed", "exit")
    assert site.ended(run_id) == ("failed", "lost")


@pytest.mark.fault(8)
@pytest.mark.parametrize("name", ["slow.sh", "daemon_then_stay.py"])
def test_a_killed_supervisor_fails_its_run_and_all_of_the_script_is_swept(site, name):
    cluster = site.start_cluster()
    run_id = site.start(name)
    script = site.wait_for_start(run_id)
    daemons = site.daemons(1) if name.endswith(".py") else []

    one(cluster, "hub-supervisor").kill()

    wait_for_death(script, *daemons, timeout_s=PROMPTLY_S)
    assert site.ended(run_id) == ("failed", "lost")
    assert "signal 9" in site.read(run_id)["message"]


@pytest.mark.fault(8)
@pytest.mark.parametrize("name", ["slow.sh", "daemon_then_stay.py"])
def test_a_launcher_sweeps_up_before_it_follows_its_cluster(site, name):
    cluster = site.start_cluster()
    run_id = site.start(name)
    script = site.wait_for_start(run_id)
    daemons = site.daemons(1) if name.endswith(".py") else []
    launcher = one(cluster, "hub-launcher")
    # So that it learns of both deaths at once.
    launcher.suspend()

    kill_all([one(cluster, "hub-supervisor"), *named(cluster, "hub-cluster")])

    wait_for_death(script, *daemons, launcher, timeout_s=PROMPTLY_S)


@pytest.mark.fault(9)
def test_a_killed_script_says_that_it_may_have_been_out_of_memory(site):
    site.start_cluster()
    run_id = site.start("slow.sh")

    site.wait_for_start(run_id).kill()

    run = site.final(run_id)
    assert (run["status"], run["reason"], run["signal"]) == ("failed", "signal", 9)
    assert "maybe out of memory" in run["message"]

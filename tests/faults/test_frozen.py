"""A process that stands still is no danger to a run, and is replaced."""

from __future__ import annotations

import signal
import time

import pytest

from tests.faults.site import named, one, slots, wait_for_death
from tests.servers.hub import FAST

# The fence of these tests, and some air.
FENCED_S = 4.0
# The longest that a part may say nothing, and some air.
WEDGED_S = float(FAST["WEDGE_S"]) + 6.0
# More than a part takes for an oversleep of its own, and than it may say nothing.
NAP_S = float(FAST["WEDGE_S"]) + 1.0


@pytest.fixture(scope="module")
def installed(make_site):
    return make_site(broker="redis", database="postgres")


@pytest.mark.fault(15)
def test_a_slot_frozen_past_its_lease_is_fenced_and_overwrites_nothing(site):
    cluster = site.start_cluster(WORKERS="1")
    run_id = site.start("slow.sh")
    script = site.wait_for_start(run_id)
    slot = one(cluster, "hub-slot-1")
    slot.suspend()

    wait_for_death(script, timeout_s=FENCED_S)
    assert site.ended(run_id) == ("failed", "lost")
    before = site.read(run_id)
    slot.resume()

    assert site.ended(site.start("quick.sh")) == ("completed", "exit")
    assert site.read(run_id) == before


@pytest.mark.fault(15)
def test_a_whole_host_that_was_asleep_overwrites_nothing(site):
    cluster = site.start_cluster()
    run_id = site.start("gated.sh")
    script = site.wait_for_start(run_id)
    cluster.signal_tree(signal.SIGSTOP)
    site.start_cluster()
    assert site.ended(run_id) == ("failed", "lost")
    before = site.read(run_id)

    site.open_gate(run_id)
    cluster.signal_tree(signal.SIGCONT)

    wait_for_death(script, timeout_s=FENCED_S)
    assert site.ended(site.start("quick.sh")) == ("completed", "exit")
    assert site.read(run_id) == before


@pytest.mark.fault(15)
def test_a_host_that_slept_for_long_goes_on_with_what_it_had(site):
    heartbeat = site.hub.folder / "heartbeat-of-the-sleeper"
    cluster = site.start_cluster(HEARTBEAT_FILE=str(heartbeat))
    before = cluster.tree()
    stopped_at = time.monotonic()
    cluster.signal_tree(signal.SIGSTOP)
    site.wait(lambda: time.monotonic() > stopped_at + NAP_S, what="it slept enough")

    woken_at = time.time()
    cluster.signal_tree(signal.SIGCONT)

    # Renewed after a look at all parts that found them well; the second time, after
    # one that did not begin before the sleep.
    site.wait(lambda: heartbeat.stat().st_mtime > woken_at + 2, what="it looked twice")
    assert cluster.alive, cluster.output()
    assert "says nothing" not in cluster.output()
    assert set(slots(cluster)) <= set(before)
    assert site.ended(site.start("quick.sh")) == ("completed", "exit")


@pytest.mark.fault(15)
def test_a_slot_frozen_for_long_is_replaced(site):
    cluster = site.start_cluster()
    frozen = slots(cluster)[0]

    frozen.suspend()

    wait_for_death(frozen, timeout_s=WEDGED_S)
    site.wait_for_slots(cluster, 2)
    assert site.ended(site.start("quick.sh")) == ("completed", "exit")
    assert cluster.alive


@pytest.mark.fault(15)
def test_when_all_slots_are_frozen_all_are_replaced(site):
    cluster = site.start_cluster()
    for slot in slots(cluster):
        slot.suspend()

    run_id = site.start("quick.sh")

    assert site.ended(run_id, WEDGED_S + 10) == ("completed", "exit")
    assert cluster.alive


@pytest.mark.fault(15)
def test_a_frozen_idle_slot_does_not_hold_up_the_other(site):
    cluster = site.start_cluster()
    slots(cluster)[0].suspend()

    runs = [site.start("quick.sh") for _ in range(3)]

    assert {site.ended(run_id) for run_id in runs} == {("completed", "exit")}


@pytest.mark.fault(5)
def test_a_frozen_sentinel_ends_the_cluster_with_an_error(site):
    keeper = site.keep_cluster()
    first = keeper.cluster
    tree = first.tree()

    one(first, "hub-sentinel").suspend()

    assert first.wait(WEDGED_S) == 1
    wait_for_death(*tree, timeout_s=2)
    assert site.ended(site.start("quick.sh")) == ("completed", "exit")


@pytest.mark.fault(7)
def test_a_frozen_tick_is_replaced(site):
    cluster = site.start_cluster()
    tick = one(cluster, "hub-tick")

    tick.suspend()

    wait_for_death(tick, timeout_s=WEDGED_S)
    site.wait(lambda: named(cluster, "hub-tick"), what="a new tick")
    assert site.ended(site.start("quick.sh")) == ("completed", "exit")
    assert cluster.alive


@pytest.mark.fault(7)
def test_a_frozen_launcher_does_not_hold_up_a_run(site):
    # Slots wait ANSWER_S for it once, and before they claim a run.
    cluster = site.start_cluster()
    launcher = one(cluster, "hub-launcher")

    launcher.suspend()

    try:
        runs = [site.start("quick.sh") for _ in range(4)]
        assert {site.ended(run_id) for run_id in runs} == {("completed", "exit")}
    finally:
        if launcher.is_running():
            launcher.resume()

"""Slots that die or freeze while they wait: others are there, and work goes on."""

from __future__ import annotations

import signal

import psutil
import pytest

SCRIPT = (
    "#!/bin/sh\n# /// script\n# [tool.automation-hub]\n# anonymous = true\n# ///\n"
    "echo hi\n"
)


@pytest.fixture(params=["orm", "redis"])
def hub(make_hub, request):
    hub = make_hub(broker=request.param, ANONYMOUS_API="127.0.0.0/8", WEDGE_S="3")
    hub.add_script("hi.sh", SCRIPT)
    hub.start()
    hub.wait_for_workers()
    return hub


def named(worker, name):
    """Return the cluster's processes whose name begins so."""
    tree = psutil.Process(worker.pid).children(recursive=True)
    return sorted(
        (p for p in tree if p.is_running() and p.name().startswith(name)),
        key=psutil.Process.name,
    )


def run_one(hub):
    answer = hub.request("POST", "/runs/runs", json={"script_name": "hi.sh"})
    return hub.wait_for_run(answer.json()["run_id"], 20)["status"]


def test_idle_slots_that_are_killed_are_started_again(hub):
    (worker,) = (child for child in hub.children if "qcluster" in child.argv)
    for _ in range(2):
        slots = hub.wait_for(lambda: two_slots(worker), what="two slots")
        for slot in slots:
            slot.kill()
        assert run_one(hub) == "completed"

    assert worker.alive


def two_slots(worker):
    slots = named(worker, "hub-slot")
    return slots if len(slots) == 2 else None


@pytest.mark.parametrize("number", [1, 2])
def test_a_frozen_slot_is_replaced(hub, number):
    (worker,) = (child for child in hub.children if "qcluster" in child.argv)
    slots = hub.wait_for(lambda: two_slots(worker), what="two slots")

    slots[number - 1].send_signal(signal.SIGSTOP)

    assert [run_one(hub) for _ in range(4)] == ["completed"] * 4
    assert worker.alive


def test_when_all_slots_are_frozen_they_are_replaced(hub):
    (worker,) = (child for child in hub.children if "qcluster" in child.argv)
    slots = hub.wait_for(lambda: two_slots(worker), what="two slots")

    for slot in slots:
        slot.send_signal(signal.SIGSTOP)

    assert run_one(hub) == "completed"
    assert worker.alive


@pytest.mark.parametrize("signum", [signal.SIGKILL, signal.SIGSTOP])
def test_a_tick_that_is_gone_is_replaced(hub, signum):
    (worker,) = (child for child in hub.children if "qcluster" in child.argv)
    (tick,) = hub.wait_for(lambda: named(worker, "hub-tick"), what="a tick")

    tick.send_signal(signum)

    hub.wait_for(
        lambda: [p.pid for p in named(worker, "hub-tick")] not in ([tick.pid], []),
        20,
        what="another tick",
    )
    assert worker.alive


def test_a_frozen_sentinel_ends_the_cluster_with_an_error(hub):
    (worker,) = (child for child in hub.children if "qcluster" in child.argv)
    (sentinel,) = hub.wait_for(lambda: named(worker, "hub-sentinel"), what="a sentinel")

    sentinel.send_signal(signal.SIGSTOP)

    hub.wait_for(lambda: not worker.alive, 20, what="the cluster ended")
    assert worker.returncode == 1

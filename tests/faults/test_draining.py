"""A cluster that is told to end does so in bounded time, and says what it ended."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

from tests.faults.site import lives, wait_for_death

# DRAIN_SECONDS, GRACE_S and last writes of these tests, and some air.
DRAINED_S = 8.0


@pytest.fixture(scope="module")
def installed(make_site):
    return make_site(broker="redis")


@pytest.mark.fault(12)
def test_short_runs_finish_and_what_waits_runs_elsewhere(site):
    cluster = site.start_cluster()
    running = [site.start("short.sh") for _ in range(2)]
    for run_id in running:
        site.wait_for_start(run_id)
    waiting = [site.start("quick.sh") for _ in range(5)]

    cluster.send_signal(signal.SIGTERM)

    assert cluster.wait(DRAINED_S) == 0
    assert {site.ended(run_id) for run_id in running} == {("completed", "exit")}
    site.start_cluster()
    assert {site.ended(run_id) for run_id in waiting} == {("completed", "exit")}


@pytest.mark.fault(12)
def test_an_idle_cluster_ends_at_once_and_takes_its_row_along(site):
    cluster = site.start_cluster()
    site.wait(lambda: site.sql("SELECT 1 FROM runs_worker"), what="it reported")

    cluster.send_signal(signal.SIGTERM)

    assert cluster.wait(DRAINED_S) == 0
    assert site.sql("SELECT name FROM runs_worker") == []


@pytest.mark.fault(13)
@pytest.mark.parametrize("name", ["slow.sh", "deaf.sh", "deaf_daemons.py"])
def test_a_run_longer_than_the_drain_is_ended_and_says_so(site, name):
    cluster = site.start_cluster()
    run_id = site.start(name)
    script = site.wait_for_start(run_id)
    daemons = site.daemons(5) if name == "deaf_daemons.py" else []

    cluster.send_signal(signal.SIGTERM)

    assert cluster.wait(DRAINED_S) == 0
    assert not [p for p in (script, *daemons) if lives(p)]
    assert site.ended(run_id) == ("failed", "shutdown")


@pytest.mark.fault(14)
def test_asking_again_and_again_changes_nothing(site):
    cluster = site.start_cluster()
    run_id = site.start("slow.sh")
    site.wait_for_start(run_id)

    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGTERM, signal.SIGINT):
        cluster.send_signal(number)

    assert cluster.wait(DRAINED_S) == 0
    assert site.ended(run_id) == ("failed", "shutdown")
    assert "Traceback" not in cluster.output()


@pytest.mark.fault(14)
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_to_the_whole_group_is_one_request_to_end(site, number):
    cluster = site.start_cluster()
    run_id = site.start("short.sh")
    site.wait_for_start(run_id)

    os.killpg(cluster.pid, number)

    assert cluster.wait(DRAINED_S) == 0
    assert site.ended(run_id) == ("completed", "exit")
    assert "Traceback" not in cluster.output()


@pytest.mark.fault(14)
def test_a_signal_to_every_process_ends_a_run_as_stopped_at_worst(site):
    # As a service manager does that stops all processes of a unit at once.
    cluster = site.start_cluster()
    run_id = site.start("slow.sh")
    script = site.wait_for_start(run_id)

    cluster.signal_tree(signal.SIGTERM)

    assert cluster.wait(DRAINED_S) == 0
    wait_for_death(script, timeout_s=1)
    assert site.ended(run_id)[1] in {"shutdown", "signal"}
    assert "Traceback" not in cluster.output()


@pytest.mark.fault(13)
def test_a_heartbeat_file_is_renewed_while_all_is_well(site):
    file = site.hub.folder / "probe"
    site.start_cluster(HEARTBEAT_FILE=str(file))
    site.wait(file.exists, what="the file was made")

    written = _written(file)

    site.wait(lambda: _written(file) > written, what="the file was renewed")


@pytest.mark.fault(12)
def test_a_heartbeat_file_is_renewed_while_a_script_may_still_finish(site):
    file = site.hub.folder / "probe-of-drain"
    cluster = site.start_cluster(HEARTBEAT_FILE=str(file), DRAIN_SECONDS="30")
    run_id = site.start("gated.sh")
    site.wait_for_start(run_id)

    cluster.send_signal(signal.SIGTERM)
    draining = "SELECT 1 FROM runs_worker WHERE draining"
    site.wait(lambda: site.sql(draining), what="it drains")
    written = _written(file)
    site.wait(lambda: _written(file) > written, what="the file was renewed")
    site.open_gate(run_id)

    assert cluster.wait(DRAINED_S) == 0
    assert site.ended(run_id) == ("completed", "exit")
    assert not file.exists()


def _written(file: Path) -> int:
    return file.stat().st_mtime_ns

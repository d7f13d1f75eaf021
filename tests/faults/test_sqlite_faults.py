"""SQLite may be locked by somebody else, or on a disk that is full."""

from __future__ import annotations

import resource
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import psutil
import pytest

from tests.faults.site import Site, wait_for_death

# Longer than the database may be away, shorter than a test may take.
LEASES = {"LEASE_S": "8", "FENCE_S": "4", "HEARTBEAT_S": "0.5"}
SPARED = {"hub-launcher", "hub-supervisor", "sh", "sleep"}


@contextmanager
def locked(site: Site) -> Iterator[None]:
    """Hold SQLite's only right to write."""
    path = site.hub.data_dir / "database.db"
    holder = sqlite3.connect(path, timeout=20, isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    try:
        yield
    finally:
        holder.execute("ROLLBACK")
        holder.close()


@contextmanager
def full_disk(site: Site) -> Iterator[None]:
    """Let no process of the hub write to a file, as if there were no space.

    The kernel's limit on the size of files does the same to SQLite as a full disk, and
    needs no file system of its own. Launchers, and so scripts, are spared.
    """
    parts = [p for c in (site.portal, *site.clusters) for p in c.tree()]
    harmed = [p for p in parts if p.name() not in SPARED]
    for process in harmed:
        process.rlimit(psutil.RLIMIT_FSIZE, (0, resource.RLIM_INFINITY))
    try:
        yield
    finally:
        for process in harmed:
            if process.is_running():
                unlimited = (resource.RLIM_INFINITY, resource.RLIM_INFINITY)
                process.rlimit(psutil.RLIMIT_FSIZE, unlimited)


@pytest.fixture(scope="module")
def installed(make_site):
    return make_site(broker="redis", DATABASE_TIMEOUT_S="2", **LEASES)


@pytest.mark.fault(24)
def test_who_can_wait_for_a_lock_waits(site):
    site.start_cluster()
    run_id = site.start("gated.sh")
    script = site.wait_for_start(run_id)

    with locked(site):
        site.open_gate(run_id)
        wait_for_death(script, timeout_s=5)
        # Some attempts to write the end, which all have to wait.
        time.sleep(1)

    assert site.ended(run_id) == ("completed", "exit")
    assert site.log(run_id) == "first\nlast\n"


@pytest.mark.fault(24)
def test_a_request_during_a_short_lock_is_accepted(site):
    site.start_cluster()
    answers = []
    with locked(site):
        asker = threading.Thread(target=lambda: answers.append(site.post("quick.sh")))
        asker.start()
        asker.join(0.5)
        assert not answers
    asker.join(10)

    [answer] = answers
    assert answer.status == 201
    assert site.ended(answer.json()["run_id"]) == ("completed", "exit")


@pytest.mark.fault(24)
def test_a_request_that_cannot_wait_longer_is_told_when_to_come_back(site):
    with locked(site):
        answer = site.post("quick.sh")

    assert answer.status == 503
    assert int(answer.headers["Retry-After"]) > 0


@pytest.mark.fault(24, health=False)
def test_a_lock_of_fifteen_seconds_costs_no_run(site):
    usual = {"LEASE_S": "30", "FENCE_S": "15", "HEARTBEAT_S": "5"}
    site.start_cluster(**usual)
    run_id = site.start("gated.sh")
    script = site.wait_for_start(run_id)

    with locked(site):
        # The length of the outage is what this is about.
        time.sleep(15)
        assert script.is_running()

    site.open_gate(run_id)
    assert site.ended(run_id) == ("completed", "exit")
    assert site.log(run_id) == "first\nlast\n"


@pytest.mark.fault(24)
def test_a_lock_past_the_lease_ends_scripts_and_nothing_twice(site):
    cluster = site.start_cluster()
    run_id = site.start("slow.sh")
    script = site.wait_for_start(run_id)

    with locked(site):
        wait_for_death(script, timeout_s=12)

    assert site.ended(run_id) == ("failed", "lost")
    assert site.ended(site.start("quick.sh")) == ("completed", "exit")
    assert cluster.alive


@pytest.mark.fault(26)
def test_a_full_disk_is_503_and_recovers_without_a_restart(site):
    cluster = site.start_cluster()
    assert site.ended(site.start("quick.sh")) == ("completed", "exit")

    with full_disk(site):
        assert site.post("quick.sh").status == 503

    assert site.ended(site.start("quick.sh")) == ("completed", "exit")
    assert cluster.alive


@pytest.mark.fault(26)
def test_a_run_that_ends_on_a_full_disk_ends_when_there_is_space(site):
    site.start_cluster()
    run_id = site.start("gated.sh")
    script = site.wait_for_start(run_id)

    with full_disk(site):
        site.open_gate(run_id)
        wait_for_death(script, timeout_s=5)

    assert site.ended(run_id) == ("completed", "exit")

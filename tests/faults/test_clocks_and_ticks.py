"""Several ticks at once, and clocks that are wrong."""

from __future__ import annotations

import re
import signal
import time

import pytest

from tests.faults.site import key, wait_for_death
from tests.servers.hub import FAST

HOUR_S = 3600
PAST = "2020-01-01 00:00:00+00:00"
LEASE_S = float(FAST["LEASE_S"])


@pytest.fixture(scope="module")
def installed(make_site):
    return make_site(broker="redis", database="postgres")


@pytest.mark.fault(49)
def test_of_three_ticks_one_takes_a_run_from_a_dead_worker(site):
    doomed = site.start_cluster()
    runs = [site.start("slow.sh") for _ in range(2)]
    for run_id in runs:
        site.wait_for_start(run_id)
    for _ in range(3):
        site.start_cluster(WORKERS="1")

    doomed.signal_tree(signal.SIGKILL)

    assert {site.ended(run_id) for run_id in runs} == {("failed", "lost")}
    # It is said after the last of them was taken.
    site.wait(lambda: _taken(site) >= len(runs), what="a tick told of what it took")
    assert _taken(site) == len(runs)


def _taken(site):
    said = "".join(cluster.output() for cluster in site.clusters)
    return sum(map(int, re.findall(r"Took (\d+) run", said)))


@pytest.mark.fault(50)
def test_what_fell_due_while_nothing_ran_starts_once(site):
    runs = [site.start("quick.sh") for _ in range(5)]
    for run_id in runs:
        site.sql(
            "UPDATE runs_run SET not_before = ?, resend_at = ? WHERE id = ?",
            *(PAST, PAST, key(run_id)),
        )

    clusters = [site.start_cluster(WORKERS="1", wait=False) for _ in range(3)]

    assert {site.ended(run_id) for run_id in runs} == {("completed", "exit")}
    assert {site.count_starts(run_id) for run_id in runs} == {1}
    # One may have done it all; those that still start are not to be ended so soon.
    for cluster in clusters:
        site.wait_for_slots(cluster, 1)


@pytest.mark.fault(51)
def test_clusters_in_other_time_zones_take_no_run_from_each_other(site):
    owner = site.start_cluster(TIME_ZONE="America/New_York", WORKERS="1")
    run_id = site.start("gated.sh")
    site.wait_for_start(run_id)
    for zone in ("Asia/Shanghai", "Australia/Lord_Howe"):
        site.start_cluster(TIME_ZONE=zone, WORKERS="1")

    _outlast_a_lease(site, run_id)
    site.open_gate(run_id)

    assert site.ended(run_id) == ("completed", "exit")
    assert owner.alive


@pytest.mark.fault(52)
def test_a_row_that_cannot_be_run_harms_itself_alone(site):
    poisoned = [site.start("quick.sh") for _ in range(2)]
    site.sql("UPDATE runs_run SET script_id = NULL WHERE id = ?", key(poisoned[0]))
    site.sql(
        "UPDATE runs_run SET parameters = ? WHERE id = ?",
        '{"no such": ["parameter"]}',
        key(poisoned[1]),
    )
    healthy = [site.start("quick.sh") for _ in range(3)]

    cluster = site.start_cluster()

    assert {site.ended(run_id) for run_id in healthy} == {("completed", "exit")}
    assert {site.ended(run_id) for run_id in poisoned} == {("failed", "rejected")}
    assert cluster.alive


@pytest.mark.fault(53)
@pytest.mark.parametrize("skew_s", [HOUR_S, -HOUR_S])
def test_a_host_whose_clock_is_wrong_takes_no_run_and_loses_none(site, skew_s):
    site.start_cluster(WORKERS="1")
    run_id = site.start("gated.sh")
    site.wait_for_start(run_id)
    skewed = {"DJANGO_SETTINGS_MODULE": "tests.faults.skewed", "SKEW_S": str(skew_s)}
    site.start_cluster(WORKERS="1", **skewed)
    other = site.start("gated.sh")
    site.wait_for_start(other)

    _outlast_a_lease(site, run_id, other)
    for found in (run_id, other):
        site.open_gate(found)

    assert site.ended(run_id) == ("completed", "exit")
    assert site.ended(other) == ("completed", "exit")


@pytest.mark.fault(53)
def test_a_lease_that_ends_too_early_costs_the_run_and_nothing_is_doubled(site):
    site.start_cluster()
    run_id = site.start("slow.sh")
    script = site.wait_for_start(run_id)

    site.sql("UPDATE runs_run SET lease_until = ? WHERE id = ?", PAST, key(run_id))

    wait_for_death(script, timeout_s=4)
    assert site.ended(run_id) == ("failed", "lost")
    assert site.count_starts(run_id) == 1


def _outlast_a_lease(site, *runs):
    """Wait until these runs are older than a lease that nobody renewed."""
    script = site.wait_for_start(runs[-1])
    site.wait(
        lambda: time.time() - script.create_time() > 1.5 * LEASE_S,
        what="a lease had passed",
    )

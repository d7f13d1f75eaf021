"""A cancel has one winner, whenever it comes."""

from __future__ import annotations

import signal

import pytest

from tests.faults.site import hold_starts, lives

CANCELLED_S = 3.0


@pytest.fixture(scope="module")
def installed(make_site):
    return make_site(broker="redis", database="postgres")


@pytest.mark.fault(54)
def test_a_queued_run_is_cancelled_at_once_and_never_starts(site):
    run_id = site.start("quick.sh")

    answer = site.cancel(run_id)

    assert (answer.status, answer.json()["status"]) == (202, "cancelled")
    site.start_cluster()
    site.final(site.start("quick.sh"))
    assert site.count_starts(run_id) == 0


@pytest.mark.fault(54)
def test_a_run_that_is_about_to_start_never_does(site):
    cluster = site.start_cluster(WORKERS="1")
    let_start = hold_starts(cluster)
    run_id = site.start("quick.sh")
    site.wait_for_status(run_id, "running")

    site.cancel(run_id)
    let_start()

    assert site.ended(run_id) == ("cancelled", "user")
    assert site.count_starts(run_id) == 0


@pytest.mark.fault(54)
def test_a_running_run_is_ended_within_seconds(site):
    site.start_cluster()
    run_id = site.start("slow.sh")
    script = site.wait_for_start(run_id)

    site.cancel(run_id)

    assert site.ended(run_id, CANCELLED_S) == ("cancelled", "user")
    assert not lives(script)


@pytest.mark.fault(54)
def test_a_run_that_ends_by_itself_meanwhile_has_one_end(site):
    site.start_cluster()
    ends = set()
    for _ in range(5):
        run_id = site.start("gated.sh")
        site.wait_for_start(run_id)

        site.open_gate(run_id)
        status = site.cancel(run_id).status

        assert status in {202, 409}
        ends.add(site.ended(run_id))
    assert ends <= {("completed", "exit"), ("cancelled", "user")}


@pytest.mark.fault(54)
def test_a_run_on_a_dead_host_is_ended_by_another(site):
    cluster = site.start_cluster()
    run_id = site.start("slow.sh")
    site.wait_for_start(run_id)
    cluster.signal_tree(signal.SIGKILL)

    assert site.cancel(run_id).status == 202
    site.start_cluster()

    assert site.final(run_id)["status"] in {"failed", "cancelled"}


@pytest.mark.fault(54)
def test_what_has_ended_is_not_cancelled(site):
    site.start_cluster()
    run_id = site.start("quick.sh")
    before = site.final(run_id)

    assert site.cancel(run_id).status == 409
    assert site.read(run_id) == before

"""No script outlives its run, whatever it does to."""

from __future__ import annotations

import hashlib

import psutil
import pytest

from tests.faults.site import key, lives

# CANCEL_POLL_S and GRACE_S of these tests, the end of stragglers, and some air.
CANCELLED_S = 6.0


@pytest.fixture(scope="module")
def installed(make_site):
    return make_site(broker="orm")


@pytest.mark.fault(30)
def test_what_ignores_sigterm_is_killed_after_the_grace(site):
    site.start_cluster()
    run_id = site.start("deaf.sh")
    script = site.wait_for_start(run_id)

    site.cancel(run_id)

    assert site.ended(run_id, CANCELLED_S) == ("cancelled", "user")
    assert not lives(script)


@pytest.mark.fault(30)
def test_a_deaf_script_that_takes_too_long_is_killed(site):
    site.add_script(
        "deaf_limited.sh",
        "#!/bin/sh\n# /// script\n# [tool.automation-hub]\n# timeout_s = 1\n# ///\n"
        "trap '' TERM\nwhile :; do sleep 0.1; done\n",
    )
    site.start_cluster()

    assert site.ended(site.start("deaf_limited.sh")) == ("failed", "timeout")


@pytest.mark.fault(31)
def test_a_daemon_without_environment_ends_with_its_script(site):
    site.start_cluster()
    run_id = site.start("daemon_then_exit.py")

    assert site.ended(run_id) == ("completed", "exit")
    assert site.daemons(1) == []


@pytest.mark.fault(31)
@pytest.mark.parametrize(
    ("name", "count"),
    [("daemon_then_stay.py", 1), ("deaf_daemons.py", 5), ("new_session.py", 1)],
)
def test_daemons_end_with_a_cancelled_run(site, name, count):
    site.start_cluster()
    run_id = site.start(name)
    script = site.wait_for_start(run_id)
    daemons = site.daemons(count)
    assert len(daemons) == count

    site.cancel(run_id)

    assert site.ended(run_id, CANCELLED_S) == ("cancelled", "user")
    assert not [p for p in (script, *daemons) if lives(p)]


@pytest.mark.fault(32)
def test_a_child_that_keeps_stdout_does_not_hold_the_run(site):
    site.start_cluster()
    run_id = site.start("holds_stdout.py")

    # LEFTOVER_GRACE_S or GRACE_S, whichever is shorter.
    assert site.ended(run_id, 4) == ("completed", "exit")
    assert site.log(run_id).startswith("done\n")
    assert site.daemons(1) == []


@pytest.mark.fault(46)
def test_a_script_that_is_deleted_while_it_runs_ends_as_it_would(site):
    path = site.add_script(
        "fleeting.sh", (site.hub.scripts_dir / "gated.sh").read_text()
    )
    site.start_cluster()
    run_id = site.start("fleeting.sh")
    site.wait_for_start(run_id)

    path.unlink()
    site.open_gate(run_id)

    assert site.ended(run_id) == ("completed", "exit")
    assert site.post("fleeting.sh").status == 409


@pytest.mark.fault(45)
def test_what_a_script_became_while_its_run_waited_is_what_is_recorded(site):
    path = site.add_script("swapped.sh", "#!/bin/sh\necho one\n")
    run_id = site.start("swapped.sh")

    path.write_text("#!/bin/sh\necho two\n")
    site.start_cluster()

    assert site.ended(run_id) == ("completed", "exit")
    assert site.log(run_id) == "two\n"
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    rows = site.sql("SELECT script_sha256 FROM runs_run WHERE id = ?", key(run_id))
    assert rows == [(digest,)]


@pytest.mark.fault(64)
def test_two_hundred_runs_leave_no_zombie(site):
    cluster = site.start_cluster()

    runs = [site.start("quick.sh") for _ in range(200)]

    assert {site.ended(run_id) for run_id in runs} == {("completed", "exit")}
    site.wait(
        lambda: not [p for p in cluster.tree() if p.status() == psutil.STATUS_ZOMBIE],
        what="no zombie was left",
    )

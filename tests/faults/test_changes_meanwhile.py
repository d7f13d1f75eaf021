"""Rows, tables and limits change while a script runs."""

from __future__ import annotations

import pytest

from tests.faults.site import key

DELETE = """
from django.contrib.auth.models import User
from apps.scripts.models import Script
from apps.tasks.models import Task
User.objects.get(username="ann").delete()
Task.objects.get(name="nightly").delete()
Script.objects.get(name="doomed.sh").delete()
"""
MAKE = """
from django.contrib.auth.models import User
from apps.scripts.models import Script
from apps.tasks.models import Task
User.objects.create_superuser("ann", password="a long password")
Task.objects.create(name="nightly", script=Script.objects.get(name="doomed.sh"))
"""
AT_ITS_LIMIT = """#!/bin/sh
# /// script
# [tool.automation-hub]
# timeout_s = 1
# ///
exec sleep 1
"""


@pytest.fixture(scope="module")
def installed(make_site):
    return make_site(broker="orm")


@pytest.mark.fault(55)
def test_what_a_run_came_from_may_be_deleted_while_it_runs(site):
    gated = (site.hub.scripts_dir / "gated.sh").read_text()
    site.add_script("doomed.sh", gated)
    site.hub.manage("shell", "-c", MAKE)
    token = site.hub.manage("token", "create", "hers", "--user", "ann").stdout.strip()
    site.start_cluster()
    answer = site.hub.request(
        "POST", "/runs/runs", json={"task": "nightly"}, token=token
    )
    run_id = answer.json()["run_id"]
    site.wait_for_start(run_id)

    site.hub.manage("shell", "-c", DELETE)
    site.open_gate(run_id)

    assert site.ended(run_id) == ("completed", "exit")
    run = site.read(run_id)
    assert (run["script_name"], run["requested_by"]) == ("doomed.sh", "ann")


@pytest.mark.fault(56)
def test_workers_of_the_old_version_go_on_with_a_newer_table(site):
    cluster = site.start_cluster()
    run_id = site.start("gated.sh")
    site.wait_for_start(run_id)

    # As the migration of a newer version does; then the present ones once more.
    site.sql("ALTER TABLE runs_run ADD COLUMN of_a_newer_version integer NULL")
    site.hub.manage("migrate")
    site.open_gate(run_id)

    assert site.ended(run_id) == ("completed", "exit")
    assert site.ended(site.start("quick.sh")) == ("completed", "exit")
    assert cluster.alive
    site.sql("ALTER TABLE runs_run DROP COLUMN of_a_newer_version")


@pytest.mark.fault(59)
def test_a_script_that_ends_at_its_limit_has_one_end(site):
    site.add_script("limit.sh", AT_ITS_LIMIT)
    cluster = site.start_cluster()

    runs = [site.start("limit.sh") for _ in range(12)]

    ends = {site.ended(run_id) for run_id in runs}
    assert ends <= {("completed", "exit"), ("failed", "timeout")}
    assert "Traceback" not in cluster.output()
    rows = [
        site.sql("SELECT exit_code, signal FROM runs_run WHERE id = ?", key(run_id))
        for run_id in runs
    ]
    assert all(code == 0 or number == 15 for [(code, number)] in rows)

"""`manage.py setup --wait`: a worker's pod waits for the portal's setup."""

from __future__ import annotations

import re

import pytest

from tests.servers.hub import MANAGE

pytestmark = pytest.mark.acceptance

WAIT = [*MANAGE, "setup", "--wait"]


def test_it_waits_until_the_other_service_has_made_everything(make_hub):
    hub = make_hub()
    child = hub.spawn("wait", WAIT, SETUP_WAIT_S="60")
    hub.wait_for(lambda: "Waiting for" in child.output(), 30, what="it waits")
    # It makes nothing itself.
    assert not hub.data_dir.exists()
    hub.setup()
    assert child.wait(30) == 0
    assert child.output().count("Waiting for another service's `manage.py setup`") == 1


def test_where_all_is_there_it_says_nothing(make_hub):
    hub = make_hub()
    hub.setup()
    done = hub.manage("setup", "--wait")
    assert (done.stdout, done.stderr) == ("", "")


def test_in_vain_it_ends_with_a_sentence(make_hub):
    hub = make_hub(SECRET_KEY="k" * 50)
    done = hub.manage("setup", "--wait", check=False, SETUP_WAIT_S="0")
    assert done.returncode == 1
    assert done.stderr == (
        "CommandError: Waited 0 s for another service's `manage.py setup`, in vain: "
        f"The database file {hub.data_dir}/database.db is not there yet. See what that "
        "service says, or set SETUP_WAIT_S higher.\n"
    )
    assert not hub.data_dir.exists()


@pytest.mark.parametrize("database", ["sqlite", "postgres"])
def test_it_waits_for_the_last_migration_and_takes_a_newer_database(make_hub, database):
    hub = make_hub(database=database)
    hub.setup()
    hub.manage("migrate", "runs", "0011")
    done = hub.manage("setup", "--wait", check=False, SETUP_WAIT_S="0")
    assert re.search(r"The database lacks [1-9]\d* migration\(s\)\.", done.stderr)
    hub.manage("migrate", "runs")
    script = (
        "from django.db.migrations.recorder import MigrationRecorder as R;"
        "from django.db import connection;"
        "R(connection).record_applied('runs', '9999_of_a_newer_version')"
    )
    hub.manage("shell", "--no-imports", "--command", script)
    assert hub.manage("setup", "--wait", SETUP_WAIT_S="0").returncode == 0
    # Nor does an older version's own setup change anything there.
    assert "migration" not in hub.setup().stdout

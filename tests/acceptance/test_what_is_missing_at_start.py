"""What services say of parts that are away, locked or read-only when they start."""

from __future__ import annotations

import os
import shutil
from urllib.parse import urlsplit

import pytest

from tests.servers.hub import MANAGE

pytestmark = pytest.mark.acceptance

AWAY = "postgres://hub:s3cret@127.0.0.1:1/hub"


def checks(hub):
    return hub.request("GET", "/health").json()["checks"]


def test_a_database_that_is_away_is_waited_for(make_hub):
    hub = make_hub(SECRET_KEY="k" * 50, DATABASE_URL=AWAY)
    portal = hub.start_portal()
    worker = hub.start_worker()
    answer = hub.request("GET", "/health/ready")
    assert answer.status == 503
    assert answer.json()["message"] == "It cannot be reached; does it run?"
    hub.wait_for(
        lambda: "goes on when the database answers again" in worker.output(),
        30,
        what="it waits",
    )
    for child in (portal, worker):
        assert child.alive
        assert "Traceback" not in child.output()
        assert "s3cret" not in child.output()


def test_a_wrong_password_of_the_database_is_named(make_hub):
    hub = make_hub(database="postgres")
    hub.setup()
    address = urlsplit(hub.env["DATABASE_URL"])
    wrong = address._replace(netloc=f"postgres:wrong@127.0.0.1:{address.port}")
    hub.env["DATABASE_URL"] = wrong.geturl()
    done = hub.manage("setup", check=False, DATABASE_WAIT_S="0")
    assert done.returncode == 1
    assert "password authentication failed" in done.stderr
    assert "Traceback" not in done.stderr
    hub.start_portal()
    assert checks(hub)["database"]["message"] == (
        "It refuses the user or the password that DATABASE_URL names."
    )


def test_a_wrong_password_of_redis_is_named(make_hub, shared_redis):
    address = urlsplit(shared_redis.fresh_url())
    wrong = address._replace(netloc=f":wrong@127.0.0.1:{address.port}").geturl()
    hub = make_hub(REDIS_URL=wrong)
    hub.setup()
    hub.start_portal()
    worker = hub.start_worker()
    hub.wait_for_workers()
    assert checks(hub)["broker"]["message"] == (
        "It refuses the password; put the right one into REDIS_URL."
    )
    hub.wait_for(
        lambda: "The broker does not answer" in worker.output(), what="the worker says"
    )
    assert worker.alive
    assert "Traceback" not in worker.output()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give up its rights")
def test_a_volume_that_a_worker_cannot_write_is_named_by_health(make_hub):
    if not (setpriv := shutil.which("setpriv")):
        pytest.skip("There is no setpriv.")
    hub = make_hub(database="postgres", SECRET_KEY="k" * 50)
    hub.setup()
    hub.start_portal()
    hub.data_dir.chmod(0o555)
    # Without the right to write everywhere that root has.
    bare = [setpriv, "--bounding-set=-all", "--inh-caps=-all", "--ambient-caps=-all"]
    worker = hub.spawn("worker", [*bare, *MANAGE, "qcluster"])
    hub.wait_for_workers()
    assert checks(hub)["workers"]["message"] == (
        "1 of 1 worker(s) start no new runs. The data folder is not writable for the "
        "worker's user."
    )
    assert "Traceback" not in worker.output()

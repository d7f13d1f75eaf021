"""/health of a whole portal whose broker or database is frozen, locked or gone."""

from __future__ import annotations

import sqlite3
import subprocess
import time
from contextlib import closing, suppress

import pytest

from tests.servers import postgres_server, redis_server
from tests.servers.fixtures import missing
from tests.servers.process import ServerMissing, wait_until

pytestmark = pytest.mark.acceptance

PROMISED_S = 1.0
FROZEN = "It does not answer in time; it may be frozen or overloaded."


@pytest.fixture
def start_server(request):
    """Start a server of this test's own."""

    def start(make):
        try:
            server = make()
            server.__enter__()
        except ServerMissing as exc:
            missing(exc)
        request.addfinalizer(server.close)
        return server

    return start


def message_of(hub, part):
    """What /health says of a part, "" when it is well."""
    return hub.request("GET", "/health").json()["checks"][part].get("message", "")


def until_it_says(hub, part, message):
    wait_until(
        lambda: message_of(hub, part) == message,
        timeout_s=20,
        what=f"/health said of the {part}: {message!r}",
    )


def typical(hub, count=5):
    """What the middle one of some probes in a row takes, in seconds."""
    took = []
    for _ in range(count):
        began = time.monotonic()
        hub.request("GET", "/health")
        took.append(time.monotonic() - began)
    return sorted(took)[count // 2]


@pytest.mark.redis
def test_a_frozen_redis_is_told_within_a_second_and_recovers(make_hub, start_server):
    redis = start_server(redis_server)
    hub = make_hub(REDIS_URL=redis.url)
    hub.setup()
    hub.start_portal()
    until_it_says(hub, "broker", "")

    redis.freeze()
    until_it_says(hub, "broker", FROZEN)
    assert typical(hub) < PROMISED_S

    redis.thaw()
    until_it_says(hub, "broker", "")


def test_a_locked_sqlite_is_degraded_and_recovers(make_hub):
    hub = make_hub()
    hub.setup()
    hub.start_portal()
    with closing(sqlite3.connect(hub.data_dir / "database.db")) as other:
        other.execute("BEGIN IMMEDIATE")
        until_it_says(
            hub,
            "database",
            "Another process has locked it; what is to be written waits.",
        )
        answer = hub.request("GET", "/health")
        assert (answer.status, answer.json()["status"]) == (200, "degraded")
        assert hub.request("GET", "/health/ready").status == 200
        assert typical(hub) < PROMISED_S

    until_it_says(hub, "database", "")


@pytest.fixture
def small_disk(tmp_path):
    """A folder with six megabytes; only root can make one."""
    folder = tmp_path / "small"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=6m", "tmpfs", str(folder)]
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("No file system can be mounted here.")
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


def fill(file):
    """Take all that is left of a disk."""
    with file.open("wb", buffering=0) as filler, suppress(OSError):
        while filler.write(b"x" * 4096):
            pass


@pytest.mark.parametrize("others", ["no other connection", "another connection"])
def test_a_full_disk_below_sqlite_is_told_and_recovers(make_hub, small_disk, others):
    hub = make_hub(DATABASE_PATH=str(small_disk / "database.db"))
    hub.setup()
    hub.start_portal()
    with closing(sqlite3.connect(small_disk / "database.db")) as other:
        if others == "another connection":
            other.execute("SELECT count(*) FROM runs_run").fetchone()
        fill(small_disk / "filler")
        until_it_says(
            hub, "database", "Its disk is full; nothing can be started or recorded."
        )
        assert hub.request("GET", "/health").json()["status"] == "degraded"

        (small_disk / "filler").unlink()
        until_it_says(hub, "database", "")


def test_a_frozen_and_a_dead_postgres_are_told_apart_and_recover(
    make_hub, start_server
):
    postgres = start_server(postgres_server)
    hub = make_hub(DATABASE_URL=postgres.url)
    hub.setup()
    hub.start_portal()
    until_it_says(hub, "database", "")

    postgres.freeze()
    until_it_says(hub, "database", FROZEN)
    assert hub.request("GET", "/health").status == 503
    assert typical(hub) < PROMISED_S
    postgres.thaw()
    until_it_says(hub, "database", "")

    postgres.kill()
    until_it_says(hub, "database", "It cannot be reached; does it run?")
    assert hub.request("GET", "/health/ready").status == 503
    postgres.start()
    until_it_says(hub, "database", "")

"""PostgreSQL may be read-only, cut off, restarted, away or frozen."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import psycopg
import pytest
from psycopg import sql

from tests.faults.site import Site, one, wait_for_death
from tests.servers import PostgresServer, create_database, postgres_server
from tests.servers.fixtures import missing
from tests.servers.process import ServerMissing

# Longer than the database may be away, shorter than a test may take.
LEASES = {"LEASE_S": "8", "FENCE_S": "4", "HEARTBEAT_S": "0.5"}


@pytest.fixture(scope="module")
def server() -> Iterator[PostgresServer]:
    """A PostgreSQL of this module's own."""
    with ExitStack() as stack:
        try:
            server = stack.enter_context(postgres_server())
        except ServerMissing as exc:
            missing(exc)
        yield server


@pytest.fixture(scope="module")
def installed(make_site, server):
    return make_site(broker="redis", DATABASE_URL=create_database(server.url), **LEASES)


@pytest.fixture
def running(site):
    """A cluster with a script whose gate is closed: (run, its process)."""
    site.start_cluster()
    run_id = site.start("gated.sh")
    return run_id, site.wait_for_start(run_id)


@pytest.mark.fault(25)
def test_a_read_only_database_is_503_and_results_wait_for_it(site, server, running):
    run_id, script = running
    with read_only(server, site):
        answer = site.post("quick.sh")
        site.open_gate(run_id)
        wait_for_death(script, timeout_s=5)

    assert answer.status == 503, answer.text
    assert int(answer.headers["Retry-After"]) > 0
    assert site.ended(run_id) == ("completed", "exit")
    assert site.ended(site.start("quick.sh")) == ("completed", "exit")


@pytest.mark.fault(28)
def test_connections_that_are_cut_are_made_anew(site, server, running):
    run_id, _script = running
    for _ in range(3):
        cut_off(server)
        assert site.ended(site.start("quick.sh")) == ("completed", "exit")

    site.open_gate(run_id)

    assert site.ended(run_id) == ("completed", "exit")
    assert site.log(run_id) == "first\nlast\n"


@pytest.mark.fault(28)
def test_a_restart_costs_no_run(site, server, running):
    run_id, _script = running

    server.restart()
    site.open_gate(run_id)

    assert site.ended(run_id) == ("completed", "exit")
    assert site.ended(site.start("quick.sh")) == ("completed", "exit")


@pytest.mark.fault(29)
def test_a_database_that_is_away_past_the_fence_ends_scripts(site, server, running):
    run_id, script = running
    server.kill()
    try:
        wait_for_death(script, timeout_s=10)
        answer = site.post("quick.sh")
    finally:
        server.start()

    assert answer.status == 503
    assert site.ended(run_id) == ("failed", "lost")
    assert site.ended(site.start("quick.sh")) == ("completed", "exit")


@pytest.mark.fault(29)
def test_a_cluster_that_starts_without_its_database_waits_for_it(site, server):
    server.kill()
    try:
        # The database is its broker too.
        cluster = site.start_cluster(REDIS_URL="")
        sentinel = one(cluster, "hub-sentinel")
    finally:
        server.start()

    assert site.ended(site.start("quick.sh")) == ("completed", "exit")
    assert one(cluster, "hub-sentinel") == sentinel


@pytest.mark.fault(29, health=False)
def test_a_frozen_database_ends_scripts_and_overwrites_nothing(site, server, running):
    run_id, script = running
    server.freeze()
    try:
        wait_for_death(script, timeout_s=10)
    finally:
        server.thaw()

    assert site.ended(run_id) == ("failed", "lost")
    assert site.ended(site.start("quick.sh")) == ("completed", "exit")


@contextmanager
def read_only(server: PostgresServer, site: Site) -> Iterator[None]:
    """Let the hub's database take no change, in sessions old and new."""
    name = sql.Identifier(site.hub.env["DATABASE_URL"].rpartition("/")[2])
    with psycopg.connect(server.url, autocommit=True) as connection:
        alter = sql.SQL("ALTER DATABASE {} ").format(name)
        connection.execute(alter + sql.SQL("SET default_transaction_read_only = on"))
        cut_off(server)
        try:
            yield
        finally:
            connection.execute(alter + sql.SQL("RESET default_transaction_read_only"))
            cut_off(server)


def cut_off(server: PostgresServer) -> None:
    """End all sessions of hubs."""
    with psycopg.connect(server.url, autocommit=True) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname LIKE 'hub_%'"
        )

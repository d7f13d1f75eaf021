"""Redis may be dead, frozen, empty, full, read-only or locked: work goes on."""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator

import pytest
import redis

from tests.faults.planning import planned
from tests.servers import RedisServer, redis_server
from tests.servers.fixtures import missing
from tests.servers.process import ServerMissing

ACCEPTED_S = 3.0
RUNS_S = 15.0
DRAINED_S = 12.0
# What a cluster may say about it within some seconds.
LINES = 40


@pytest.fixture(scope="module")
def server() -> Iterator[RedisServer]:
    """A Redis of this module's own, which its tests harm and heal."""
    try:
        with redis_server() as server:
            yield server
    except ServerMissing as exc:
        missing(exc)


@pytest.fixture(scope="module")
def installed(make_site, server):
    return make_site(REDIS_URL=server.url_of(1))


@pytest.fixture
def client(server) -> Iterator[redis.Redis]:
    """A client of the server that is not the hub's."""
    with redis.Redis.from_url(server.url_of(1), socket_timeout=5) as client:
        yield client


def dead(server: RedisServer, client: redis.Redis) -> None:
    server.kill()


def frozen(server: RedisServer, client: redis.Redis) -> None:
    server.freeze()


def locked(server: RedisServer, client: redis.Redis) -> None:
    client.config_set("requirepass", "another password")
    client.client_kill_filter(_type="normal", skipme=True)


def read_only(server: RedisServer, client: redis.Redis) -> None:
    # A replica of a server that is not there.
    client.replicaof("127.0.0.1", "1")


def full(server: RedisServer, client: redis.Redis) -> None:
    client.config_set("maxmemory-policy", "noeviction")
    client.config_set("maxmemory", "1")


@pytest.fixture
def heal(server):
    """Have the server well again: what harmed it goes with its process."""

    def heal() -> None:
        server.thaw()
        server.kill()
        server.restart()

    yield heal
    heal()


def accept(site, script="quick.sh") -> str:
    """Start a run, which is accepted within ACCEPTED_S whatever Redis does."""
    began = time.monotonic()
    run_id = site.start(script)
    assert time.monotonic() - began < ACCEPTED_S
    return run_id


whatever = pytest.mark.parametrize(
    "harm",
    [
        pytest.param(dead, marks=pytest.mark.fault(16)),
        pytest.param(frozen, marks=pytest.mark.fault(19)),
        pytest.param(locked, marks=pytest.mark.fault(20)),
        pytest.param(read_only, marks=pytest.mark.fault(20)),
        pytest.param(full, marks=pytest.mark.fault(21)),
    ],
)


@whatever
def test_runs_are_accepted_and_run(site, server, client, harm, heal):
    cluster = site.start_cluster()
    harm(server, client)
    said = len(cluster.output().splitlines())

    for _ in range(3):
        assert site.ended(accept(site), RUNS_S) == ("completed", "exit")

    site.wait_for_health("degraded")
    assert len(cluster.output().splitlines()) - said < LINES, cluster.output()
    assert "Traceback" not in cluster.output()
    heal()
    site.wait_for_health("ok")


@whatever
def test_a_cluster_that_starts_then_works(site, server, client, harm, heal):
    run_id = accept(site)
    harm(server, client)
    cluster = site.start_cluster()

    assert site.ended(run_id, RUNS_S) == ("completed", "exit")
    assert site.ended(accept(site), RUNS_S) == ("completed", "exit")
    assert cluster.alive


@pytest.mark.parametrize(
    "harm",
    [
        pytest.param(dead, marks=pytest.mark.fault(17)),
        pytest.param(frozen, marks=pytest.mark.fault(19)),
    ],
)
def test_scripts_do_not_notice_and_a_cluster_ends_when_told(
    site, server, client, harm, heal
):
    cluster = site.start_cluster()
    slow, gated = site.start("slow.sh"), site.start("gated.sh")
    site.wait_for_start(slow)
    site.wait_for_start(gated)
    harm(server, client)

    site.open_gate(gated)
    assert site.ended(gated) == ("completed", "exit")
    assert site.log(gated) == "first\nlast\n"
    cluster.send_signal(signal.SIGTERM)

    assert cluster.wait(DRAINED_S) == 0
    assert site.ended(slow) == ("failed", "shutdown")


@pytest.mark.fault(17)
def test_a_redis_that_dies_and_comes_back_is_used_again(site, server, client, heal):
    site.start_cluster()
    run_id = site.start("gated.sh")
    site.wait_for_start(run_id)

    server.kill()
    site.open_gate(run_id)

    assert site.ended(run_id) == ("completed", "exit")
    server.restart()
    assert site.ended(site.start("quick.sh")) == ("completed", "exit")
    site.wait_for_health("ok")


@pytest.mark.parametrize(
    "harm",
    [
        pytest.param(dead, marks=pytest.mark.fault(16)),
        pytest.param(frozen, marks=pytest.mark.fault(19)),
    ],
)
def test_schedules_go_on_firing(site, server, client, harm, heal):
    site.start_cluster()
    harm(server, client)
    task, _schedule = planned(site, "plan", every_s=1)

    done = "SELECT count(*) FROM runs_run WHERE task_id = ? AND status = 'completed'"
    site.wait(lambda: site.sql(done, task)[0][0] >= 5, 30, what="five fires had run")

    planned(site, "stop", task)
    assert planned(site, "audit", task) == []


@pytest.mark.fault(18)
@pytest.mark.parametrize("how", ["flushed", "restarted empty"])
def test_runs_whose_messages_were_forgotten_run(site, server, client, how):
    cluster = site.start_cluster()
    blockers = [site.start("gated.sh") for _ in range(2)]
    for run_id in blockers:
        site.wait_for_start(run_id)
    waiting = [site.start("quick.sh") for _ in range(5)]

    if how == "flushed":
        client.flushall()
    else:
        server.kill()
        server.restart(empty=True)
    for run_id in blockers:
        site.open_gate(run_id)

    assert {site.ended(run_id, 20) for run_id in waiting} == {("completed", "exit")}
    assert cluster.alive

"""What /health says of a Redis that does not take messages, in words. A real server."""

from __future__ import annotations

import contextlib

import pytest
import redis

from apps.runs import broker_health, redis_health, services
from automation_hub.redis_address import redis_options
from tests.servers import free_port, redis_server
from tests.servers.fixtures import missing
from tests.servers.process import ServerMissing

pytestmark = [pytest.mark.django_db, pytest.mark.redis]

SECRETS = ("redis://", "127.0.0.1", "s3cret", "nobody", "hub.invalid")


@pytest.fixture(scope="module")
def server():
    """A Redis of this module's own, which its tests may harm."""
    try:
        with redis_server() as server:
            yield server
    except ServerMissing as exc:
        missing(exc)


@pytest.fixture
def admin(server):
    """A client of the server; what a test changed is put back after it."""
    with redis.Redis.from_url(server.url) as client:
        yield client
        server.thaw()
        client.replicaof("NO", "ONE")
        client.config_set("maxmemory", "0")
        client.config_set("maxclients", "100")
        client.config_set("min-replicas-to-write", "0")


@pytest.fixture(autouse=True)
def _nothing_known_yet(monkeypatch):
    # A machine under load is slower than one that answers probes.
    monkeypatch.setattr(broker_health, "TIMEOUT_S", 5)
    monkeypatch.setattr(broker_health._probe, "_patience_s", 20)
    broker_health.forget()
    services.report_worker(name="w1", pid=1, draining=False)
    yield
    broker_health.forget()


@pytest.fixture
def check(client, settings):
    """Ask /health about the broker at an address."""

    def check(url):
        settings.REDIS_URL = url
        settings.Q_CLUSTER = settings.Q_CLUSTER | {"redis": redis_options(url)}
        broker_health.forget()
        answer = client.get("/health")
        assert answer.status_code == 200
        assert not [word for word in SECRETS if word in answer.text]
        found = answer.json()["checks"]["broker"]
        assert answer.json()["status"] == ("ok" if found["ok"] else "degraded")
        assert found["kind"] == "redis"
        return found.get("message", "")

    return check


def test_one_that_takes_messages_is_well(check, server, admin):
    assert check(server.url) == ""
    # It was written to, and cleans up after itself.
    assert 0 < admin.ttl(redis_health.KEY) <= redis_health.KEY_LIVES_S


@pytest.mark.parametrize(
    ("user", "sentence"),
    [
        ("", "It wants a password, and REDIS_URL has none."),
        (":s3cret@", "It refuses the password; put the right one into REDIS_URL."),
        (
            "nobody:s3cret@",
            "It refuses the password; put the right one into REDIS_URL.",
        ),
    ],
)
def test_a_wrong_password_is_told_apart_from_none(check, server, user, sentence):
    assert check(f"redis://{user}127.0.0.1:{server.port}/0") == sentence


def test_one_that_is_full_answers_a_ping_and_is_found_out(check, server, admin):
    admin.config_set("maxmemory", "1mb")
    with contextlib.suppress(redis.exceptions.OutOfMemoryError):
        for number in range(3000):
            admin.set(f"x{number}", b"x" * 1000)
    assert admin.ping()

    assert check(server.url) == (
        "It is full and takes no messages; raise its maxmemory."
    )
    admin.config_set("maxmemory", "0")
    assert check(server.url) == ""


def test_a_replica_is_told_apart(check, server, admin):
    admin.replicaof("127.0.0.1", str(free_port()))

    assert check(server.url) == (
        "It is a read-only replica; REDIS_URL must name the primary."
    )


def test_a_user_who_may_not_write_is_told_apart(check, server, admin):
    admin.acl_setuser("reader", enabled=True, passwords=["+s3cret"], keys=["other:*"])

    assert check(f"redis://reader:s3cret@127.0.0.1:{server.port}/0") == (
        "The user that REDIS_URL names may not write; see its ACL."
    )


def test_one_that_takes_no_more_clients_is_told_apart(check, server, admin):
    admin.config_set("maxclients", "1")

    assert check(server.url) == (
        "It has as many clients as it takes; raise its maxclients."
    )


def test_one_without_its_replicas_is_bad_all_the_same(check, server, admin):
    admin.config_set("min-replicas-to-write", "1")

    assert check(server.url) == (
        "It does not answer (ResponseError); the hub's log says more."
    )


def test_a_frozen_one_is_not_waited_for(check, server, admin, monkeypatch):
    monkeypatch.setattr(broker_health, "TIMEOUT_S", 0.1)
    server.freeze()

    assert check(server.url) == (
        "It does not answer in time; it may be frozen or overloaded."
    )
    server.thaw()
    monkeypatch.setattr(broker_health, "TIMEOUT_S", 5)
    assert check(server.url) == ""


def test_one_that_hangs_where_no_time_out_reaches_is_not_waited_for(
    check, server, admin, monkeypatch
):
    monkeypatch.setattr(broker_health._probe, "_patience_s", 0.1)
    server.freeze()

    assert check(server.url) == (
        "It does not answer in time; it may be frozen or overloaded."
    )


@pytest.mark.parametrize("url", ["redis://127.0.0.1:{port}/0", "unix://{folder}/no"])
def test_one_that_does_not_run_is_told_apart(check, url, tmp_path):
    assert check(url.format(port=free_port(), folder=tmp_path)) == (
        "It refuses connections; it does not run, or not at that address."
    )


def test_a_host_that_nobody_knows_is_told_apart(check):
    assert check("redis://hub.invalid:6379/0") == (
        "The host that REDIS_URL names is not known."
    )


def test_a_server_that_loads_its_data_is_told_apart():
    failure = redis.exceptions.BusyLoadingError("Redis is loading the dataset")

    assert broker_health.sentence_of(failure) == (
        "It is loading its data, and will answer when it has."
    )


def test_a_server_that_cannot_save_is_told_apart():
    failure = redis.exceptions.ResponseError("MISCONF Errors writing to the AOF file")

    assert broker_health.sentence_of(failure) == (
        "It cannot save to its disk, and takes no messages until it can."
    )


def test_with_the_database_broker_no_redis_is_asked(settings):
    settings.REDIS_URL = ""

    assert broker_health.broker_failure() is None

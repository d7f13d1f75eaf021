"""The Redis-compatible server of tests: of PATH and of the wheel, and its faults."""

from __future__ import annotations

import shutil
import subprocess
import sys

import psutil
import pytest
import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from tests.servers import ServerMissing, redis_server, wait_until
from tests.servers.redis import find_redis, redis_of_wheel

pytestmark = pytest.mark.redis


@pytest.fixture
def server():
    with redis_server() as running:
        yield running


@pytest.fixture
def client(server):
    with redis.Redis.from_url(server.url, socket_timeout=0.2) as connected:
        yield connected


def test_the_server_of_the_wheel_answers():
    with redis_server(redis_of_wheel()) as server, redis.from_url(server.url) as client:
        assert client.ping() is True


def test_a_server_on_path_comes_first(monkeypatch, tmp_path):
    (tmp_path / "valkey-server").symlink_to(redis_of_wheel())
    monkeypatch.setenv("PATH", str(tmp_path))
    assert find_redis() == tmp_path / "valkey-server"
    with redis_server() as server:
        assert psutil.Process(server.pid).exe() == str(redis_of_wheel())


def test_a_stranger_on_this_machine_is_refused(server):
    with (
        redis.Redis(port=server.port, retry=Retry(NoBackoff(), 0)) as stranger,
        pytest.raises(redis.AuthenticationError),
    ):
        stranger.ping()


def test_each_fresh_url_is_an_empty_database(server):
    with redis.from_url(server.fresh_url()) as one:
        one.set("key", 1)
    with redis.from_url(server.fresh_url()) as other:
        assert other.dbsize() == 0


def test_it_ends_with_its_folder_when_the_block_is_left():
    with redis_server() as server:
        process = psutil.Process(server.pid)
    assert not process.is_running()
    assert not server.folder.exists()


def test_killed_it_refuses_and_restarted_it_has_its_data(server, client):
    client.set("key", 1)
    server.kill()
    with pytest.raises(redis.ConnectionError):
        client.ping()
    server.restart()
    assert client.get("key") == b"1"


def test_restarted_empty_it_has_forgotten(server, client):
    client.set("key", 1)
    server.restart(empty=True)
    assert client.get("key") is None


def test_frozen_it_is_silent_and_thawed_it_goes_on(server, client):
    client.set("key", 1)
    server.freeze()
    with pytest.raises(redis.TimeoutError):
        client.get("key")
    server.thaw()
    assert client.get("key") == b"1"


def test_frozen_it_can_still_be_ended():
    with redis_server() as server:
        process = psutil.Process(server.pid)
        server.freeze()
    assert not process.is_running()


def test_it_dies_with_a_process_that_was_killed():
    code = (
        "import os, signal; from tests.servers import redis_server\n"
        "with redis_server() as server:\n"
        "    print(server.pid, server.folder, flush=True)\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], stdout=subprocess.PIPE)
    pid, folder = done.stdout.split()
    shutil.rmtree(folder)
    wait_until(
        lambda: not psutil.pid_exists(int(pid)), timeout_s=5, what="the server died"
    )


def test_a_program_that_is_no_server_is_named_with_what_it_said(tmp_path):
    program = tmp_path / "redis-server"
    program.write_text("#!/bin/sh\necho it cannot run here\nexit 1\n")
    program.chmod(0o755)
    with (
        pytest.raises(ServerMissing, match="ended at once:\nit cannot run here"),
        redis_server(program),
    ):
        pass

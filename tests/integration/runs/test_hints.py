"""How a waiting slot learns that a run may be due."""

from __future__ import annotations

import logging

import pytest

from apps.runs import dispatch
from apps.runs.cluster.hints import Hints
from apps.runs.state import Board
from tests.servers.process import free_port, wait_until
from tests.servers.redis import redis_server

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _keep_the_connection(monkeypatch):
    """A slot drops a connection that is too old; a test's holds its transaction."""
    monkeypatch.setattr("apps.runs.cluster.hints.close_old_connections", lambda: None)


@pytest.fixture
def board():
    return Board(2)


def test_without_redis_a_waiting_run_is_the_hint(make_run, board):
    hints = Hints("default", board)
    assert not hints.wait()

    make_run()

    assert hints.wait()


@pytest.mark.parametrize("changes", [{"queue": "gpu"}, {"status": "running"}])
def test_what_cannot_be_claimed_here_is_no_hint(make_run, board, changes):
    make_run(**changes)

    assert not Hints("default", board).wait()


def test_when_nothing_can_be_claimed_the_table_is_left_alone_for_a_while(
    make_run, board
):
    make_run()
    hints = Hints("default", board)
    assert hints.wait()

    hints.found_none()

    assert not hints.wait()
    assert wait_until(hints.wait, timeout_s=15, what="the table was looked at again")


def test_a_message_is_a_hint_whatever_it_says(redis_broker, board):
    hints = Hints("default", board)
    assert not hints.wait()

    for message in (b"\xff\x00 garbage", "", b"gAWVAAAA:old:signature"):
        redis_broker.enqueue(message)

    assert [hints.wait() for _ in range(3)] == [True, True, True]
    assert redis_broker.queue_size() == 0


def test_a_run_whose_message_was_lost_is_found_in_the_table(
    make_run, redis_broker, board, settings
):
    settings.LOOK_S = 0.1
    hints = Hints("default", board)
    assert not hints.wait()

    make_run()

    assert wait_until(hints.wait, timeout_s=15, what="the table was looked at")


def test_while_the_broker_speaks_the_table_is_left_alone(
    make_run, redis_broker, board, settings
):
    settings.LOOK_S = 1000
    hints = Hints("default", board)
    assert not hints.wait()

    make_run()

    assert not hints.wait()


def test_the_slot_that_leads_next_keeps_to_the_same_time(
    make_run, redis_broker, board, settings
):
    settings.LOOK_S = 1000
    assert not Hints("default", board).wait()

    make_run()

    assert not Hints("default", board).wait()


def test_with_a_dead_broker_the_table_is_read_and_that_is_said_once(
    make_run, redis_broker, board, settings, caplog
):
    settings.LOOK_S = 1000
    redis_broker.connection.connection_pool.connection_kwargs["port"] = free_port()
    redis_broker.connection.connection_pool.disconnect()
    hints = Hints("default", board)

    assert not hints.wait()
    assert not hints.wait()
    make_run()
    assert wait_until(hints.wait, timeout_s=5, what="the waiting run was found")

    assert caplog.text.count("waiting runs are read from the table") == 1


def test_a_broker_that_is_back_is_listened_to_again(
    settings, redis_broker, board, caplog, monkeypatch
):
    caplog.set_level(logging.INFO, "apps.runs.cluster.hints")
    monkeypatch.setattr("apps.runs.cluster.hints.SILENT_S", 0.1)
    with redis_server() as server:
        options = redis_broker.connection.connection_pool.connection_kwargs
        options |= {"port": server.port, "password": server.password, "db": 0}
        redis_broker.connection.connection_pool.disconnect()
        hints = Hints("default", board)
        server.kill()
        assert not hints.wait()

        server.restart()
        redis_broker.enqueue("hint")

        assert wait_until(hints.wait, timeout_s=15, what="the hint arrived")
    assert "The broker answers again." in caplog.text
    assert dispatch.sends_messages()

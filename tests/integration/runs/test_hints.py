"""How a waiting slot learns that a run may be due."""

from __future__ import annotations

import logging
import uuid
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from apps.core.ids import first_uuid7
from apps.runs import dispatch, services
from apps.runs.cluster import hints as hints_module
from apps.runs.cluster.hints import Hints
from apps.runs.models import Run
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


# -- Many that are blocked -----------------------------------------------------------
@pytest.fixture
def blocked(make_run, board, monkeypatch):
    """Many runs that wait for a place, and hints that have looked at all of them."""
    monkeypatch.setattr(hints_module, "WHOLE_FREE_S", -1)
    monkeypatch.setattr(hints_module, "WHOLE_SHARE", 1e-9)
    monkeypatch.setattr(hints_module, "WHOLE_MAX_S", 1000)
    first = first_uuid7(timezone.now() - timedelta(hours=1)).int
    make_run(status="running", group="db", id=uuid.UUID(int=first - 1))
    run = make_run(group="db", id=uuid.UUID(int=first))
    Run.objects.bulk_create(
        run_like(run, id=uuid.UUID(int=first + 2 * number)) for number in range(1, 200)
    )
    hints = Hints("default", board)
    assert [hints.wait() for _ in range(4)] == [False] * 4
    return hints


def run_like(run, **changes):
    same = {field.attname: getattr(run, field.attname) for field in run._meta.fields}
    return Run(**same | changes)


def middle():
    """An id that is neither among the oldest nor among the newest."""
    ids = (
        Run.objects.filter(status="queued").order_by("id").values_list("id", flat=True)
    )
    return uuid.UUID(int=ids[100].int + 1)


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"id": uuid.UUID(int=first_uuid7(datetime(2020, 1, 1, tzinfo=UTC)).int)},
        {"priority": 1},
    ],
    ids=["the newest", "the oldest", "the most urgent"],
)
def test_a_new_run_is_seen_at_once_behind_many_that_are_blocked(
    blocked, make_run, changes
):
    assert not blocked.wait()

    run = make_run(**changes)

    assert blocked.wait()
    assert services.claim_next(queue="default", worker="w1").run == run


def test_a_place_that_is_given_up_is_seen_at_once(blocked):
    Run.objects.filter(status="running").move("completed", reason="exit")

    assert blocked.wait()
    assert services.claim_next(queue="default", worker="w1").run.group == "db"


def test_a_run_that_begins_and_one_that_ends_are_a_change_too(blocked, make_run):
    make_run(id=middle())
    Run.objects.filter(status="running").move("completed", reason="exit")
    make_run(status="running", group="db")

    assert blocked.wait()


def test_a_run_among_many_that_are_blocked_is_seen_after_a_while(
    blocked, make_run, monkeypatch
):
    monkeypatch.setattr(hints_module, "WHOLE_MAX_S", 0.2)
    blocked._whole_at = 0.0
    assert not blocked.wait()
    run = make_run(id=middle())

    assert wait_until(blocked.wait, timeout_s=15, what="the run was seen")
    assert services.claim_next(queue="default", worker="w1").run == run


def test_many_that_are_blocked_are_not_looked_at_over_and_over(blocked):
    with CaptureQueriesContext(connection) as queries:
        assert [blocked.wait() for _ in range(3)] == [False] * 3

    # What goes on, and the two edges; none asks who has room.
    assert len(queries) == 9
    assert not [query for query in queries if "concurrencygroup" in query["sql"]]


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

from __future__ import annotations

import sqlite3
import threading

import pytest
from django.db import OperationalError
from django.db.utils import ConnectionHandler

LOCKED = "database is locked"


@pytest.fixture
def connect(tmp_path, django_db_blocker):
    """A connection of ours to the database of this test."""
    opened = []

    def connect(timeout_s: float = 20, **options):
        handler = ConnectionHandler(
            {
                "default": {
                    "ENGINE": "apps.core.sqlite3",
                    "NAME": tmp_path / "test.db",
                    "OPTIONS": {
                        "timeout": timeout_s,
                        "transaction_mode": "IMMEDIATE",
                        **options,
                    },
                }
            }
        )
        opened.append(handler["default"])
        return opened[-1]

    with django_db_blocker.unblock():
        with connect(init_command="PRAGMA journal_mode=WAL").cursor() as cursor:
            cursor.execute("CREATE TABLE notes (text)")
        opened[0].close()
        yield connect
        for connection in opened:
            connection.close()


@pytest.fixture
def held(tmp_path):
    """Somebody else's connection that is in the middle of writing."""
    other = sqlite3.connect(
        tmp_path / "test.db", isolation_level=None, check_same_thread=False
    )
    yield other
    other.close()


def texts(connection) -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT text FROM notes ORDER BY text")
        return [text for (text,) in cursor.fetchall()]


def release_soon(other):
    """Commit after a while; SQLite itself would have given up by then."""
    timer = threading.Timer(0.3, other.execute, ["COMMIT"])
    timer.start()
    return timer


def write_one(connection):
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO notes VALUES (%s)", ["mine"])


def write_many(connection):
    with connection.cursor() as cursor:
        cursor.executemany("INSERT INTO notes VALUES (%s)", [["mine"]])


def write_in_transaction(connection):
    connection.set_autocommit(False, force_begin_transaction_with_broken_autocommit=1)
    write_one(connection)
    connection.commit()


@pytest.mark.parametrize("write", [write_one, write_many, write_in_transaction])
def test_a_statement_waits_for_a_lock_and_is_done_once(connect, held, write):
    connection = connect()
    held.execute("BEGIN IMMEDIATE")
    held.execute("INSERT INTO notes VALUES ('held')")
    timer = release_soon(held)

    write(connection)

    timer.join()
    assert texts(connection) == ["held", "mine"]


@pytest.mark.parametrize("write", [write_one, write_many, write_in_transaction])
def test_it_waits_no_longer_than_its_timeout(connect, held, write):
    connection = connect(timeout_s=0.1)
    held.execute("BEGIN IMMEDIATE")

    with pytest.raises(OperationalError, match=LOCKED):
        write(connection)

    held.execute("COMMIT")
    assert texts(connection) == []


def test_inside_a_transaction_it_does_not_wait(connect, held):
    connection = connect(transaction_mode="DEFERRED")
    connection.set_autocommit(False, force_begin_transaction_with_broken_autocommit=1)
    assert texts(connection) == []
    held.execute("BEGIN IMMEDIATE")
    timer = release_soon(held)

    # It would keep meanwhile what the other may be waiting for.
    with pytest.raises(OperationalError, match=LOCKED):
        write_one(connection)

    timer.join()
    connection.rollback()


def test_a_commit_waits_for_readers_where_there_is_no_write_ahead_log(connect, held):
    held.execute("PRAGMA journal_mode=DELETE")
    connection = connect()
    held.execute("BEGIN")
    held.execute("SELECT * FROM notes").fetchall()
    timer = release_soon(held)

    write_in_transaction(connection)

    timer.join()
    assert texts(connection) == ["mine"]


def test_an_error_that_is_no_lock_is_told_at_once(connect):
    with connect().cursor() as cursor, pytest.raises(OperationalError, match="nowhere"):
        cursor.execute("SELECT * FROM nowhere")


def test_percent_signs_are_placeholders_or_doubled(connect):
    with connect().cursor() as cursor:
        cursor.execute("SELECT %s || '%%' || %s", [1, 2])
        assert cursor.fetchone() == ("1%2",)
        cursor.execute("SELECT %(a)s, %(b)s", {"a": 1, "b": 2})
        assert cursor.fetchone() == (1, 2)

"""Doing the other thing in between: races without threads, but where locks matter."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Thread
from typing import Any

from django.db import connection

from tests.servers import wait_until


@contextmanager
def before_an_update(do: Callable[[], Any], *, turn: int = 1) -> Iterator[None]:
    """Do something else just before the first UPDATE of a run (or that of a later
    turn) is executed."""
    turns = []

    def execute_after(execute: Callable[..., Any], sql: str, *how: Any) -> Any:
        if sql.startswith('UPDATE "runs_run"') and len(turns) < turn:
            turns.append(True)
            if len(turns) == turn:
                do()
        return execute(sql, *how)

    with connection.execute_wrapper(execute_after):
        yield
    assert len(turns) == turn, f"runs were updated {len(turns)} times"


def on_a_connection_of_its_own(do: Callable[[], Any]) -> None:
    """Do something in a thread, and close the connection that it opened."""
    try:
        do()
    finally:
        connection.close()


def in_a_thread(do: Callable[[], Any]) -> Thread:
    """Do something on a connection of its own, as another process does.

    Returns when it is done, or when PostgreSQL makes it wait for a lock.
    """
    pids: list[int] = []

    def work() -> None:
        connection.ensure_connection()
        pids.append(connection.connection.info.backend_pid)
        do()

    thread = Thread(target=on_a_connection_of_its_own, args=(work,))
    thread.start()
    wait_until(
        lambda: not thread.is_alive() or (pids and _waits(pids[0])),
        timeout_s=20,
        what="the other was done, or waited",
    )
    return thread


def _waits(pid: int) -> bool:
    """Return whether a session of PostgreSQL waits for a lock."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_locks WHERE NOT granted AND pid = %s", [pid])
        return cursor.fetchone() is not None

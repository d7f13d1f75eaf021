"""Django's SQLite backend, with another way of waiting for a locked database.

SQLite itself looks again after 1, 2, 5, 10, then 25 ms, which suits locks held for as
long. A transaction of a run holds it for well under a millisecond, so that nearly all
of such a wait is sleep: with two slots and a portal, several milliseconds of each run.
This looks again after fractions of a millisecond at first. `timeout` of the options
stays what it was, the seconds until "database is locked".
"""

from __future__ import annotations

import random
import sqlite3
import time
from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import Any, TypeVar

from django.db.backends.sqlite3 import base

T = TypeVar("T")

_FIRST_PAUSE_S = 0.0002
_LONGEST_PAUSE_S = 0.02
_GROWTH = 1.5
# What SQLite waits for by itself if nothing is said, as Python has it.
_USUAL_TIMEOUT_S = 5.0


class DatabaseWrapper(base.DatabaseWrapper):
    """A connection whose statements wait for locks in short steps."""

    busy_timeout_s = _USUAL_TIMEOUT_S

    def get_connection_params(self) -> dict[str, Any]:
        params: dict[str, Any] = super().get_connection_params()
        self.busy_timeout_s = params.get("timeout", _USUAL_TIMEOUT_S)
        return params

    def get_new_connection(self, conn_params: dict[str, Any]) -> sqlite3.Connection:
        # Until it is set up SQLite waits in its own way: that is outside any cursor.
        connection: sqlite3.Connection = super().get_new_connection(conn_params)
        connection.execute("PRAGMA busy_timeout = 0")
        return connection

    def create_cursor(self, name: str | None = None) -> Cursor:
        cursor = self.connection.cursor(factory=Cursor)
        cursor.busy_timeout_s = self.busy_timeout_s
        return cursor

    def _commit(self) -> None:
        # Where the journal is no write-ahead log, a commit waits for readers.
        if self.connection is not None:
            commit = super()._commit  # type: ignore[misc]
            _patiently(commit, self.busy_timeout_s)


class Cursor(base.SQLiteCursorWrapper):
    """Django's cursor, which waits while others hold the lock that it needs."""

    busy_timeout_s = _USUAL_TIMEOUT_S

    def execute(self, query: str, params: Any = None) -> Any:
        return self._do(super().execute, query, params)

    def executemany(self, query: str, param_list: Iterable[Any]) -> Any:
        # Maybe read more than once.
        return self._do(super().executemany, query, list(param_list))

    def _do(self, run: Callable[..., T], *arguments: Any) -> T:
        try:
            return run(*arguments)
        except sqlite3.OperationalError as exc:
            if not self._may_wait(exc):
                raise
        return _patiently(lambda: run(*arguments), self.busy_timeout_s)

    def convert_query(
        self, query: str, *, param_names: Iterable[str] | None = None
    ) -> str:
        if param_names is None:
            return _with_question_marks(query)
        convert = super().convert_query  # type: ignore[misc]
        converted: str = convert(query, param_names=param_names)
        return converted

    def _may_wait(self, exc: sqlite3.OperationalError) -> bool:
        """Whether waiting helps: inside a transaction it would only hold up others."""
        return _is_busy(exc) and not self.connection.in_transaction


def _patiently(step: Callable[[], T], timeout_s: float) -> T:
    """Try again until the database is free; raises what it says after `timeout_s`."""
    give_up_at = time.monotonic() + timeout_s
    pause_s = _FIRST_PAUSE_S
    while True:
        try:
            return step()
        except Exception as exc:
            if not _is_busy(exc.__cause__ or exc) or time.monotonic() >= give_up_at:
                raise
        # Random, so that two that wait for the same lock do not meet again and again.
        time.sleep(pause_s * random.uniform(0.5, 1.5))  # noqa: S311 - no secret
        pause_s = min(pause_s * _GROWTH, _LONGEST_PAUSE_S)


def _is_busy(exc: BaseException) -> bool:
    code = getattr(exc, "sqlite_errorcode", None)
    return code is not None and code & 0xFF == sqlite3.SQLITE_BUSY


@lru_cache(maxsize=512)
def _with_question_marks(query: str) -> str:
    converted: str = base.FORMAT_QMARK_REGEX.sub("?", query).replace("%%", "%")
    return converted

"""Doing the other thing in between: races without threads."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection


@contextmanager
def before_an_update(do: Callable[[], Any]) -> Iterator[None]:
    """Do something else just before the first UPDATE of a run is executed."""
    done = []

    def execute_after(execute: Callable[..., Any], sql: str, *how: Any) -> Any:
        if not done and sql.startswith('UPDATE "runs_run"'):
            done.append(True)
            do()
        return execute(sql, *how)

    with connection.execute_wrapper(execute_after):
        yield
    assert done, "no run was updated"

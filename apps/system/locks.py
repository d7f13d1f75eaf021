"""Locks between processes: on a file, and in a PostgreSQL database."""

from __future__ import annotations

import fcntl
import logging
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import BinaryIO

from django.db import connection

from apps.core.errors import HubError

logger = logging.getLogger(__name__)

# Any number will do, as long as nothing else in the database uses it.
SETUP_LOCK_ID = 0x6175746F687562


class LockFailed(HubError):
    """The lock file cannot be opened or locked."""

    code = "lock_failed"


@contextmanager
def file_lock(path: Path) -> Iterator[None]:
    """Hold an exclusive lock on `path`, which is made and stays. Raises LockFailed.

    Waits for whoever holds it. The kernel takes the lock from a process that dies.
    """
    with ExitStack() as stack:
        try:
            _lock(stack.enter_context(path.open("ab")), path)
        except OSError as exc:
            raise LockFailed(
                f"The lock file {path} cannot be used: {exc.strerror}. This user must "
                "be able to write it; it may be removed while nothing runs."
            ) from exc
        yield


def _lock(file: BinaryIO, path: Path) -> None:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        logger.info("Waiting for another process that holds %s", path)
        fcntl.flock(file, fcntl.LOCK_EX)


@contextmanager
def database_lock() -> Iterator[None]:
    """Hold a lock that all hosts of one PostgreSQL database share.

    On SQLite there is one host only, and the lock on a file is enough.
    """
    if connection.vendor != "postgresql":
        yield
        return
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [SETUP_LOCK_ID])
        try:
            yield
        finally:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [SETUP_LOCK_ID])

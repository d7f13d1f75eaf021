"""Whether the database can be read and written, and what is wrong if it cannot."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from django.db import Error, connection, transaction
from django.db.models.functions import Now
from django.utils.translation import gettext as _

from apps.core.probes import NoAnswer, Probe
from apps.runs.clocks import clock_ahead_s
from apps.runs.models import Instance, Worker

# Together less than a second, which is what /health may take.
PATIENCE_S = 0.8
WRITE_S = 0.4
KEEP_S = 1.0
ROOM_BYTES = 64 * 1024

# What the drivers call it: SQLite's number without its details, or the SQLSTATE.
_LOCKED = {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, "55P03", "57014"}
_READ_ONLY = {sqlite3.SQLITE_READONLY, "25006"}
_FULL = {sqlite3.SQLITE_FULL, "53100"}
_CLOSED = {sqlite3.SQLITE_CANTOPEN}
_BROKEN = {sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}
_BUSY = {"57P03", "53300"}
_NO_TABLE = {"42P01"}
_PASSWORD: set[int | str | None] = {"28P01"}
# A server that cannot be reached has no SQLSTATE to tell.
_UNREACHABLE = {None}


class SeenWorker(NamedTuple):
    """What a living worker last said of itself."""

    queue: str
    slots: int
    problem: str
    version: str
    clock_ahead_s: float | None


@dataclass(frozen=True)
class Look:
    """What was found: what it failed with, if it did, and whether reading works.

    `clock_ahead_s` is by how much this process's clock is ahead of the database's.
    """

    failure: Exception | None = None
    can_read: bool = True
    workers: list[SeenWorker] = field(default_factory=list)
    clock_ahead_s: float | None = None


def look() -> Look:
    """Read and write, in at most PATIENCE_S seconds; may be KEEP_S seconds old."""
    # Within a transaction of this thread's another connection would wait for it.
    if connection.in_atomic_block:
        return _look()
    try:
        return _probe.answer()
    except NoAnswer as exc:
        return Look(failure=exc, can_read=False)


def _look_from_a_thread() -> Look:
    try:
        _set_timeouts()
        return _look()
    except Error as exc:
        return Look(failure=exc, can_read=False)
    finally:
        connection.close()


def _set_timeouts() -> None:
    """Wait a short time for what another process has locked. For this thread only."""
    milliseconds = int(WRITE_S * 1000)
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            # Of apps.core.sqlite3, until the connection is closed.
            connection.busy_timeout_s = WRITE_S  # type: ignore[attr-defined]
        else:
            cursor.execute(f"SET lock_timeout = {milliseconds}")
            cursor.execute(f"SET statement_timeout = {milliseconds}")


def _look() -> Look:
    try:
        alive = Worker.objects.alive()
        workers = [SeenWorker(*row) for row in alive.values_list(*SeenWorker._fields)]
        ahead_s = clock_ahead_s()
    except Error as exc:
        return Look(failure=exc, can_read=False)
    try:
        # Something new, and committed: only then does one that is full show it.
        with transaction.atomic():
            Instance.objects.update(probed_at=Now())
    except Error as exc:
        return Look(failure=exc, workers=workers, clock_ahead_s=ahead_s)
    return Look(workers=workers, clock_ahead_s=ahead_s)


_probe = Probe(_look_from_a_thread, patience_s=PATIENCE_S, keep_s=KEEP_S)


def forget() -> None:
    """Look anew the next time."""
    _probe.forget()


def sentence_of(failure: Exception) -> str:
    """Return what is wrong as everybody may know it; "" when it is none of these."""
    if isinstance(failure, NoAnswer):
        return _("It does not answer in time; it may be frozen or overloaded.")
    codes = _codes(failure)
    for known, sentence in _SENTENCES:
        if codes & known:
            return sentence()
    return ""


def _codes(failure: Exception) -> set[int | str | None]:
    cause = failure.__cause__
    if isinstance(cause, sqlite3.Error):
        number = (getattr(cause, "sqlite_errorcode", None) or 0) & 0xFF
        if number in _CLOSED | _BROKEN and not _has_room():
            # It cannot make the files beside its own, and says nothing of why.
            number = sqlite3.SQLITE_FULL
        return {number, "42P01" if "no such table" in str(cause) else ""}
    if "authentication failed" in str(cause):
        return _PASSWORD  # Of which the driver does not tell the SQLSTATE.
    return {getattr(cause, "sqlstate", "")}


def _has_room() -> bool:
    """Whether SQLite's folder has room for what it keeps in shared memory."""
    folder = Path(str(connection.settings_dict["NAME"])).parent
    try:
        found = os.statvfs(folder)
    except OSError:
        return True
    return found.f_bavail * found.f_frsize >= ROOM_BYTES


# Each sentence is translated when it is read.
_SENTENCES: tuple[tuple[set[Any], Callable[[], str]], ...] = (
    (
        _LOCKED,
        lambda: _("Another process has locked it; what is to be written waits."),
    ),
    (_READ_ONLY, lambda: _("It is read-only; nothing can be started or recorded.")),
    (
        _FULL,
        lambda: _("Its disk is full; nothing can be started or recorded."),
    ),
    (_CLOSED, lambda: _("Its file cannot be opened.")),
    (_BROKEN, lambda: _("Its file cannot be read, or is damaged.")),
    (_BUSY, lambda: _("It takes no connections: it is starting, or has too many.")),
    (
        _PASSWORD,
        lambda: _("It refuses the user or the password that DATABASE_URL names."),
    ),
    (_NO_TABLE, lambda: _("It has no tables yet; make them with: manage.py setup.")),
    (_UNREACHABLE, lambda: _("It cannot be reached; does it run?")),
)

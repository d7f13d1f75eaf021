"""Waiting for what another service's `manage.py setup` makes."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable
from pathlib import Path

from django.conf import settings
from django.db import DatabaseError, connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder

from apps.system import database_health, secret
from apps.system.setup import SetupFailed

PAUSE_S = 0.5

Show = Callable[[str], None]


def wait_for_setup(*, show: Show) -> None:
    """Return once there are the secret key and every table that this version needs.

    Makes nothing. Says once what it waits for. A database that is newer than this
    version is as good as one of its own. Raises SetupFailed after SETUP_WAIT_S seconds.
    """
    give_up_at = time.monotonic() + settings.SETUP_WAIT_S
    needed = _needed_migrations()
    has_told = False
    while problem := _missing_key() or _missing_tables(needed):
        if time.monotonic() >= give_up_at:
            raise SetupFailed(
                f"Waited {settings.SETUP_WAIT_S:g} s for another service's `manage.py "
                f"setup`, in vain: {problem} See what that service says, or set "
                "SETUP_WAIT_S higher."
            )
        if not has_told:
            # That nobody reads this is no reason not to wait.
            with contextlib.suppress(OSError):
                show(f"Waiting for another service's `manage.py setup`: {problem}")
            has_told = True
        time.sleep(PAUSE_S)


def _missing_key() -> str:
    if secret.secret_key():
        return ""
    # The settings read it before it was there.
    path: Path = settings.SECRET_KEY_PATH
    try:
        has_key = bool(path.read_bytes().strip())
    except OSError as exc:
        return f"The secret key file {path} cannot be read: {exc.strerror}."
    return "" if has_key else f"The secret key file {path} is empty."


def _needed_migrations() -> set[tuple[str, str]]:
    """Return what this version brings; those that others replaced do not count."""
    loader = MigrationLoader(None)
    return {key for key in loader.graph.nodes if key in loader.disk_migrations}


def _missing_tables(needed: set[tuple[str, str]]) -> str:
    """Return what is missing, as a sentence; leaves nothing behind in the database."""
    if connection.vendor == "sqlite":
        path = Path(str(connection.settings_dict["NAME"]))
        if not path.is_file():
            # To connect would make it.
            return f"The database file {path} is not there yet."
    try:
        applied = MigrationRecorder(connection).applied_migrations()
    except DatabaseError as exc:
        connection.close()
        told = database_health.sentence_of(exc) or " ".join(str(exc).split())
        return f"The database does not answer: {told}"
    if missing := needed.difference(applied):
        return f"The database lacks {len(missing)} migration(s)."
    return ""

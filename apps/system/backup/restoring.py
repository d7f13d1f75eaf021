"""Making a hub of a backup again."""

from __future__ import annotations

import sqlite3
import tempfile
import uuid
from contextlib import closing, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from django.conf import settings
from django.db import DatabaseError, connection
from django.db.migrations.loader import MigrationLoader

from apps.runs.models import Worker
from apps.system import database_health, secret
from apps.system.backup import manifest, places, postgres
from apps.system.backup.archive import unpack
from apps.system.backup.manifest import Manifest, RestoreFailed
from apps.system.locks import file_lock
from apps.system.setup import make_data_dir

NEXT = (
    "Next: manage.py setup, then start portal and workers. Runs that went on in the "
    "backup end as lost, queued ones start, and schedules catch up as they say."
)
BESIDE = (
    "If the hub that was backed up still runs, stop it first: both would start the same "
    "runs and schedules, and delete each other's artifacts in a bucket that they share."
)


@dataclass(frozen=True)
class RestoreReport:
    """`left_out` is what the backup has and this place does not take, as sentences."""

    told: Manifest
    left_out: list[str]

    def lines(self) -> list[str]:
        """Return what a person wants to know of it, and has to do next."""
        told = self.told
        return [
            f"Restored the backup of {told.made_at} (version {told.version}).",
            *self.left_out,
            NEXT,
            BESIDE,
        ]


def restore_backup(*, source: Path, force: bool) -> RestoreReport:
    """Put database, artifacts and key of a backup in their places.

    Nothing is touched before the whole archive has been read and found sound. What is
    there already is replaced only with `force`, and never under living workers. The
    restored hub has an instance id of its own: its workers leave alone what the original
    hub's scripts started. Raises RestoreFailed or another HubError.
    """
    make_data_dir()
    folder: Path = settings.DATA_DIR
    try:
        with (
            file_lock(folder / "setup.lock"),
            tempfile.TemporaryDirectory(dir=folder, prefix=".restore-") as unpacked,
        ):
            return _restore(source, Path(unpacked), force)
    except OSError as exc:
        raise RestoreFailed(
            f"The backup could not be restored: {exc.strerror or exc}"
            f"{f' ({exc.filename})' if exc.filename else ''}. Correct that, then restore "
            "it again with --force."
        ) from exc
    except DatabaseError as exc:
        sentence = database_health.sentence_of(exc) or " ".join(str(exc).split())
        raise RestoreFailed(
            f"The database did not take the backup. {sentence} Correct that, then "
            "restore it again with --force."
        ) from exc


def _restore(source: Path, unpacked: Path, force: bool) -> RestoreReport:
    _check_target(force)
    told = unpack(source, unpacked)
    _check_fits(told)
    if told.database == "sqlite":
        _check_sqlite(unpacked / manifest.SQLITE)
    else:
        postgres.check_may_create()
    # After it nothing may refuse but a database in use, which is replaced first.
    places.check_places(unpacked, told)
    if told.database == "sqlite":
        _put_sqlite(unpacked / manifest.SQLITE)
    else:
        _put_postgres(unpacked / "database", told)
    left_out = [
        *_put_artifacts(unpacked, told),
        *_put_key(unpacked, told),
        *_put_secrets_key(unpacked, told),
    ]
    return RestoreReport(told, left_out)


# -- Whether it may be ---------------------------------------------------------------
def _check_target(force: bool) -> None:
    if there := _what_is_there():
        _check_workers()
        if not force:
            raise RestoreFailed(
                f"There is a hub here already: {', '.join(there)}. Restore into an empty "
                "place, or replace all of it with --force."
            )


def _what_is_there() -> list[str]:
    found = []
    if connection.vendor == "sqlite":
        path = places.sqlite_path()
        found += [f"the database {path}"] if path.exists() else []
    elif names := postgres.tables():
        found.append(f"{len(names)} tables in the database")
    folder = places.artifacts_folder()
    if folder and folder.is_dir() and any(places.contents(folder)):
        found.append(f"artifacts in {folder}")
    if settings.SECRET_KEY_PATH.exists() and not secret.given_by_environment():
        found.append(f"the key {settings.SECRET_KEY_PATH}")
    return found


def _check_workers() -> None:
    if connection.vendor == "sqlite" and not places.sqlite_path().exists():
        return
    alive = 0
    # What has no such table, or a broken one, has no workers.
    with suppress(DatabaseError):
        alive = Worker.objects.alive().count()
    connection.close()
    if alive:
        raise RestoreFailed(
            f"{alive} worker(s) of this hub are alive. Stop them and the portal, wait "
            f"{settings.LEASE_S:g} s where they were killed, then restore."
        )


def _check_fits(told: Manifest) -> None:
    """Refuse what this version or this kind of database cannot take."""
    kind = manifest.KINDS.get(told.database)
    if kind is None or told.database != connection.vendor:
        own = manifest.KINDS.get(connection.vendor, connection.vendor)
        raise RestoreFailed(
            f"The backup is of {kind or 'another'} database, and this hub uses {own}. "
            "Set DATABASE_URL to a database of the same kind."
        )
    loader = MigrationLoader(None)
    unknown = [key for key in told.migrations if key not in loader.disk_migrations]
    if unknown:
        app, name = unknown[0]
        raise RestoreFailed(
            f"The backup was made by version {told.version}, which is newer than this "
            f"one ({settings.HUB_VERSION}): it has the migration {app}.{name}. Restore it "
            "with that version or a newer one."
        )
    _check_parts(told)


def _check_parts(told: Manifest) -> None:
    """Refuse a backup without all that it says it has."""
    if told.database == "sqlite":
        needed = {manifest.SQLITE}
    else:
        needed = {f"database/{table}.copy" for table in told.tables}
    if not needed or needed.difference(told.files):
        raise RestoreFailed(
            "The backup is incomplete: it lacks a part of the database."
        )
    if told.has_key != (manifest.KEY in told.files):
        raise RestoreFailed(
            "The backup is incomplete: it lacks the secret key."
            if told.has_key
            else "The backup is damaged: it has a secret key, and says that it has none."
        )


def _check_sqlite(path: Path) -> None:
    try:
        with closing(sqlite3.connect(path)) as database:
            (answer,) = database.execute("PRAGMA quick_check(1)").fetchone()
            # As Django writes both. Not older than now: see Instance.created_at.
            values = (uuid.uuid4().hex, datetime.now(UTC).strftime("%Y-%m-%d %H:%M:%S"))
            with database:
                database.execute(
                    "UPDATE runs_instance SET id = ?, created_at = ?", values
                )
    except sqlite3.Error as exc:
        raise RestoreFailed(f"The backup's database is damaged: {exc}.") from exc
    if answer != "ok":
        raise RestoreFailed(f"The backup's database is damaged: {answer}.")


# -- Doing it ------------------------------------------------------------------------
def _put_sqlite(source: Path) -> None:
    path = places.sqlite_path()
    connection.close()
    _check_unused(path)
    places.copy_into_place(source, path)


def _check_unused(path: Path) -> None:
    """Refuse to replace a database that a process is writing to."""
    if not path.exists():
        return
    # What a killed process left in these belongs to the old database.
    with closing(sqlite3.connect(path, timeout=1)) as old:
        try:
            old.execute("PRAGMA locking_mode = EXCLUSIVE")
            old.execute("PRAGMA journal_mode = DELETE")
            old.execute("BEGIN EXCLUSIVE")
        except sqlite3.OperationalError as exc:
            raise RestoreFailed(
                f"The database {path} is in use; stop the portal and the workers first."
            ) from exc
        except sqlite3.DatabaseError:
            # It is no database, or a broken one: all the more to be replaced.
            pass
    for ending in ("-wal", "-shm", "-journal"):
        path.with_name(path.name + ending).unlink(missing_ok=True)


def _put_postgres(folder: Path, told: Manifest) -> None:
    postgres.drop({*postgres.tables(), *_known_tables(told)})
    postgres.migrate_to(told.migrations)
    postgres.load(folder, told.tables)
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE runs_instance SET id = %s, created_at = now()", [uuid.uuid4()]
        )


def _known_tables(told: Manifest) -> set[str]:
    """Return the hub's tables among the backup's; other names are not its to drop."""
    known = connection.introspection.django_table_names(include_views=False)
    return {*known, postgres.MIGRATIONS}.intersection(told.tables)


def _put_artifacts(unpacked: Path, told: Manifest) -> list[str]:
    folder = places.artifacts_folder()
    if folder is not None and places.takes_artifacts(told):
        places.replace_contents(folder, unpacked / manifest.ARTIFACTS)
        return []
    if folder is not None:
        return [f"Its artifacts are in {told.artifacts}, and are not reached here."]
    if told.artifacts != manifest.ARTIFACTS:
        return [f"Its artifacts are in {told.artifacts}; ARTIFACTS_URL must name it."]
    return ["Its artifacts were left out: ARTIFACTS_URL keeps them elsewhere."]


def _put_secrets_key(unpacked: Path, told: Manifest) -> list[str]:
    """Put the key of stored secrets back, where the backup has it."""
    if places.takes_secrets_key(told):
        kept = unpacked / manifest.SECRETS_KEY
        places.copy_into_place(kept, places.secrets_key_path())
    elif manifest.SECRETS_KEY in told.files:
        return ["Its key for secrets was left out: the environment gives SECRETS_KEY."]
    return []


def _put_key(unpacked: Path, told: Manifest) -> list[str]:
    if places.takes_key(told):
        places.copy_into_place(unpacked / manifest.KEY, places.key_path())
        return []
    if told.has_key:
        return ["Its key was left out: the environment gives SECRET_KEY."]
    if secret.given_by_environment():
        return []
    return ["It holds no key: give this hub the SECRET_KEY that the other had."]

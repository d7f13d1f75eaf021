"""Writing a backup, also while runs are going."""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.files.storage import FileSystemStorage, storages
from django.db import DatabaseError, connection
from django.db.migrations.recorder import MigrationRecorder

from apps.system import database_health, secret
from apps.system.backup import manifest, postgres
from apps.system.backup.archive import BLOCK_BYTES, Writer
from apps.system.backup.manifest import BackupFailed, Manifest

# What runs left, and what they were or will be given. A database that an older version
# made has no uploads yet.
WITH_FILES = ("runs_artifact", "runs_upload")


@dataclass(frozen=True)
class BackupReport:
    """`sha256` is the archive's own, to be kept apart from it."""

    path: Path
    size_bytes: int
    sha256: str
    told: Manifest

    def lines(self) -> list[str]:
        """Return what a person wants to know of it."""
        told = self.told
        artifacts = [n for n in told.files if n.startswith(manifest.ARTIFACTS)]
        kind = manifest.KINDS[told.database]
        lines = [
            f"Wrote {self.path}, {self.size_bytes} bytes, SHA-256 {self.sha256}.",
            f"Database: {kind}, {len(told.migrations)} migration(s).",
        ]
        if told.artifacts == manifest.ARTIFACTS:
            gone = f", {told.missing} had gone" if told.missing else ""
            lines.append(f"Artifacts: {len(artifacts)}{gone}.")
        else:
            lines.append(
                f"Artifacts: not in it, they stay in {told.artifacts}; keep that bucket."
            )
        if told.has_key:
            lines.append("Key: in it. Keep the backup as you would keep a password.")
        else:
            lines.append("Key: not in it, SECRET_KEY gives it; keep that apart.")
        return lines


def make_backup(*, target: Path, is_folder: bool = False) -> BackupReport:
    """Write a backup to `target`, or below it where it is a folder.

    With `is_folder` it is one, and made where it is not there. The database is read as
    it is at one moment, then the artifacts that its rows name. The file appears whole or
    not at all, with mode 0600. Raises BackupFailed.
    """
    made_at = datetime.now(UTC)
    told = Manifest(
        version=settings.HUB_VERSION,
        made_at=made_at.isoformat(),
        commit=settings.HUB_COMMIT,
        database=connection.vendor,
    )
    try:
        path = _path_of(target, is_folder, made_at)
        with tempfile.TemporaryDirectory(dir=path.parent, prefix=".backup-") as work:
            written = Path(work) / "archive"
            _write(written, told, Path(work))
            sha256 = _sha256(written)
            _appear(written, path)
        return BackupReport(path, path.stat().st_size, sha256, told)
    except OSError as exc:
        raise BackupFailed(
            f"The backup {target} cannot be written: {exc.strerror or exc}."
        ) from exc
    except DatabaseError as exc:
        sentence = database_health.sentence_of(exc) or " ".join(str(exc).split())
        raise BackupFailed(f"The database cannot be read. {sentence}") from exc


def _path_of(target: Path, is_folder: bool, made_at: datetime) -> Path:
    """Return the file to be made; raises OSError and BackupFailed."""
    path = target.absolute()
    if is_folder and not path.is_dir():
        if path.exists():
            raise BackupFailed(f"{target} is there already, and is no folder.")
        path.mkdir(parents=True)
    if path.is_dir():
        path /= f"automation-hub-{made_at:%Y%m%dT%H%M%SZ}.tar.gz"
    if os.path.lexists(path):
        raise _taken(path)
    return path


def _taken(path: Path) -> BackupFailed:
    return BackupFailed(f"{path} is there already; name another file.")


def _appear(written: Path, target: Path) -> None:
    try:
        # Unlike a rename, this never replaces what came to be there meanwhile.
        os.link(written, target)
    except FileExistsError as exc:
        raise _taken(target) from exc
    except OSError:
        # Some file systems know no second name for a file.
        written.rename(target)


def _write(path: Path, told: Manifest, work: Path) -> None:
    fd = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    with os.fdopen(fd, "wb") as file:
        with Writer(file, told) as writer:
            if connection.vendor == "sqlite":
                artifacts = _write_sqlite(writer, work / "database.db")
            else:
                artifacts = _write_postgres(writer, work / "table.copy")
            _write_artifacts(writer, artifacts)
            _write_key(writer)
        file.flush()
        os.fsync(fd)


def _write_sqlite(writer: Writer, copy: Path) -> list[str]:
    """Add the database; returns the paths of the artifacts that it names."""
    source = Path(str(connection.settings_dict["NAME"]))
    if not source.is_file():
        # To connect would make it.
        raise BackupFailed(f"There is no database {source} to be backed up.")
    with connection.cursor() as cursor:
        # One read transaction: writers go on meanwhile, and are not in it.
        cursor.execute("VACUUM INTO %s", [str(copy)])
        cursor.execute("ATTACH DATABASE %s AS copied", [str(copy)])
        try:
            cursor.execute("SELECT app, name FROM copied.django_migrations ORDER BY id")
            writer.told.migrations = cursor.fetchall()
            cursor.execute("SELECT name FROM copied.sqlite_master")
            paths = _paths(cursor, {name for (name,) in cursor.fetchall()}, "copied.")
        finally:
            cursor.execute("DETACH DATABASE copied")
    writer.add(manifest.SQLITE, copy)
    return paths


def _write_postgres(writer: Writer, copy: Path) -> list[str]:
    with postgres.snapshot(), connection.cursor() as cursor:
        migrations = MigrationRecorder(connection).applied_migrations()
        if not migrations:
            raise BackupFailed(
                "The database has no tables yet; there is nothing in it."
            )
        writer.told.migrations = sorted(migrations)
        tables = postgres.tables()
        for table in tables:
            writer.told.tables[table] = postgres.write_table(table, copy)
            writer.add(f"database/{table}.copy", copy)
        return _paths(cursor, set(tables))


def _paths(cursor: Any, tables: set[str], schema: str = "") -> list[str]:
    """Return where the files of a database are in the storage."""
    found = []
    for table in WITH_FILES:
        if table in tables:
            # Both names are ours.
            cursor.execute(f"SELECT path FROM {schema}{table}")  # noqa: S608
            found += [path for (path,) in cursor.fetchall()]
    return found


def _write_artifacts(writer: Writer, paths: Iterable[str]) -> None:
    storage: Any = storages["artifacts"]
    if not isinstance(storage, FileSystemStorage):
        place = f"{storage.bucket_name}/{storage.location}".rstrip("/")
        writer.told.artifacts = f"s3://{place}"
        return
    writer.told.artifacts = manifest.ARTIFACTS
    for path in paths:
        try:
            writer.add(f"{manifest.ARTIFACTS}{path}", Path(storage.path(path)))
        except FileNotFoundError:
            # Its run was deleted after the database was read.
            writer.told.missing += 1


def _write_key(writer: Writer) -> None:
    if not secret.given_by_environment() and settings.SECRET_KEY_PATH.is_file():
        writer.add(manifest.KEY, settings.SECRET_KEY_PATH)
        writer.told.has_key = True
    if not secret.secrets_key_given() and settings.SECRETS_KEY_PATH.is_file():
        writer.add(manifest.SECRETS_KEY, settings.SECRETS_KEY_PATH)


def _sha256(path: Path) -> str:
    found = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(BLOCK_BYTES):
            found.update(block)
    return found.hexdigest()

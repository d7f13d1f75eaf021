"""Where the parts of a hub are on disk, and how one of them is replaced."""

from __future__ import annotations

import errno
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.files.storage import FileSystemStorage, storages
from django.db import connection

from apps.system import secret
from apps.system.backup import manifest
from apps.system.backup.manifest import Manifest, RestoreFailed

# What file systems put at their root, and keep for themselves.
OF_THE_DISK = "lost+found"


def sqlite_path() -> Path:
    """Return SQLite's file; a link to it stays a link."""
    return Path(str(connection.settings_dict["NAME"])).resolve()


def key_path() -> Path:
    """Return the secret key's file; a link to it stays a link."""
    return Path(settings.SECRET_KEY_PATH).resolve()


def secrets_key_path() -> Path:
    """Return the file of the key for secrets; a link to it stays a link."""
    return Path(settings.SECRETS_KEY_PATH).resolve()


def artifacts_folder() -> Path | None:
    """Return the folder of the artifacts; None where a bucket has them."""
    storage: Any = storages["artifacts"]
    if isinstance(storage, FileSystemStorage):
        return Path(str(storage.location)).resolve()
    return None


def takes_artifacts(told: Manifest) -> bool:
    """Say whether the backup has artifacts, and this hub keeps them in a folder."""
    return told.artifacts == manifest.ARTIFACTS and artifacts_folder() is not None


def takes_key(told: Manifest) -> bool:
    """Say whether the backup has a key, and this hub keeps it in a file."""
    return told.has_key and not secret.given_by_environment()


def takes_secrets_key(told: Manifest) -> bool:
    """Say whether the backup has a key for secrets, and this hub keeps it in a file."""
    return manifest.SECRETS_KEY in told.files and not secret.secrets_key_given()


def contents(folder: Path) -> Iterator[Path]:
    """Yield what lies in a folder, but for what is its disk's own."""
    return (path for path in folder.iterdir() if path.name != OF_THE_DISK)


# -- Before anything is replaced -----------------------------------------------------
def check_places(unpacked: Path, told: Manifest) -> None:
    """Refuse a place that would not take its part; raises OSError and RestoreFailed."""
    if told.database == "sqlite":
        _check_file(sqlite_path())
        size = (unpacked / manifest.SQLITE).stat().st_size
        # It is copied: while that goes on there are two.
        _check_room(sqlite_path().parent, size)
    if takes_key(told):
        _check_file(key_path())
    if takes_secrets_key(told):
        _check_file(secrets_key_path())
    folder = artifacts_folder()
    if folder is not None and takes_artifacts(told):
        _check_folder(folder)
        if folder.stat().st_dev != unpacked.stat().st_dev:
            needed = _size_of(unpacked / manifest.ARTIFACTS) - _size_of(folder)
            _check_room(folder, needed)


def _check_file(path: Path) -> None:
    if path.is_dir():
        raise RestoreFailed(f"{path} is a folder, and a file of that name is needed.")
    path.parent.mkdir(parents=True, exist_ok=True)
    _check_writable(path.parent)
    if path.exists() and os.statvfs(path).f_flag & os.ST_RDONLY:
        raise RestoreFailed(
            f"{path} is mounted read-only, and is to be replaced. Mount nothing there, or "
            "give its content by the environment."
        )


def _check_folder(folder: Path) -> None:
    """See to it that there is the folder, and that it can be emptied and filled."""
    if folder.exists() and not folder.is_dir():
        raise RestoreFailed(f"{folder} is a file, and a folder of that name is needed.")
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    _check_writable(folder)
    for inner in _folders_below(folder):
        if inner.is_mount() or not os.access(inner, os.R_OK | os.W_OK | os.X_OK):
            raise RestoreFailed(
                f"The folder {inner} is to be removed, and cannot be. Unmount it, or let "
                "this user write it, then restore again."
            )


def _folders_below(folder: Path) -> Iterator[Path]:
    for path in contents(folder):
        if path.is_dir() and not path.is_symlink():
            yield path
            # One that cannot be read is told before it is looked into.
            yield from _folders_below(path)


def _check_writable(folder: Path) -> None:
    try:
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as exc:
        raise RestoreFailed(
            f"The folder {folder} cannot be written: {exc.strerror}. Make it writable "
            "for this user, then restore again."
        ) from exc


def _check_room(folder: Path, needed: int) -> None:
    free = shutil.disk_usage(folder).free
    if needed > free:
        raise RestoreFailed(
            f"There is too little room in {folder}: {needed} bytes are needed, and "
            f"{free} are free."
        )


def _size_of(folder: Path) -> int:
    files = (Path(top, name) for top, _, names in os.walk(folder) for name in names)
    return sum(path.lstat().st_size for path in files)


# -- Replacing -----------------------------------------------------------------------
def replace_contents(folder: Path, source: Path) -> None:
    """Have a folder hold what `source` does, which is moved; that may be missing.

    The folder itself stays: it may be a mount point, or another user's.
    """
    for path in list(contents(folder)):
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink()
    if source.is_dir():
        for path in source.iterdir():
            shutil.move(path, folder / path.name)


def copy_into_place(source: Path, path: Path) -> None:
    """Put a file at its path in one step, for its owner alone, also on another disk."""
    fd, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")
    new = Path(name)
    try:
        with os.fdopen(fd, "wb") as target, source.open("rb") as file:
            shutil.copyfileobj(file, target)
            target.flush()
            os.fsync(fd)
        _take_the_place(new, path)
    finally:
        new.unlink(missing_ok=True)


def _take_the_place(new: Path, path: Path) -> None:
    try:
        new.replace(path)
    except OSError as exc:
        # A file that is mounted by itself cannot be replaced, but be written.
        if exc.errno != errno.EBUSY:
            raise
        shutil.copyfile(new, path)

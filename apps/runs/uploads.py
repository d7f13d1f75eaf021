"""Giving a run the files that were sent for it: paths in its work folder."""

from __future__ import annotations

import errno
import hashlib
import os
import uuid
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from apps.core.filenames import safe_filename
from apps.runs import artifacts
from apps.runs.folders import Abandoned
from apps.runs.models import Upload
from apps.runs.removal import remove_tree
from apps.scripts.inputs import file_fields, upload_ids

# In the artifacts' storage, beside the folders of runs, and in a run's work folder.
FOLDER = "uploads"
GIVEN = "inputs"
BLOCK_BYTES = 1024 * 1024


class FileGone(Exception):
    """A file that a run needs is not there any more; the message names it."""


def given_folder(schema: Mapping[str, Any], values: Mapping[str, Any]) -> str | None:
    """Return the folder below the work folder that holds what a run was given; None
    for a run without files, whose script may have a folder of that name itself."""
    return GIVEN if upload_ids(file_fields(schema), values) else None


def place_files(
    *,
    schema: Mapping[str, Any],
    values: Mapping[str, Any],
    work: Path,
    keep_on: Callable[[], bool],
) -> dict[str, Any]:
    """Copy a run's files into its work folder; returns the values with their paths.

    `keep_on` is asked before each block; raises Abandoned at a no. Raises FileGone, and
    OSError for what the storage or the disk does not do.
    """
    fields = file_fields(schema)
    wanted = upload_ids(fields, values)
    if not wanted:
        return dict(values)
    ids = [uuid.UUID(text) for _name, text in wanted]
    found = {str(row.pk): row for row in Upload.objects.filter(pk__in=ids)}
    if (work / GIVEN).exists():
        # The script's file changed when they had been copied, so it is read once more.
        for _ in remove_tree(work / GIVEN):
            keep_on()
    placed: dict[str, Any] = dict(values)
    for name in dict.fromkeys(name for name, _text in wanted):
        value = values[name]
        folder = work / GIVEN / name
        folder.mkdir(mode=0o700, parents=True)
        names = _names(_items(value), found)
        paths = [
            str(_copied(found[text], folder / names[number], keep_on))
            for number, text in enumerate(_items(value))
        ]
        placed[name] = paths if isinstance(value, list) else paths[0]
    return placed


def _items(value: Any) -> list[str]:
    return value if isinstance(value, list) else [value]


def _names(ids: list[str], found: Mapping[str, Upload]) -> list[str]:
    """Return what each file is called in its folder, where two may not be called alike."""
    names: list[str] = []
    taken: set[str] = set()
    for text in ids:
        if text not in found:
            raise FileGone(f"its file {text} has been deleted")
        name = safe_filename(found[text].name)
        # Alike too for a file system that does not tell the cases apart.
        name = next(one for one in _variants(name) if one.casefold() not in taken)
        taken.add(name.casefold())
        names.append(name)
    return names


def _variants(name: str) -> Iterator[str]:
    yield name
    stem, dot, ending = name.rpartition(".")
    number = 1
    while True:
        number += 1
        # In front, so that what is cut off a long name is its end.
        yield safe_filename(
            f"{number}-{stem}{dot}{ending}" if dot else f"{number}-{name}"
        )


def _copied(upload: Upload, target: Path, keep_on: Callable[[], bool]) -> Path:
    try:
        digest = _copy(upload, target, keep_on)
    except OSError as exc:
        if exc.errno != errno.ENOSPC:
            raise
        raise OSError(
            exc.errno, f"the disk is full: there is no room for {upload.name!a}"
        ) from exc
    if digest != upload.sha256:
        raise OSError(f"the file {upload.name!a} is not as it was when it was sent")
    return target


def _copy(upload: Upload, target: Path, keep_on: Callable[[], bool]) -> str:
    digest = hashlib.sha256()
    fd = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    with os.fdopen(fd, "wb") as file, artifacts.watched(keep_on):
        for block in _blocks(upload):
            if not keep_on():
                raise Abandoned
            digest.update(block)
            file.write(block)
    return digest.hexdigest()


def _blocks(upload: Upload) -> Iterator[bytes]:
    try:
        with artifacts.storage().open(upload.path) as source:
            while block := source.read(BLOCK_BYTES):
                yield block
    except FileNotFoundError as exc:
        raise FileGone(f"its file {upload.name!a} has been deleted") from exc
    except artifacts.StorageFailed as exc:
        raise OSError(f"its file {upload.name!a} cannot be had: {exc}") from exc

"""Clearing away what runs left outside the database: files and folders."""

from __future__ import annotations

import logging
import uuid
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path

from django.conf import settings
from django.core.files.storage import Storage

from apps.core.ids import first_uuid7
from apps.runs import artifacts
from apps.runs.models import ACTIVE, Instance, Run, Upload
from apps.runs.removal import remove_tree
from apps.runs.uploads import FOLDER

logger = logging.getLogger(__name__)

# How many names are looked up in the database at a time.
NAMES = 100
# What is younger may be in somebody's hands.
LEFT_OVER = timedelta(hours=1)
# After so many files of one batch that could not be deleted, the rest is left.
MAX_FAILURES = 3


def delete_files(files: Iterable[tuple[uuid.UUID, str]]) -> Iterator[None]:
    """Delete artifact files, each given by its run and its path, and their folders;
    yields after each.

    What the storage cannot delete now stays, without a row, for `sweep_files`; after
    MAX_FAILURES so does the rest, since a storage that is away may take long to say so.
    """
    storage = artifacts.storage()
    failures = 0
    folders: dict[str, bool] = {}
    for run_id, path in files:
        deleted = failures < MAX_FAILURES and _try_delete(storage, path)
        failures += not deleted
        folders[str(run_id)] = folders.get(str(run_id), True) and deleted
        yield
    for folder, is_empty in folders.items():
        if is_empty:
            _try_delete(storage, folder)
            yield


def _try_delete(storage: Storage, path: str) -> bool:
    """Delete a file or an empty folder; one that is not there is deleted already."""
    try:
        storage.delete(path)
    except Exception:
        # Each kind of storage has errors of its own, and none may stop the others.
        logger.exception("%s could not be deleted from the artifacts", path)
        return False
    return True


def sweep_files(*, now: datetime, dry_run: bool) -> Iterator[tuple[int, int]]:
    """Delete artifact files of runs that are gone; yields (files, bytes) a step.

    They stay behind when a process is killed between the commit that deletes a run and
    its files, or between a file and its row. Left alone are folders that are no run's,
    and those of runs from before this database was made or within the last hour: a
    data folder may outlive its database.
    """
    instance = Instance.objects.own()
    storage = artifacts.storage()
    since, until = first_uuid7(instance.created_at), first_uuid7(now - LEFT_OVER)
    for ids in _in_batches(_run_ids(_folder_names(storage)), NAMES):
        known = set(Run.objects.filter(pk__in=ids).values_list("pk", flat=True))
        for run_id in ids:
            if run_id not in known and since <= run_id < until:
                yield from _sweep_folder(storage, run_id, dry_run)
        yield 0, 0


def sweep_uploads(*, now: datetime, dry_run: bool) -> Iterator[tuple[int, int]]:
    """Delete files of uploads that are gone, as `sweep_files` does those of runs."""
    instance = Instance.objects.own()
    storage = artifacts.storage()
    since, until = first_uuid7(instance.created_at), first_uuid7(now - LEFT_OVER)
    for ids in _in_batches(_run_ids(_upload_names(storage)), NAMES):
        known = set(Upload.objects.filter(pk__in=ids).values_list("pk", flat=True))
        for pk in ids:
            if pk not in known and since <= pk < until:
                yield from _sweep_upload(storage, f"{FOLDER}/{pk}", dry_run)
        yield 0, 0


def _upload_names(storage: Storage) -> list[str]:
    try:
        return storage.listdir(FOLDER)[1]
    except FileNotFoundError:
        # Nobody has sent any.
        return []
    except Exception:
        logger.exception("The uploads cannot be listed")
        return []


def _sweep_upload(
    storage: Storage, path: str, dry_run: bool
) -> Iterator[tuple[int, int]]:
    try:
        size = storage.size(path)
    except Exception:
        # Somebody else swept it at this moment, or the storage fails.
        logger.exception("The size of %s cannot be had", path)
        return
    if dry_run or _try_delete(storage, path):
        yield 1, size


def _folder_names(storage: Storage) -> Iterator[str]:
    # One whose lists come in pages gives them one at a time.
    by_page = getattr(storage, "folder_names", None)
    try:
        yield from by_page() if by_page else storage.listdir("")[0]
    except FileNotFoundError:
        # No artifact has ever been kept.
        return
    except Exception:
        logger.exception("The artifacts cannot be listed")


def _sweep_folder(
    storage: Storage, run_id: uuid.UUID, dry_run: bool
) -> Iterator[tuple[int, int]]:
    """Delete the files of a run that is gone; yields (1, bytes) for each."""
    left = 0
    try:
        for name in storage.listdir(str(run_id))[1]:
            path = f"{run_id}/{name}"
            size = storage.size(path)
            is_gone = dry_run or _try_delete(storage, path)
            left += not is_gone
            yield int(is_gone), size if is_gone else 0
    except Exception:
        # Somebody else swept it at this moment, or the storage fails.
        logger.exception("The artifacts of run %s cannot be listed", run_id)
        return
    if not dry_run and not left:
        _try_delete(storage, str(run_id))


def sweep_work_folders(*, now: datetime) -> Iterator[None]:
    """Delete the work folders that a killed worker left; yields after each file.

    Those of active runs stay, however old, and so does what was made within the last
    hour. It is about the folders of this host alone, where DATA_DIR is not shared.
    """
    base = Path(settings.DATA_DIR) / "runs"
    names = (entry.name for entry in base.iterdir()) if base.is_dir() else iter(())
    for ids in _in_batches(_run_ids(names), NAMES):
        runs = Run.objects.filter(pk__in=ids, status__in=ACTIVE)
        active = set(runs.values_list("pk", flat=True))
        for run_id in ids:
            if run_id not in active:
                yield from _delete_work_folder(base / str(run_id), now)
        yield


def _delete_work_folder(folder: Path, now: datetime) -> Iterator[None]:
    try:
        changed = datetime.fromtimestamp(folder.lstat().st_mtime, UTC)
        if changed < now - LEFT_OVER:
            yield from remove_tree(folder)
    except FileNotFoundError:
        # Its worker deleted it meanwhile.
        return
    except OSError as exc:
        logger.warning("The work folder %s could not be deleted: %s", folder, exc)


def _run_ids(names: Iterable[str]) -> Iterator[uuid.UUID]:
    """Yield the ids that are names as the hub writes them; others are not its own."""
    for name in names:
        try:
            run_id = uuid.UUID(name)
        except ValueError:
            continue
        if str(run_id) == name:
            yield run_id


def _in_batches(ids: Iterable[uuid.UUID], size: int) -> Iterator[list[uuid.UUID]]:
    rest = iter(ids)
    while batch := list(islice(rest, size)):
        yield batch

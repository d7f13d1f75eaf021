"""Deleting environments of scripts that nobody uses, and what builders fetched."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

from django.conf import settings

from apps.executor.envs.store import Store, sizes
from apps.runs.environments import store
from apps.runs.removal import remove_tree

logger = logging.getLogger(__name__)


def clear_environments(*, now: datetime, dry_run: bool) -> Iterator[tuple[int, int]]:
    """Delete what no run has used for ENV_KEEP_DAYS; yields (environments, bytes) a step.

    Never one in use, whichever host uses it. What builds left that were killed goes
    too, and so does the builders' cache when it has grown over ENV_CACHE_BYTES. It is
    about the data folder of this host alone, where it is not shared.
    """
    where = store()
    days = settings.ENV_KEEP_DAYS
    cutoff = (now - timedelta(days=days)).timestamp() if days else float("-inf")
    for key in where.names():
        try:
            yield from _clear(where, key, cutoff, dry_run)
        except OSError as exc:
            logger.warning("The environment %s could not be cleared up: %s", key, exc)
    if not dry_run:
        yield from _clear_cache(where)


def _clear(
    where: Store, key: str, cutoff: float, dry_run: bool
) -> Iterator[tuple[int, int]]:
    used_at, facts = where.used_at(key), where.facts(key) or {}
    is_old = used_at is not None and used_at < cutoff
    size = int(facts.get("size_bytes", 0))
    if dry_run:
        if is_old and not where.is_in_use(key):
            yield 1, size
        return
    lock = where.try_lock(key)
    if lock is None:
        # It is being built.
        return
    with lock:
        lock.write("")
        if is_old and where.retire(key, unused_since=cutoff):
            yield 1, size
        for path, _use in where.dead(key):
            yield from _delete(path)
            if not path.exists():
                where.forget(path)
        where.drop(key)
    yield 0, 0


def _clear_cache(where: Store) -> Iterator[tuple[int, int]]:
    if not where.root.is_dir():
        # No script has ever needed one.
        return
    # Whole: what is in there belongs to pip and uv, and hangs together.
    total = 0
    for size in sizes(where.cache):
        total += size
        yield 0, 0
    try:
        if total > settings.ENV_CACHE_BYTES:
            where.put_cache_aside()
    except OSError as exc:
        logger.warning("The cache of builders could not be put aside: %s", exc)
    for folder in where.old_caches():
        yield from _delete(folder)


def _delete(folder: Path) -> Iterator[tuple[int, int]]:
    try:
        for _ in remove_tree(folder):
            yield 0, 0
    except FileNotFoundError:
        return
    except OSError as exc:
        logger.warning("%s could not be deleted: %s", folder, exc)

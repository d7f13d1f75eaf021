"""Where environments are kept, and who may use, build or delete one.

    <root>/<key>/lock           locked by whoever builds for this key, or clears up
    <root>/<key>/<build>/       one attempt: a virtual environment, whole or not
    <root>/<key>/<build>.use    locked, shared, by whoever builds or uses that one
    <root>/<key>/ready.json     names the attempt that succeeded; written last
    <root>/.cache/              what builders fetched
    <root>/.cache.use           locked, shared, by whoever builds

Each attempt has a folder of its own, so two builders never write to the same place, and
what was killed in the middle is a folder that nothing names. The locks only save work
and keep what is in use: the kernel frees those of whoever dies. They are flock's, which
local file systems, NFS 4 and CephFS keep among all hosts.
"""

from __future__ import annotations

import fcntl
import json
import os
import time
import uuid
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

_READY = "ready.json"
_LOCK = "lock"
_USE = ".use"
_CACHE = ".cache"


class Lock:
    """An open file that is locked until `close`."""

    def __init__(self, fd: int, path: Path) -> None:
        self._fd = fd
        self.path = path

    def close(self) -> None:
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1

    def touch(self) -> None:
        """Have its time be now."""
        os.utime(self._fd)

    def write(self, text: str) -> None:
        """Say who has it, for `Store.builder_of`."""
        os.truncate(self._fd, 0)
        os.pwrite(self._fd, text.encode(), 0)

    def __enter__(self) -> Lock:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()


@dataclass
class Env:
    """An environment that is in use until `close`: nobody deletes it meanwhile."""

    key: str
    path: Path
    lock: Lock
    facts: dict[str, Any] = field(default_factory=dict)

    @property
    def bin(self) -> Path:
        return self.path / "bin"

    @property
    def python(self) -> Path:
        return self.path / "bin" / "python"

    def close(self) -> None:
        # What a long run used is as fresh as what a short one did.
        with suppress(OSError):
            self.lock.touch()
        self.lock.close()


class Store:
    """The environments below one folder. Everything may raise OSError."""

    def __init__(self, root: Path) -> None:
        self.root = root

    # -- Using -------------------------------------------------------------------
    def use(self, key: str) -> Env | None:
        """Take the environment of this key into use; None where there is none ready."""
        facts = self.facts(key)
        if facts is None:
            return None
        path = self.root / key / facts["build"]
        lock = _try_lock(_use_file(path), fcntl.LOCK_SH)
        if lock is None:
            # It is being deleted.
            return None
        env = Env(key, path, lock, facts)
        # It may have been deleted just before it was locked, or damaged since.
        is_there = self.facts(key) == facts and os.access(env.python, os.X_OK)
        if not is_there:
            env.close()
            return None
        lock.touch()
        return env

    def facts(self, key: str) -> dict[str, Any] | None:
        """Return what was written down of a ready environment."""
        try:
            found = json.loads((self.root / key / _READY).read_text("utf-8"))
        except (FileNotFoundError, ValueError):
            return None
        is_sound = isinstance(found, dict) and str(found.get("build", "")).isalnum()
        return found if is_sound else None

    def used_at(self, key: str) -> float | None:
        """Return when it was taken into use the last time; None if it is not ready."""
        facts = self.facts(key)
        if facts is None:
            return None
        try:
            return _use_file(self.root / key / facts["build"]).stat().st_mtime
        except FileNotFoundError:
            return 0.0

    # -- Building ----------------------------------------------------------------
    def try_lock(self, key: str) -> Lock | None:
        """Become the only one that builds for this key; None while somebody else is."""
        folder = self.root / key
        while True:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            try:
                return _try_lock(folder / _LOCK, fcntl.LOCK_EX)
            except FileNotFoundError:
                # It was deleted with all that was in it, at this very moment.
                continue

    def builder_of(self, key: str) -> str:
        """Return what whoever builds for this key wrote into the lock; maybe ""."""
        try:
            return (self.root / key / _LOCK).read_text("utf-8")[:200]
        except (OSError, ValueError):
            return ""

    def begin(self, key: str) -> Env:
        """Return a new attempt's environment, which is not there yet."""
        path = self.root / key / uuid.uuid4().hex[:12]
        lock = _try_lock(_use_file(path), fcntl.LOCK_SH)
        if lock is None:
            raise OSError(f"{path} is locked by somebody else")
        return Env(key, path, lock)

    def publish(self, env: Env, **facts: Any) -> None:
        """Make an attempt the environment of its key, in one step."""
        env.facts = {"build": env.path.name, **facts}
        folder = self.root / env.key
        written = folder / f"{env.path.name}.json"
        with written.open("w", encoding="utf-8") as file:
            json.dump(env.facts, file)
            file.flush()
            os.fsync(file.fileno())
        written.replace(folder / _READY)
        env.lock.touch()

    # -- Clearing up -------------------------------------------------------------
    def names(self) -> list[str]:
        """Return the keys of which anything is there."""
        try:
            with os.scandir(self.root) as entries:
                names = [e.name for e in entries if e.is_dir(follow_symlinks=False)]
        except FileNotFoundError:
            return []
        return sorted(name for name in names if not name.startswith("."))

    def dead(self, key: str) -> Iterator[tuple[Path, Lock]]:
        """Yield the folders of attempts that nothing names and nobody uses, locked.

        For whoever holds the key's lock; once a folder is gone, `forget` the attempt.
        """
        facts = self.facts(key) or {}
        for path in self._attempts(key):
            if path.name == facts.get("build"):
                continue
            if lock := _try_lock(_use_file(path), fcntl.LOCK_EX):
                with lock:
                    yield path, lock

    def is_in_use(self, key: str) -> bool:
        """Whether a run uses the ready environment of this key now."""
        facts = self.facts(key)
        if facts is None:
            return False
        lock = _try_lock(_use_file(self.root / key / facts["build"]), fcntl.LOCK_EX)
        if lock is not None:
            lock.close()
        return lock is None

    def retire(self, key: str, *, unused_since: float) -> bool:
        """Let nothing name the environment of a key any more, if it may go.

        That is, if nobody uses it now or did since that moment. For whoever holds the
        key's lock.
        """
        facts = self.facts(key)
        if facts is None:
            return False
        lock = _try_lock(_use_file(self.root / key / facts["build"]), fcntl.LOCK_EX)
        if lock is None:
            return False
        with lock:
            # Somebody may have used it between a look at its time and the lock.
            if (self.used_at(key) or 0.0) >= unused_since:
                return False
            (self.root / key / _READY).unlink(missing_ok=True)
        return True

    def forget(self, path: Path) -> None:
        """Delete what is left of an attempt whose folder is gone."""
        for left in (_use_file(path), path.with_name(f"{path.name}.json")):
            left.unlink(missing_ok=True)

    def drop(self, key: str) -> bool:
        """Delete the folder of a key in which nothing but its lock is left, locked."""
        folder = self.root / key
        with os.scandir(folder) as entries:
            if {entry.name for entry in entries} != {_LOCK}:
                return False
        (folder / _LOCK).unlink()
        # Somebody may have come to build in between, with a lock of their own.
        with suppress(OSError):
            folder.rmdir()
        return not folder.exists()

    def _attempts(self, key: str) -> list[Path]:
        folder = self.root / key
        with os.scandir(folder) as entries:
            names = {e.name.removesuffix(_USE).removesuffix(".json") for e in entries}
        return [folder / name for name in sorted(names - {_LOCK, "ready"})]

    # -- What builders fetched ---------------------------------------------------
    @property
    def cache(self) -> Path:
        return self.root / _CACHE

    def share_cache(self) -> Lock:
        """Have the cache stay where it is until the lock is closed."""
        while (lock := _try_lock(self._cache_lock(), fcntl.LOCK_SH)) is None:
            # Somebody is renaming it at this moment.
            time.sleep(0.01)
        return lock

    def put_cache_aside(self) -> bool:
        """Begin another cache, unless somebody builds: then it is for the next time."""
        lock = _try_lock(self._cache_lock(), fcntl.LOCK_EX)
        if lock is None:
            return False
        with lock, suppress(FileNotFoundError):
            self.cache.rename(self.root / f"{_CACHE}-{uuid.uuid4().hex[:12]}")
        return True

    def old_caches(self) -> list[Path]:
        """Return the caches that were put aside and can be deleted."""
        return sorted(self.root.glob(f"{_CACHE}-*"))

    def _cache_lock(self) -> Path:
        return _use_file(self.cache)


def _use_file(path: Path) -> Path:
    return path.with_name(path.name + _USE)


def _try_lock(path: Path, how: int) -> Lock | None:
    """Lock a file, made where there is none; None while somebody has it otherwise.

    Raises FileNotFoundError where its folder is not there.
    """
    while True:
        fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(fd, how | fcntl.LOCK_NB)
            # One that was deleted meanwhile locks nobody out.
            if _is_at(fd, path):
                return Lock(fd, path)
        except BlockingIOError:
            os.close(fd)
            return None
        except BaseException:
            os.close(fd)
            raise
        os.close(fd)


def _is_at(fd: int, path: Path) -> bool:
    try:
        found = path.stat()
    except FileNotFoundError:
        return False
    own = os.fstat(fd)
    return (own.st_dev, own.st_ino) == (found.st_dev, found.st_ino)


def sizes(folder: Path) -> Iterator[int]:
    """Yield how many bytes each of the files below a folder has."""
    for base, _folders, names in os.walk(folder):
        for name in names:
            with suppress(FileNotFoundError):
                yield os.lstat(f"{base}/{name}").st_size

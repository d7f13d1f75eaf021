"""Removing a folder with all that is in it, one entry at a time."""

from __future__ import annotations

import os
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass, field
from pathlib import Path

# Never through a link: whoever wrote the folder may have put one there.
_FLAGS = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


@dataclass
class _Level:
    """A folder on the way down: its name, what it is, and what had to stay in it."""

    name: str
    identity: tuple[int, int]
    kept: set[str] = field(default_factory=set)


class _Removal:
    """Walks with one open folder at a time, so that no depth is too deep."""

    def __init__(self, folder: Path) -> None:
        self.problem: OSError | None = None
        self._fd = os.open(folder, _FLAGS)
        self._levels = [_Level("", _identity(self._fd))]

    def close(self) -> None:
        os.close(self._fd)

    def steps(self) -> Iterator[None]:
        """Empty the folder; yields after each entry that is gone."""
        while True:
            below = yield from self._delete_files()
            if below is not None:
                self._go_down(below)
            elif len(self._levels) == 1:
                return
            else:
                self._go_up()
                yield

    def _delete_files(self) -> Generator[None, None, str | None]:
        """Delete files until a folder comes; returns its name, or None at the end."""
        kept = self._levels[-1].kept
        is_empty = False
        # What is deleted may hide other entries from the same look.
        while not is_empty:
            is_empty = True
            with os.scandir(self._fd) as entries:
                for entry in entries:
                    if entry.name in kept:
                        continue
                    if entry.is_dir(follow_symlinks=False):
                        return entry.name
                    is_empty = False
                    self._try(entry.name, os.unlink)
                    yield
        return None

    def _try(self, name: str, remove: Callable[..., None]) -> None:
        try:
            remove(name, dir_fd=self._fd)
        except FileNotFoundError:
            return
        except OSError as exc:
            self._keep(name, exc)

    def _keep(self, name: str, exc: OSError) -> None:
        self._levels[-1].kept.add(name)
        self.problem = self.problem or exc

    def _go_down(self, name: str) -> None:
        try:
            below = os.open(name, _FLAGS, dir_fd=self._fd)
        except OSError as exc:
            self._keep(name, exc)
            return
        os.close(self._fd)
        self._fd = below
        self._levels.append(_Level(name, _identity(below)))

    def _go_up(self) -> None:
        above = os.open("..", _FLAGS, dir_fd=self._fd)
        os.close(self._fd)
        self._fd = above
        left = self._levels.pop()
        if _identity(above) != self._levels[-1].identity:
            # What is up there now is not ours to delete.
            raise OSError(f"the folder {left.name!r} was moved while it was removed")
        self._try(left.name, os.rmdir)


def _identity(fd: int) -> tuple[int, int]:
    found = os.fstat(fd)
    return found.st_dev, found.st_ino


def remove_tree(folder: Path) -> Iterator[None]:
    """Remove a folder with all that is in it; yields after each entry.

    Whoever iterates so says between two entries that it lives, or goes on another time.
    Links are removed and not followed. What cannot be removed stays, with the folders
    above it, and the first reason is raised in the end, an OSError; so is
    NotADirectoryError where `folder` is a link.
    """
    removal = _Removal(folder)
    try:
        yield from removal.steps()
    finally:
        removal.close()
    if removal.problem is not None:
        raise removal.problem
    folder.rmdir()

"""Finding and reading script files. Names are looked up, never joined blindly."""

from __future__ import annotations

import hashlib
import os
import stat
from dataclasses import dataclass
from pathlib import Path

KNOWN_ENDINGS = (".py", ".sh", ".bash")
# More than any script written by hand; reading and parsing stay quick.
MAX_SCRIPT_BYTES = 1024 * 1024
# Of what is larger not even a checksum is made: a file may be larger than a disk.
MAX_HASHED_BYTES = 64 * 1024 * 1024
MAX_NAME_LENGTH = 255
# How often a file is read that changes meanwhile; then the last reading counts.
READINGS = 3
BLOCK_BYTES = 1024 * 1024

Stamp = tuple[int, int, int, int, int]


class ScriptGone(Exception):
    """There is no regular file of that name inside the scripts folder."""


class ScriptUnreadable(ScriptGone):
    """The file is there and cannot be read; the message is the system's reason."""


@dataclass(frozen=True)
class Content:
    """A script's bytes as they were when read; `source` is cut at MAX_SCRIPT_BYTES.

    `sha256` is "" for more than MAX_HASHED_BYTES. `stamp` is what the file system says
    of the file, and differs after every change.
    """

    path: Path
    source: bytes
    sha256: str
    size_bytes: int
    stamp: Stamp

    @property
    def too_large(self) -> bool:
        """Whether `source` is not all of it."""
        return self.size_bytes > MAX_SCRIPT_BYTES


def locate(root: Path, name: str) -> Path:
    """Return the path of the script called `name`, a name that a survey once found.

    Links are followed only inside `root` (a mounted ConfigMap is made of such links).
    Raises ScriptGone when there is no regular file, or it lies elsewhere now.
    """
    try:
        home = os.path.realpath(root, strict=True)
        path = os.path.join(home, name)  # noqa: PTH118 - on the way of every run
        if "/" not in name and stat.S_ISREG(os.lstat(path).st_mode):
            # Most scripts: nothing on the way that could lead elsewhere.
            return Path(path)
        found = Path(os.path.realpath(path, strict=True))
        mode = found.stat().st_mode
    except (OSError, ValueError, RuntimeError) as exc:
        raise ScriptGone(name) from exc
    if not found.is_relative_to(home) or not stat.S_ISREG(mode):
        raise ScriptGone(name)
    return found


def read(root: Path, name: str) -> Content:
    """Read a script. Raises ScriptGone as `locate` does, ScriptUnreadable for others."""
    path = locate(root, name)
    try:
        # O_NONBLOCK: should a pipe take the file's place just now, do not wait on it.
        fd = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        with os.fdopen(fd, "rb", buffering=0) as file:
            for _reading in range(READINGS):
                content = _read(path, file.fileno())
                if content.stamp == _stamp(os.fstat(file.fileno())):
                    break
                file.seek(0)
    except FileNotFoundError as exc:
        raise ScriptGone(name) from exc
    except OSError as exc:
        raise ScriptUnreadable(exc.strerror or str(exc)) from exc
    return content


def is_unchanged(content: Content) -> bool:
    """Whether the file at the path is the one that was read, and still says the same."""
    try:
        if _stamp(content.path.stat()) == content.stamp:
            return True
        # Touched, or written anew with the same words.
        return read(content.path.parent, content.path.name).sha256 == content.sha256
    except (OSError, ScriptGone):
        return False


def _stamp(about: os.stat_result) -> Stamp:
    return (
        about.st_dev,
        about.st_ino,
        about.st_size,
        about.st_mtime_ns,
        about.st_ctime_ns,
    )


def _read(path: Path, fd: int) -> Content:
    about = os.fstat(fd)
    digest = hashlib.sha256()
    source = b""
    size = 0
    hashed = about.st_size <= MAX_HASHED_BYTES
    while block := os.read(fd, BLOCK_BYTES):
        size += len(block)
        hashed = hashed and size <= MAX_HASHED_BYTES
        source += block[: MAX_SCRIPT_BYTES - len(source)]
        if not hashed:
            size = max(size, about.st_size)
            break
        digest.update(block)
    sha256 = digest.hexdigest() if hashed else ""
    return Content(path, source, sha256, size, _stamp(about))

"""Finding and reading script files. Names are looked up, never joined blindly."""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

KNOWN_ENDINGS = (".py", ".sh", ".bash")
# More than any script written by hand; reading and parsing stay quick.
MAX_SCRIPT_BYTES = 1024 * 1024
MAX_NAME_LENGTH = 255
MAX_DEPTH = 8


class ScriptGone(Exception):
    """There is no regular file of that name inside the scripts folder."""


@dataclass(frozen=True)
class Content:
    """A script's bytes as they were when read; `source` is cut at MAX_SCRIPT_BYTES."""

    path: Path
    source: bytes
    sha256: str
    size_bytes: int

    @property
    def too_large(self) -> bool:
        """Whether `source` is not all of it."""
        return self.size_bytes > MAX_SCRIPT_BYTES


def walk(root: Path) -> Iterator[str]:
    """Yield the names of all scripts under `root`, relative to it, sorted by folder.

    Left out: names that start with `_` or `.`, names that no terminal could show, what
    is neither a known ending nor an executable with `#!`, linked folders (loops) and
    links to files outside `root`. Raises OSError if `root` itself cannot be listed.
    """
    yield from _walk(root, "", MAX_DEPTH)


def _walk(root: Path, prefix: str, depth: int) -> Iterator[str]:
    with os.scandir(root / prefix) as listing:
        entries = sorted(listing, key=lambda entry: entry.name)
    for entry in entries:
        name = f"{prefix}{entry.name}"
        if entry.name.startswith(("_", ".")) or not _is_name(name):
            continue
        if entry.is_dir(follow_symlinks=False):
            if depth:
                yield from _walk(root, f"{name}/", depth - 1)
        elif _is_script(root, name):
            yield name


def _is_name(name: str) -> bool:
    # An undecodable file name has lone surrogates, which are not printable either.
    return len(name) <= MAX_NAME_LENGTH and name.isprintable()


def _is_script(root: Path, name: str) -> bool:
    try:
        path = locate(root, name)
        if name.endswith(KNOWN_ENDINGS):
            return True
        with path.open("rb") as file:
            return os.access(path, os.X_OK) and file.read(2) == b"#!"
    except (ScriptGone, OSError):
        return False


def locate(root: Path, name: str) -> Path:
    """Return the path of the script called `name`, a name that `walk` once yielded.

    Links are followed only inside `root` (a mounted ConfigMap is made of such links).
    Raises ScriptGone when there is no regular file, or it lies elsewhere now.
    """
    try:
        # As text: it is asked before each run, and making paths is not cheap.
        home = os.path.realpath(root, strict=True).rstrip("/")
        real = os.path.realpath(f"{home}/{name}", strict=True)
        path = Path(real)
        mode = path.stat().st_mode
    except (OSError, ValueError) as exc:
        raise ScriptGone(name) from exc
    if not real.startswith(f"{home}/") or not stat.S_ISREG(mode):
        raise ScriptGone(name)
    return path


def read(root: Path, name: str) -> Content:
    """Read a script. Raises ScriptGone as `locate` does, or when it cannot be read."""
    path = locate(root, name)
    digest = hashlib.sha256()
    source = b""
    size = 0
    try:
        # O_NONBLOCK: should a pipe take the file's place just now, do not wait on it.
        fd = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        with os.fdopen(fd, "rb") as file:
            while block := file.read(MAX_SCRIPT_BYTES):
                digest.update(block)
                source = source or block
                size += len(block)
    except OSError as exc:
        raise ScriptGone(name) from exc
    return Content(path, source, digest.hexdigest(), size)

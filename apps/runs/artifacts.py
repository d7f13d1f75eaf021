"""Collecting the files that a run left, and keeping them."""

from __future__ import annotations

import hashlib
import logging
import mimetypes
import os
import stat
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, wait
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from io import BufferedReader
from itertools import islice
from pathlib import Path
from threading import Thread

from django.conf import settings
from django.core.files import File
from django.core.files.storage import Storage, storages
from django.utils.translation import gettext as _

from apps.core.errors import NotFound, Unavailable
from apps.runs import state
from apps.runs.folders import Abandoned, Folders, KeepOn, folders, go_on_if
from apps.runs.models import Artifact, Run

logger = logging.getLogger(__name__)

MAX_ARTIFACTS = 200
MAX_ARTIFACT_BYTES = 512 * 2**20
# What is looked at of a work folder and of $HUB_ARTIFACTS, whatever a script put there.
MAX_LOOKED_AT = 100_000
MAX_LIST_BYTES = 2**20
MAX_LISTED = 10 * MAX_ARTIFACTS
BLOCK_BYTES = 1024 * 1024
# How often a run is said to go on while its files are searched.
SEARCH_BEAT_S = 0.5
# After so many files that the storage did not take, it is not asked for the rest: one
# that is away may take long to say so, and the slot waits.
MAX_FAILURES = 2


def collect(
    run: Run,
    *,
    patterns: list[str],
    since: float,
    keep_on: KeepOn,
    given: str | None = None,
    shown: Callable[[str], str] = str,
) -> list[str]:
    """Keep what the run left; returns sentences that name what could not be kept.

    `shown` turns a name into one that everybody may see.

    Taken are the files in its work folder and those that it listed in $HUB_ARTIFACTS;
    where it listed none, also the files under DATA_DIR that match `patterns` and
    changed since it began (`since`, epoch seconds). Links are refused, and what is in
    the folder `given` of the work folder, where the hub put the run's own files, is
    taken only if it is listed. `keep_on` is asked at each file that is looked at,
    before each block of one that is kept, and whenever the storage is sent something;
    at its first no, collecting ends.
    """
    problems: list[str] = []
    with watched(keep_on), suppress(Abandoned):
        found = _candidates(run, patterns, since, keep_on, given)
        named = ((shown(name), path) for name, path in found)
        _collect(run, problems, named, keep_on)
    return problems


def _collect(
    run: Run,
    problems: list[str],
    found: Iterable[tuple[str, Path]],
    keep_on: KeepOn,
) -> None:
    names: set[str] = set()
    failures = 0
    for name, path in found:
        go_on_if(keep_on)
        if len(names) + failures >= MAX_ARTIFACTS:
            problems.append(
                f"more than {MAX_ARTIFACTS} files were left; the rest was not kept"
            )
            break
        try:
            if failures >= MAX_FAILURES:
                raise StorageFailed("not tried after these")
            names.add(_keep(run, _unique(name, names), path, keep_on))
        except StorageFailed as exc:
            failures += 1
            problems.append(f"{path} was not kept: the artifact storage failed ({exc})")
        except (OSError, Refused) as exc:
            problems.append(f"{path} was not kept: {exc}")


class Refused(Exception):
    """A file that is not kept, and why."""


class StorageFailed(OSError):
    """The storage did not do what it was asked; says in a word why."""


class ArtifactsUnavailable(Unavailable):
    """A file is kept somewhere that does not answer now."""

    code = "artifacts_unavailable"


_watch: ContextVar[Callable[[], object]] = ContextVar("_watch", default=state.alive)


@contextmanager
def watched(by: Callable[[], object]) -> Iterator[None]:
    """Have `by` told, in this block, whenever the storage is at work."""
    token = _watch.set(by)
    try:
        yield
    finally:
        _watch.reset(token)


def at_work() -> None:
    """Called by a storage before whatever may take seconds, such as a request."""
    _watch.get()()


class _Watched(File):
    """A file to be stored, which asks before each block whether it still is."""

    def __init__(self, file: BufferedReader, keep_on: KeepOn) -> None:
        super().__init__(file)
        self._source = file
        self._keep_on = keep_on

    def read(self, size: int = -1) -> bytes:
        go_on_if(self._keep_on)
        return self._source.read(size)


def _candidates(
    run: Run,
    patterns: list[str],
    since: float,
    keep_on: KeepOn,
    given: str | None,
) -> Iterator[tuple[str, Path]]:
    """Yield (name, path) of each file once, in a stable order."""
    place = folders(run)
    seen: set[Path] = set()
    listed = _listed(place.listed)
    for path in sorted(islice(_files_of(place, keep_on, given), MAX_LOOKED_AT)):
        seen.add(path)
        yield str(path.relative_to(place.work)), path
    for path in listed if listed else _matching(patterns, since, keep_on):
        absolute = path if path.is_absolute() else place.work / path
        if absolute not in seen:
            seen.add(absolute)
            yield absolute.name, absolute


def _files_of(place: Folders, keep_on: KeepOn, given: str | None) -> Iterator[Path]:
    """The files in a run's work folder, unless its script put a link in its place."""
    if place.home.is_symlink() or place.work.is_symlink():
        logger.warning("The work folder %s is a link, and is left alone", place.work)
        return iter(())
    return _files_below(place.work, keep_on, given)


def _files_below(folder: Path, keep_on: KeepOn, given: str | None) -> Iterator[Path]:
    for base, folders_, names in os.walk(folder):
        go_on_if(keep_on)
        if given in folders_ and base == str(folder):
            folders_.remove(given)
        folders_.sort()
        yield from (Path(base) / name for name in names)


def _listed(file: Path) -> list[Path]:
    try:
        # A script may have put a pipe or a link there, or an endless list.
        with _open_regular(file) as source:
            text = source.read(MAX_LIST_BYTES).decode("utf-8", "surrogateescape")
    except (OSError, Refused) as exc:
        logger.warning("The list of artifacts %s cannot be read: %s", file, exc)
        return []
    lines = text.splitlines()[:MAX_LISTED]
    return [Path(line) for line in lines if line.strip() and "\0" not in line]


def _matching(patterns: list[str], since: float, keep_on: KeepOn) -> list[Path]:
    if not patterns:
        return []
    # A search gives no sign of life between two files that match, so it gets a thread.
    search: Future[list[Path]] = Future()
    Thread(target=_search, args=(patterns, since, search), daemon=True).start()
    while not wait([search], timeout=SEARCH_BEAT_S).done:
        go_on_if(keep_on)
    return search.result()


def _search(patterns: list[str], since: float, answer: Future[list[Path]]) -> None:
    try:
        answer.set_result(_changed(patterns, since))
    except Exception as exc:  # noqa: BLE001  # who waits for the answer has it raised
        answer.set_exception(exc)


def _changed(patterns: list[str], since: float) -> list[Path]:
    base = Path(settings.DATA_DIR)
    found = {path for pattern in patterns for path in base.glob(pattern)}
    # What other runs work on, or is built for them meanwhile, is none of this one's.
    others = (base / "envs", base / "runs")
    found = {p for p in found if not any(p.is_relative_to(one) for one in others)}
    # The file system's clock may lag the processor's by a tick.
    return sorted(
        path for path in found if path.is_file() and _mtime(path) >= since - 0.1
    )


def _mtime(path: Path) -> float:
    try:
        return path.stat(follow_symlinks=False).st_mtime
    except OSError:
        return 0.0


def _unique(name: str, taken: set[str]) -> str:
    """Return the name as data: printable, at most 200 characters, not yet taken."""
    clean = "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in name)
    clean = clean[-200:]
    candidate, count = clean, 1
    while candidate in taken:
        count += 1
        stem, dot, ending = clean.rpartition(".")
        candidate = f"{stem}-{count}.{ending}" if dot else f"{clean}-{count}"
    return candidate


def _keep(run: Run, name: str, path: Path, keep_on: KeepOn) -> str:
    _check_allowed(path)
    with _open_regular(path) as file:
        size = os.fstat(file.fileno()).st_size
        if size > MAX_ARTIFACT_BYTES:
            raise Refused(f"it has {size} bytes, over {MAX_ARTIFACT_BYTES}")
        watched = _Watched(file, keep_on)
        digest = hashlib.sha256()
        while block := watched.read(BLOCK_BYTES):
            digest.update(block)
        file.seek(0)
        # The stored name carries nothing of the script's: no ending, no separators.
        number = hashlib.sha256(name.encode("utf-8", "replace")).hexdigest()[:32]
        stored = _save(f"{run.pk}/{number}", watched)
    Artifact.objects.create(
        run=run,
        name=name,
        path=stored,
        size_bytes=size,
        content_type=mimetypes.guess_type(name)[0] or "application/octet-stream",
        sha256=digest.hexdigest(),
    )
    return name


def _save(path: str, file: _Watched) -> str:
    try:
        return storage().save(path, file)
    except OSError as exc:
        logger.warning("The artifact %s was not stored: %s", path, exc.__cause__ or exc)
        failure = exc if isinstance(exc, StorageFailed) else StorageFailed(str(exc))
        raise failure from exc


def _check_allowed(path: Path) -> None:
    """Refuse what is the hub's own, or the system's view of its processes.

    A script could copy these too, running as the same user; but nobody shall show them
    to everybody who may see the run by a slip.
    """
    real = Path(os.path.realpath(path))
    data = Path(os.path.realpath(settings.DATA_DIR))
    database = str(settings.DATABASES["default"]["NAME"])
    keys = (data / "secret_key", data / "secrets_key")
    own = real in keys or str(real).startswith(os.path.realpath(database))
    below = [Path("/proc"), Path("/sys"), Path("/dev"), data / "artifacts"]
    if own or any(real.is_relative_to(folder) for folder in below):
        raise Refused("it is the hub's own or the system's")


def _open_regular(path: Path) -> BufferedReader:
    """Open a regular file; raises Refused for a link, a pipe, a device, a folder."""
    if path.is_symlink():
        raise Refused("it is a link")
    fd = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    file = os.fdopen(fd, "rb")
    if not stat.S_ISREG(os.fstat(fd).st_mode):
        file.close()
        raise Refused("it is not a regular file")
    return file


def open_kept(artifact: Artifact) -> File:
    """Open a kept file for reading from its start to its end, once.

    Raises NotFound when it is gone, ArtifactsUnavailable when its storage fails.
    """
    try:
        return storage().open(artifact.path)
    except FileNotFoundError as exc:
        about = {"id": artifact.run_id, "name": ascii(artifact.name[:100])}
        message = _("Run %(id)s has no artifact %(name)s.") % about
        raise NotFound(message) from exc
    except OSError as exc:
        raise _unavailable(artifact, exc) from exc


def read_start(artifact: Artifact, most: int) -> bytes:
    """Return the first bytes of a kept file, at most so many; raises as `open_kept`."""
    blocks: list[bytes] = []
    left = most
    with open_kept(artifact) as file:
        try:
            while left and (block := file.read(min(left, BLOCK_BYTES))):
                blocks.append(block)
                left -= len(block)
        except OSError as exc:
            raise _unavailable(artifact, exc) from exc
    return b"".join(blocks)


def _unavailable(artifact: Artifact, exc: OSError) -> ArtifactsUnavailable:
    logger.warning("%s cannot be read: %s", artifact.path, exc.__cause__ or exc)
    about = {"id": artifact.run_id, "name": ascii(artifact.name[:100])}
    message = _(
        "The artifact storage does not answer, so %(name)s of run %(id)s cannot "
        "be had now. Try again later."
    )
    return ArtifactsUnavailable(message % about)


def storage() -> Storage:
    """Return where artifacts are kept: the `artifacts` entry of STORAGES."""
    return storages["artifacts"]

"""The archive: a tar.gz whose files are all accounted for."""

from __future__ import annotations

import hashlib
import io
import re
import tarfile
import time
import zlib
from pathlib import Path
from typing import IO, Any, Self

from apps.system.backup import manifest
from apps.system.backup.manifest import Manifest, RestoreFailed

BLOCK_BYTES = 1024 * 1024
# What a manifest may take; more is none.
MANIFEST_BYTES = 512 * 2**20
# All that a backup may hold. Nothing else is ever written to a disk.
KNOWN = re.compile(r"manifest\.json|keys/secrets?_key|database/[a-z0-9_]+\.(?:db|copy)")
PART = re.compile(r"[^/\\\0]{1,255}")


class Writer:
    """Adds files to an archive and its manifest; a context manager that ends both."""

    def __init__(self, file: IO[bytes], told: Manifest) -> None:
        self.told = told
        self._tar = tarfile.open(fileobj=file, mode="w|gz", format=tarfile.PAX_FORMAT)  # noqa: SIM115

    def add(self, name: str, path: Path) -> None:
        """Add a file as it is now; raises OSError."""
        with path.open("rb") as file:
            size = file.seek(0, io.SEEK_END)
            file.seek(0)
            hashing = _Hashing(file)
            self._put(name, size, hashing)
        self.told.files[name] = {"size": size, "sha256": hashing.sha256.hexdigest()}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *failure: object) -> None:
        """End the archive; one that failed has no manifest, and so is none."""
        try:
            if failure[0] is None:
                text = self.told.text().encode()
                self._put(manifest.NAME, len(text), io.BytesIO(text))
        finally:
            self._tar.close()

    def _put(self, name: str, size: int, file: Any) -> None:
        info = tarfile.TarInfo(name)
        info.size, info.mode, info.mtime = size, 0o600, int(time.time())
        self._tar.addfile(info, file)


class _Hashing:
    """A file that reckons its checksum while it is read."""

    def __init__(self, file: IO[bytes]) -> None:
        self.file = file
        self.sha256 = hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        block = self.file.read(size)
        self.sha256.update(block)
        return block


def unpack(archive: Path, folder: Path) -> Manifest:
    """Unpack an archive below an empty folder, and return what it says of itself.

    Raises RestoreFailed where it is damaged, incomplete or no backup: each file has to
    be as its manifest says, and there are no others. Names of files that lead out of the
    folder, links and devices are refused before anything is written for them.
    """
    found: dict[str, dict[str, Any]] = {}
    try:
        with tarfile.open(archive, mode="r|gz") as tar:
            for member in tar:
                _check_member(member, found)
                found[member.name] = _extract(tar, member, folder)
    except (tarfile.TarError, EOFError, zlib.error) as exc:
        raise RestoreFailed(f"The backup {archive} is damaged: {exc}.") from exc
    except OSError as exc:
        reason = exc.strerror or str(exc)
        raise RestoreFailed(f"The backup {archive} cannot be read: {reason}.") from exc
    if found.pop(manifest.NAME, None) is None:
        raise RestoreFailed(f"The backup {archive} is damaged: its end is missing.")
    told = manifest.read((folder / manifest.NAME).read_bytes())
    for name in sorted(found.keys() | told.files.keys()):
        if found.get(name) != told.files.get(name):
            raise RestoreFailed(
                f"The backup {archive} is damaged: {name} is not what its manifest says."
            )
    return told


def _check_member(member: tarfile.TarInfo, found: dict[str, Any]) -> None:
    name = member.name
    if not member.isreg() or not _is_known(name) or name in found:
        raise RestoreFailed(
            f"This is no backup of a hub, or one that was tampered with: it holds {name!a}."
        )
    if name == manifest.NAME and member.size > MANIFEST_BYTES:
        raise RestoreFailed("The backup is damaged: its manifest is too long.")


def _is_known(name: str) -> bool:
    if not name.startswith(manifest.ARTIFACTS):
        return KNOWN.fullmatch(name) is not None
    return all(
        PART.fullmatch(part) and part not in {".", ".."} for part in name.split("/")
    )


def _extract(
    tar: tarfile.TarFile, member: tarfile.TarInfo, folder: Path
) -> dict[str, Any]:
    path = folder / member.name
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    source = tar.extractfile(member)
    assert source is not None
    hashing = _Hashing(source)
    with path.open("xb") as target:
        while block := hashing.read(BLOCK_BYTES):
            target.write(block)
    path.chmod(0o600)
    return {"size": path.stat().st_size, "sha256": hashing.sha256.hexdigest()}

"""Files that people send for parameters: taking them in, and letting them go."""

from __future__ import annotations

import errno
import hashlib
import logging
import uuid
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.contrib.auth.models import User
from django.core.files import File
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.db.models import Sum
from django.template.defaultfilters import filesizeformat
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.core.errors import InvalidInput, NoRoom, TooLarge, Unavailable, WrongState
from apps.core.filenames import safe_filename
from apps.core.ids import uuid7
from apps.core.incoming import IncomingFile
from apps.runs import artifacts
from apps.runs.models import Upload, UploadUse
from apps.runs.uploads import FOLDER

logger = logging.getLogger(__name__)

BLOCK_BYTES = 64 * 1024
# What the system says of a disk, or of a user's share of it, that is full.
FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
# How many one transaction deletes.
FORGET = 100


class UploadBroken(InvalidInput):
    """The file did not come whole."""

    code = "upload_broken"


class UploadInUse(WrongState):
    """A run, a task or a schedule needs the file."""

    code = "upload_in_use"


class StorageAway(Unavailable):
    """Where uploads are kept does not answer now."""

    code = "uploads_unavailable"


def store_upload(
    *,
    user: User | None,
    name: str,
    chunks: Iterable[bytes],
    expected: int | None = None,
) -> Upload:
    """Keep a file that `user` sends (None: the command line), block by block.

    It is theirs alone to use, and goes after UPLOAD_KEEP_S unless a run, a task or a
    schedule uses it. `expected` is how many bytes are to come, where that is known.
    Raises TooLarge, NoRoom, UploadBroken or StorageAway; nothing is left behind then.
    """
    _check_size(user, expected or 0)
    pk = uuid7()
    path = f"{FOLDER}/{pk}"
    incoming = _Incoming(chunks)
    kept = False
    try:
        path = _save(path, incoming)
        if expected is not None and incoming.size != expected:
            raise upload_broken()
        upload = _record(
            Upload(
                id=pk,
                owner=user,
                name=safe_filename(name),
                path=path,
                size_bytes=incoming.size,
                sha256=incoming.digest.hexdigest(),
                expires_at=timezone.now() + timedelta(seconds=settings.UPLOAD_KEEP_S),
            )
        )
        kept = True
    finally:
        if not kept:
            _discard(path)
    return upload


def _record(upload: Upload) -> Upload:
    """Write the row if there is still room for it: others may have come meanwhile."""
    with transaction.atomic():
        # One after another: together they might be more than each sees.
        if upload.owner_id is not None:
            User.objects.select_for_update(no_key=True).filter(
                pk=upload.owner_id
            ).first()
        _check_size(upload.owner, upload.size_bytes)
        upload.save(force_insert=True)
    return upload


def store_incoming(*, user: User | None, file: UploadedFile, name: str = "") -> Upload:
    """Keep a file of a multipart form; raises as `store_upload` does."""
    with file:
        if isinstance(file, IncomingFile):
            _check_incoming(file)
        return store_upload(
            user=user, name=name or file.name or "", chunks=file.chunks(BLOCK_BYTES)
        )


def _check_incoming(file: IncomingFile) -> None:
    if file.is_too_large:
        raise _too_large()
    if file.error is not None:
        raise _failure(file.error) from file.error
    if not file.is_whole:
        raise upload_broken()


def _check_size(user: User | None, size: int) -> None:
    if size > settings.UPLOAD_LIMIT_BYTES:
        raise _too_large()
    mine = Upload.objects.of(user).unused().order_by()
    held = mine.aggregate(sum=Sum("size_bytes"))["sum"] or 0
    if held + size > settings.UPLOAD_QUOTA_BYTES:
        raise TooLarge(
            _(
                "Your files that nothing uses yet would be more than %(limit)s "
                "together (UPLOAD_QUOTA_BYTES). Use or delete some of them: "
                "GET /uploads lists them."
            )
            % {"limit": filesizeformat(settings.UPLOAD_QUOTA_BYTES)}
        )


def _too_large() -> TooLarge:
    return TooLarge(
        _("The file is larger than %(limit)s, the most that is taken.")
        % {"limit": filesizeformat(settings.UPLOAD_LIMIT_BYTES)}
    )


def upload_broken() -> UploadBroken:
    return UploadBroken(_("The file did not come whole; send it again."))


class _Incoming(File):  # type: ignore[type-arg]  # generic in the stubs alone
    """What comes, as a file that is read once: counted, hashed, and bounded."""

    def __init__(self, chunks: Iterable[bytes]) -> None:
        super().__init__(None, "upload")
        self.size = 0
        self.digest = hashlib.sha256()
        # One that is empty is not the end.
        self._chunks = (block for block in chunks if block)
        self._left = b""

    def chunks(self, chunk_size: int | None = None) -> Iterator[bytes]:
        while block := self._next():
            yield block

    def read(self, size: int = -1) -> bytes:
        """Return exactly `size` bytes unless it is the end, which is how clients of
        object stores find it."""
        while size < 0 or len(self._left) < size:
            block = self._next()
            if not block:
                break
            self._left += block
        end = len(self._left) if size < 0 else size
        taken, self._left = self._left[:end], self._left[end:]
        return taken

    def _next(self) -> bytes:
        try:
            block = next(self._chunks, b"")
        except OSError as exc:
            # The sender, and not where it is kept.
            raise upload_broken() from exc
        self.size += len(block)
        if self.size > settings.UPLOAD_LIMIT_BYTES:
            raise _too_large()
        self.digest.update(block)
        return block

    def seekable(self) -> bool:
        return False

    def close(self) -> None:
        """It is the caller's to close."""


def _save(path: str, incoming: _Incoming) -> str:
    try:
        return artifacts.storage().save(path, incoming)
    except OSError as exc:
        raise _failure(exc) from exc


def _failure(exc: OSError) -> NoRoom | StorageAway:
    logger.warning("An upload was not stored: %s", exc.__cause__ or exc)
    if exc.errno in FULL:
        return NoRoom(
            _(
                "The disk of the hub is full, so the file was not kept. Tell whoever "
                "looks after it, and try again later."
            )
        )
    return StorageAway(
        _(
            "Where files are kept does not answer now; nothing was kept. Try again later."
        )
    )


def _discard(path: str) -> None:
    try:
        artifacts.storage().delete(path)
    except Exception:
        # Each kind of storage has errors of its own; the sweep finds it later.
        logger.exception("%s could not be deleted", path)


# Using them.


def hold(*, ids: Iterable[uuid.UUID], **user: Any) -> None:
    """Keep uploads as long as a run, a task or a schedule (`run=…`); called in the
    transaction that stores it.

    Raises InvalidInput for one that has gone since it was checked.
    """
    wanted = set(ids)
    if not wanted:
        return
    # Locked, so that none is deleted as unused in this moment.
    locked = Upload.objects.select_for_update(no_key=True).filter(pk__in=wanted)
    if gone := wanted - set(locked.order_by("pk").values_list("pk", flat=True)):
        raise InvalidInput(
            _("The upload %(id)s has expired; send the file again.")
            % {"id": min(gone, key=str)}
        )
    UploadUse.objects.bulk_create(
        [UploadUse(upload_id=pk, **user) for pk in sorted(wanted)],
        ignore_conflicts=True,
    )


def hold_only(*, ids: Iterable[uuid.UUID], **user: Any) -> None:
    """Do what `hold` does, and let go of what the task or schedule used before."""
    wanted = set(ids)
    UploadUse.objects.filter(**user).exclude(upload__in=wanted).delete()
    hold(ids=wanted, **user)


def hold_as(*, run_id: uuid.UUID, like: uuid.UUID) -> None:
    """Keep for one run what another run uses, of which it is a retry."""
    used = UploadUse.objects.filter(run=like).values_list("upload", flat=True)
    hold(ids=list(used), run_id=run_id)


# Letting them go.


def delete_upload(*, upload: Upload) -> None:
    """Delete a file that nothing uses; raises UploadInUse for any other."""
    with transaction.atomic():
        locked = Upload.objects.select_for_update().filter(pk=upload.pk).unused()
        if not locked.delete()[0]:
            raise UploadInUse(
                _(
                    "The upload %(id)s is used by a run or a task, and stays as long "
                    "as they do."
                )
                % {"id": upload.pk}
            )
    _discard(upload.path)


def forget_uploads(
    *, now: datetime, dry_run: bool = False
) -> Iterator[tuple[int, int]]:
    """Delete what has expired and is not used; yields (files, bytes) a step.

    Called by pruning. A file whose row is gone and that a kill left is swept up later.
    """
    expired = Upload.objects.filter(expires_at__lte=now).unused()
    if dry_run:
        for size in expired.values_list("size_bytes", flat=True):
            yield 1, size
        return
    while True:
        with transaction.atomic():
            # Looked at once more now that they are locked: a run may have come.
            ids = list(expired.order_by("pk").values_list("pk", flat=True)[:FORGET])
            rows = Upload.objects.select_for_update().filter(pk__in=ids).order_by("pk")
            held = {row.pk: row for row in rows}
            gone = list(expired.filter(pk__in=held).values_list("pk", flat=True))
            Upload.objects.filter(pk__in=gone).delete()
        if not gone:
            return
        for pk in gone:
            _discard(held[pk].path)
            yield 1, held[pk].size_bytes

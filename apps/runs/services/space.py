"""Whether there is room for another run on this worker's disk."""

from __future__ import annotations

import os
import time
from typing import NamedTuple

from django.conf import settings
from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext as _

# Slots ask before every claim.
KEEP_S = 1.0


class _Look(NamedTuple):
    """What was seen of a folder, and when, in monotonic seconds."""

    at: float
    folder: str
    free_bytes: int
    has_inodes: bool
    is_writable: bool
    error: str


_last: list[_Look] = []


def storage_problem() -> str:
    """Return why this worker must not start new runs, as a sentence; "" if it may.

    It may while DATA_DIR is writable, has MIN_FREE_BYTES left and can take another file;
    with MIN_FREE_BYTES 0 always. Asks the file system once a second at most. Called by slots
    before they claim, and by the worker's report.
    """
    if not settings.MIN_FREE_BYTES:
        return ""
    look = _look(str(settings.DATA_DIR))
    if look.error:
        return _("The data folder cannot be read: %(error)s.") % {"error": look.error}
    if not look.is_writable:
        return _("The data folder is not writable for the worker's user.")
    if look.free_bytes < settings.MIN_FREE_BYTES:
        return _(
            "The disk is full: the data folder has %(free)s left, and new runs start "
            "from %(needed)s on (MIN_FREE_BYTES)."
        ) % {
            "free": filesizeformat(look.free_bytes),
            "needed": filesizeformat(settings.MIN_FREE_BYTES),
        }
    if not look.has_inodes:
        return _("The disk is full: the data folder can take no more files.")
    return ""


def _look(folder: str) -> _Look:
    now = time.monotonic()
    if not _last or _last[0].folder != folder or now - _last[0].at >= KEEP_S:
        _last[:] = [_ask(folder, now)]
    return _last[0]


def _ask(folder: str, now: float) -> _Look:
    try:
        found = os.statvfs(folder)
    except OSError as exc:
        # Its words alone: the path is nobody's business who may read /health.
        return _Look(now, folder, 0, False, False, exc.strerror or type(exc).__name__)
    # What file systems without a fixed number of files say of it is 0 of 0.
    has_inodes = not found.f_files or found.f_favail > 0
    # Also false of a file system that was mounted for reading only.
    is_writable = os.access(folder, os.W_OK | os.X_OK)
    free_bytes = found.f_bavail * found.f_frsize
    return _Look(now, folder, free_bytes, has_inodes, is_writable, "")

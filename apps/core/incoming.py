"""Files in multipart forms, taken in without the memory or the disk being theirs."""

from __future__ import annotations

import tempfile
from typing import Any

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.core.files.uploadhandler import FileUploadHandler
from django.http import HttpRequest

# What is kept in memory of one file; the rest goes to the data folder.
MEMORY_BYTES = 2**20


class IncomingFile(UploadedFile):
    """A file of a form, and what became of it on the way.

    `is_too_large`: it went on past the limit. `error`: why it could not be written
    down, where it could not.
    """

    is_too_large = False
    error: OSError | None = None
    request: HttpRequest | None = None

    @property
    def is_whole(self) -> bool:
        """Whether all of its form has arrived: a client may go in the middle, and
        Django takes what came by then for the whole."""
        return self.request is None or arrived_whole(self.request)


class IncomingHandler(FileUploadHandler):
    """Takes files of UPLOAD_LIMIT_BYTES at most, and drops what comes beyond.

    A form is read before anybody knows what it is for, so nothing is raised here: who
    wants the file sees what became of it. The temporary file has no name, and so ends
    with the process whatever happens.
    """

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        super().new_file(*args, **kwargs)
        self._size = 0
        self._is_too_large = False
        self._error: OSError | None = None
        self._file = tempfile.SpooledTemporaryFile(  # noqa: SIM115 - closed by Django
            max_size=MEMORY_BYTES, dir=str(settings.DATA_DIR)
        )

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        self._size += len(raw_data)
        if self._size > settings.UPLOAD_LIMIT_BYTES:
            self._is_too_large = True
        if self._is_too_large or self._error is not None:
            return
        try:
            self._file.write(raw_data)
        except OSError as exc:
            self._error = exc

    def file_complete(self, file_size: int) -> IncomingFile:
        if self._error is None:
            self._file.seek(0)
        found = IncomingFile(
            file=self._file,
            name=self.file_name,
            content_type=self.content_type,
            size=file_size,
            charset=self.charset,
        )
        found.is_too_large, found.error = self._is_too_large, self._error
        found.request = self.request
        return found

    def upload_interrupted(self) -> None:
        self._file.close()


def arrived_whole(request: HttpRequest) -> bool:
    """Whether all of a body that was read has come."""
    stream = getattr(request, "_stream", None)
    limit, read = getattr(stream, "limit", None), getattr(stream, "_pos", None)
    return limit is None or read is None or read >= limit

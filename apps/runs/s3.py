"""Artifacts in a bucket that speaks S3. Loaded only where ARTIFACTS_URL names one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from boto3.exceptions import Boto3Error
from boto3.s3.transfer import TransferConfig
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from django.core.files import File
from storages.backends.s3 import S3Storage

from apps.runs import artifacts
from apps.runs.artifacts import StorageFailed

# One request, tried twice, ends before the lease of a run that waits for it does.
CONNECT_S = 3
READ_S = 8
ATTEMPTS = 2


class S3Artifacts(S3Storage):
    """django-storages' S3, which streams, and fails soon and with OSErrors alone.

    FileNotFoundError is what it says; StorageFailed is everything else, with a word for
    everybody, and what the client said as its cause.
    """

    client_config: Config

    def __init__(self, **options: Any) -> None:
        # In the caller's thread: what is uploaded asks the database now and then.
        transfer = TransferConfig(use_threads=False)
        super().__init__(transfer_config=transfer, **options)
        self.client_config = self.client_config.merge(
            Config(
                connect_timeout=CONNECT_S,
                read_timeout=READ_S,
                retries={"mode": "standard", "total_max_attempts": ATTEMPTS},
                # Many a server that speaks S3 does not know the newer checksums.
                request_checksum_calculation="when_required",
                response_checksum_validation="when_required",
            )
        )

    @property
    def connection(self) -> Any:
        """The client of this thread, which says that it is at work."""
        found = super().connection
        # The same handler again changes nothing.
        found.meta.client.meta.events.register(
            "before-send.s3", _watch, unique_id="automation-hub"
        )
        return found

    def folder_names(self) -> Iterator[str]:
        """Yield the names of the folders at the top, a request for each page of them.

        Raises as the others do.
        """
        top = self._normalize_name("")
        prefix = f"{top}/" if top and not top.endswith("/") else top
        with _os_errors():
            paginator = self.connection.meta.client.get_paginator("list_objects")
            pages = paginator.paginate(
                Bucket=self.bucket_name, Delimiter="/", Prefix=prefix
            )
            for page in pages:
                for entry in page.get("CommonPrefixes", ()):
                    yield entry["Prefix"][len(prefix) :].rstrip("/")

    def _open(self, name: str, mode: str = "rb") -> File[bytes]:
        key = self._normalize_name(name)
        with _os_errors():
            client = self.connection.meta.client
            found = client.get_object(Bucket=self.bucket_name, Key=key)
        return _Stream(found["Body"], name)

    def _save(self, name: str, content: Any) -> str:
        with _os_errors():
            return str(super()._save(name, content))

    def delete(self, name: str) -> None:
        with _os_errors():
            super().delete(name)

    def exists(self, name: str) -> bool:
        with _os_errors():
            return bool(super().exists(name))

    def listdir(self, path: str) -> tuple[list[str], list[str]]:
        with _os_errors():
            folders, files = super().listdir(path)
        return folders, files

    def size(self, name: str) -> int:
        with _os_errors():
            return int(super().size(name))


def _watch(request: Any, **about: Any) -> None:
    """Called by the client before each attempt at a request: says so, and at each block
    that it sends of a file."""
    artifacts.at_work()
    if hasattr(request.body, "read"):
        request.body = _Sent(request.body)


class _Sent:
    """A body of a request that says at each block that it is at work."""

    def __init__(self, body: Any) -> None:
        self._body = body

    def read(self, *size: int) -> bytes:
        artifacts.at_work()
        block: bytes = self._body.read(*size)
        return block

    def __getattr__(self, name: str) -> Any:
        return getattr(self._body, name)


class _Stream(File):
    """An object's content as it comes over the network; it cannot be read twice."""

    def __init__(self, body: Any, name: str) -> None:
        super().__init__(body, name)
        self._body = body

    def read(self, size: int = -1) -> bytes:
        with _os_errors():
            block: bytes = self._body.read(None if size < 0 else size)
        return block


@contextmanager
def _os_errors() -> Iterator[None]:
    try:
        yield
    except ClientError as exc:
        code = str(exc.response.get("Error", {}).get("Code", ""))
        if code in {"404", "NoSuchKey", "NotFound"}:
            raise FileNotFoundError("There is no such object.") from exc
        raise StorageFailed(code or type(exc).__name__) from exc
    except (BotoCoreError, Boto3Error) as exc:
        raise StorageFailed(type(exc).__name__) from exc

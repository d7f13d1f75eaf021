"""The secret key: made once, in a file that every service of this hub reads."""

from __future__ import annotations

import errno
import os
import secrets
import stat
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from apps.core.errors import HubError
from apps.core.vault import new_key
from apps.system.locks import file_lock

KEY_BYTES = 48
# The mode bits of everybody but the owner.
OTHERS = 0o077
HINT = (
    "Run `manage.py setup`, which makes one in the data folder where there is none, or "
    "set SECRET_KEY."
)
# What tells gunicorn that starting again would not help.
APP_LOAD_ERROR = 4


class SecretKeyError(HubError):
    """The file of the secret key cannot be read or made, or holds no key."""

    code = "secret_key"


def given_by_environment() -> bool:
    """Say whether whoever started this process brought the key along."""
    return any(os.environ.get(name) for name in ("SECRET_KEY", "SECRET_KEY_FILE"))


def secrets_key_given() -> bool:
    """Say whether whoever started this process brought the key for secrets along."""
    return any(os.environ.get(name) for name in ("SECRETS_KEY", "SECRETS_KEY_FILE"))


def secret_key() -> str:
    """Return the key that this process uses; "" where there is none."""
    try:
        return settings.SECRET_KEY
    except ImproperlyConfigured:
        # How Django answers for an empty one.
        return ""


def secret_key_problem() -> str:
    """Return why this process has no key, as a sentence; "" when it has one."""
    if secret_key():
        return ""
    path: Path = settings.SECRET_KEY_PATH
    if os.path.lexists(path):
        return f"The secret key file {path} is empty or cannot be read."
    return "There is no secret key."


def provide_secret_key() -> None:
    """See to it that this process, and those started after it, have a key.

    Does nothing where the environment gives one. Raises SecretKeyError.
    """
    if given_by_environment():
        return
    settings.SECRET_KEY = ensure_secret_key(settings.SECRET_KEY_PATH)


def provide_secrets_key() -> None:
    """See to it that this process, and those started after it, can encrypt secrets.

    Does nothing where the environment gives the key, nor where hosts share no data
    folder: each would make a key of its own, and no worker could read what the portal
    encrypted. Raises SecretKeyError.
    """
    if secrets_key_given() or settings.REQUIRE_SECRET_KEY:
        return
    settings.SECRETS_KEY = ensure_secret_key(
        settings.SECRETS_KEY_PATH, make=new_key, variable="SECRETS_KEY"
    )


def require_secret_key() -> None:
    """End this process with one sentence on stderr if it has no key, or a wrong setting.

    Called by the WSGI entry point, and by manage.py for a worker: gunicorn gives up on
    its exit status.
    """
    try:
        problem = secret_key_problem()
    except ImproperlyConfigured as exc:
        _end(str(exc))
    if problem:
        _end(f"{problem} {HINT}")


def _end(sentence: str) -> NoReturn:
    sys.stderr.write(f"{sentence}\n")
    sys.stderr.flush()
    raise SystemExit(APP_LOAD_ERROR)


def _random_key() -> str:
    return secrets.token_urlsafe(KEY_BYTES)


def ensure_secret_key(
    path: Path,
    *,
    make: Callable[[], str] = _random_key,
    variable: str = "SECRET_KEY",
) -> str:
    """Return the key in `path`; the first of several callers makes it.

    The file appears whole or not at all, with mode 0600; a wider mode is narrowed where
    the file is ours to change. Raises SecretKeyError.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with file_lock(path.with_name(f"{path.name}.lock")):
            if not path.exists():
                _write(path, make())
            return _read(path, variable)
    except OSError as exc:
        raise SecretKeyError(
            f"The secret key file {path} cannot be read or made: {exc.strerror}. Let "
            f"this user read and write it and its folder, or set {variable}."
        ) from exc


def _write(path: Path, key: str) -> None:
    # mkstemp makes it with mode 0600.
    fd, name = tempfile.mkstemp(prefix=f".{path.name}-", dir=path.parent)
    try:
        with os.fdopen(fd, "w", encoding="ascii") as file:
            file.write(f"{key}\n")
            file.flush()
            os.fsync(fd)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    _sync_folder(path.parent)


def _sync_folder(folder: Path) -> None:
    """Have the name of a new file outlive a power cut, as its content does."""
    fd = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


def _read(path: Path, variable: str) -> str:
    with path.open("rb") as file:
        _tighten(file.fileno())
        content = file.read().strip()
    if not content:
        raise SecretKeyError(
            f"The secret key file {path} is empty. Put the key of a backup back; or "
            "remove the file, and the next start makes a new key: sessions end, and "
            "what the old key encrypted is lost."
        )
    try:
        return content.decode("ascii")
    except UnicodeDecodeError as exc:
        raise SecretKeyError(
            f"The secret key file {path} does not hold a key: it is not plain ASCII "
            f"text. Put the key of a backup back, or set {variable}."
        ) from exc


def _tighten(fd: int) -> None:
    mode = stat.S_IMODE(os.fstat(fd).st_mode)
    if not mode & OTHERS:
        return
    try:
        os.fchmod(fd, mode & ~OTHERS)
    except OSError as exc:
        # A file that was mounted here is its owner's to protect; check hub.W005
        # speaks of it.
        if exc.errno not in (errno.EPERM, errno.EROFS):
            raise

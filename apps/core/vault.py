"""Encrypting what must not be read in the database: by keys of their own.

SECRETS_KEY, or the file that `manage.py setup` makes, holds one Fernet key or several,
parted by commas or line ends. The first encrypts, all decrypt, so that a key can be
replaced: `manage.py rotate_secrets` encrypts with the first what others did.

The library for it is loaded with the first secret: a hub that has none would hold 8 MB
of memory for it.
"""

from __future__ import annotations

import base64
import re
from functools import cache, lru_cache
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.utils.translation import gettext as _

from apps.core.errors import Unavailable

if TYPE_CHECKING:
    from cryptography.fernet import MultiFernet

KEY_BYTES = 32


class NoKey(Unavailable):
    """There is no key to encrypt with, or what is given is none."""

    code = "no_secrets_key"


class CannotOpen(ValueError):
    """None of the keys opens the token, or what is in it is not what was put there."""


def seal(text: str) -> str:
    """Return text encrypted; raises NoKey."""
    return _fernet(_keys()).encrypt(text.encode()).decode("ascii")


def unseal(token: str) -> str:
    """Return what was encrypted; raises CannotOpen, or NoKey where there are no keys."""
    try:
        return _fernet(_keys()).decrypt(token).decode()
    except (_library().InvalidToken, ValueError, TypeError) as exc:
        raise CannotOpen from exc


def reseal(token: str) -> str:
    """Return the token encrypted with the first key; raises CannotOpen or NoKey."""
    try:
        return _fernet(_keys()).rotate(token).decode("ascii")
    except (_library().InvalidToken, ValueError, TypeError) as exc:
        raise CannotOpen from exc


def new_key() -> str:
    """Return a new random key."""
    key: bytes = _library().Fernet.generate_key()
    return key.decode("ascii")


def keys_problem(text: str) -> str:
    """Return what is wrong with a list of keys, as a sentence that tells none of them;
    "" for keys that can be used."""
    parts = _split(text)
    for number, part in enumerate(parts, start=1):
        if not _is_key(part):
            return (
                f"Key {number} of {len(parts)} is no Fernet key: that is 32 random "
                "bytes in URL-safe base64, 44 characters."
            )
    return ""


def _is_key(part: str) -> bool:
    """Return whether Fernet takes it as a key."""
    try:
        return len(base64.urlsafe_b64decode(part)) == KEY_BYTES
    except ValueError:
        return False


@cache
def _library() -> Any:
    return import_module("cryptography.fernet")


def _keys() -> str:
    given: str = settings.SECRETS_KEY
    if given:
        return given
    # Made after this process had read its settings.
    path: Path = settings.SECRETS_KEY_PATH
    try:
        return path.read_text(encoding="ascii")
    except (OSError, UnicodeDecodeError):
        return ""


@lru_cache(maxsize=4)
def _fernet(text: str) -> MultiFernet:
    parts = _split(text)
    if not parts:
        raise NoKey(
            _(
                "This hub has no key for secrets. Set SECRETS_KEY for all its services, "
                "or run manage.py setup, which makes one in the data folder."
            )
        )
    if problem := keys_problem(text):
        sentence = _("SECRETS_KEY cannot be used.")
        raise NoKey(f"{sentence} {problem}")
    library = _library()
    fernet: MultiFernet = library.MultiFernet([library.Fernet(p) for p in parts])
    return fernet


def _split(text: str) -> list[str]:
    return [part for part in re.split(r"[,\s]+", text) if part]

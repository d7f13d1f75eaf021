"""The environment variables of a build, and what of them no log may show."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from urllib.parse import unquote

from apps.executor.environment import build_env

PASSED_ON = (
    # For .netrc, pip's and uv's own configuration, and keyrings.
    *("HOME", "XDG_CONFIG_HOME", "NETRC", "CURL_CA_BUNDLE", "ALL_PROXY", "all_proxy"),
    *("PIP_INDEX_URL", "PIP_EXTRA_INDEX_URL", "PIP_FIND_LINKS", "PIP_NO_INDEX"),
    *("PIP_CONFIG_FILE", "PIP_TRUSTED_HOST", "PIP_CERT", "PIP_CLIENT_CERT"),
    *("PIP_PROXY", "PIP_RETRIES", "PIP_TIMEOUT", "PIP_DEFAULT_TIMEOUT"),
    *("PIP_CONSTRAINT", "PIP_ONLY_BINARY", "PIP_NO_BINARY", "PIP_PREFER_BINARY"),
    *("PIP_PRE", "PIP_KEYRING_PROVIDER"),
    *("UV_DEFAULT_INDEX", "UV_INDEX", "UV_INDEX_URL", "UV_EXTRA_INDEX_URL"),
    *("UV_FIND_LINKS", "UV_INDEX_STRATEGY", "UV_CONFIG_FILE"),
    *("UV_NO_CONFIG", "UV_KEYRING_PROVIDER", "UV_INSECURE_HOST", "UV_NATIVE_TLS"),
    *(
        "UV_HTTP_TIMEOUT",
        "UV_HTTP_RETRIES",
        "UV_OFFLINE",
        "UV_CONSTRAINT",
        "UV_PRERELEASE",
    ),
    *("UV_NO_BINARY", "UV_NO_BUILD", "UV_EXCLUDE_NEWER", "UV_PYTHON_DOWNLOADS"),
    *("UV_PYTHON_PREFERENCE", "UV_PYTHON_INSTALL_DIR", "UV_PYTHON_INSTALL_MIRROR"),
)
"""What a build gets of the worker's environment, besides what a script gets."""

CREDENTIALS = re.compile(r"UV_INDEX_[A-Z0-9_]+_(?:USERNAME|PASSWORD)")
"""uv's variables with what to sign in with to an index of that name."""

_AS_UV_SAYS_IT = {
    "PIP_INDEX_URL": "UV_DEFAULT_INDEX",
    "PIP_EXTRA_INDEX_URL": "UV_INDEX",
    "PIP_FIND_LINKS": "UV_FIND_LINKS",
    "PIP_TRUSTED_HOST": "UV_INSECURE_HOST",
    "PIP_CONSTRAINT": "UV_CONSTRAINT",
    "PIP_CERT": "SSL_CERT_FILE",
}
_SAYS_WHENCE = {
    *("UV_DEFAULT_INDEX", "UV_INDEX", "UV_INDEX_URL", "UV_EXTRA_INDEX_URL"),
    *("UV_FIND_LINKS", "UV_CONFIG_FILE"),
}
_USER_INFO = re.compile(r"://([^/?#@\s]+)@")
_SHORTEST = 4


def variables(
    base: Mapping[str, str], *, cache: Path, temporary: Path, marks: Mapping[str, str]
) -> dict[str, str]:
    """Return the whole environment of a build.

    From `base`, the worker's own, come PATH and what is named above, and nothing else.
    Where pip's variables say whence packages come and uv's do not, uv is told the same.
    """
    extra = {name: base[name] for name in PASSED_ON if name in base}
    extra |= {name: base[name] for name in base if CREDENTIALS.fullmatch(name)}
    if not _SAYS_WHENCE & extra.keys():
        said = {uv: extra[pip] for pip, uv in _AS_UV_SAYS_IT.items() if pip in extra}
        extra = said | extra
    defaults = {
        "HOME": str(temporary),
        # An interpreter from the internet is for the operator to allow.
        "UV_PYTHON_DOWNLOADS": "never",
        "UV_PYTHON_INSTALL_DIR": str(cache / "pythons"),
    }
    own = {
        "TMPDIR": str(temporary),
        "PIP_CACHE_DIR": str(cache / "pip"),
        "UV_CACHE_DIR": str(cache / "uv"),
        # So that what a build prints is in the log at once.
        "PYTHONUNBUFFERED": "1",
    }
    return build_env(base=base, extra={**defaults, **extra, **own, **marks})


def secrets(env: Mapping[str, str]) -> list[str]:
    """Return what of a build's environment is not for anybody to read, longest first."""
    found = {env[name] for name in env if CREDENTIALS.fullmatch(name)}
    for value in env.values():
        found.update(_of_addresses(value))
    return sorted((s for s in found if len(s) >= _SHORTEST), key=len, reverse=True)


def _of_addresses(text: str) -> Iterator[str]:
    for user_info in _USER_INFO.findall(text):
        user, colon, password = user_info.partition(":")
        # A token may stand where the user's name does.
        secret = password if colon and password else user
        yield secret
        yield unquote(secret)


def has_no_index(base: Mapping[str, str]) -> bool:
    """Whether a build may ask no index, and takes what is in folders and addresses.

    That is a variable of pip's; uv has an option for it, and no variable.
    """
    said = base.get("PIP_NO_INDEX", "").strip().lower()
    return said in ("1", "true", "yes", "on", "y", "t")


def search_path(env: Mapping[str, str]) -> str:
    """Return where a build looks for programs."""
    return env.get("PATH") or os.defpath

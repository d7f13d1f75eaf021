"""Reading the environment: each variable also as `NAME_FILE`, errors in one sentence."""

from __future__ import annotations

import os
import re
from collections.abc import Collection
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit
from zoneinfo import ZoneInfo

from django.conf.locale import LANG_INFO
from django.core.exceptions import ImproperlyConfigured
from redis.connection import SSLConnection, UnixDomainSocketConnection, parse_url

TRUE = {"1", "true", "yes", "on"}
FALSE = {"0", "false", "no", "off"}
NAME = re.compile(r"[A-Za-z0-9_.-]{1,64}")
S3_BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
S3_QUERY = {"endpoint_url", "region_name", "addressing_style"}


def env_str(name: str, default: str = "") -> str:
    """Return `NAME`, or the text of the file that `NAME_FILE` names, or `default`.

    An empty variable counts as unset, since compose files pass `${NAME:-}` that way.
    Raises ImproperlyConfigured if both are set or the file cannot be read.
    """
    value = os.environ.get(name, "")
    path = os.environ.get(f"{name}_FILE", "")
    if value and path:
        raise ImproperlyConfigured(f"{name} and {name}_FILE are both set; keep one.")
    if not path:
        return value or default
    try:
        return Path(path).read_text(encoding="utf-8").strip() or default
    except (OSError, UnicodeDecodeError) as exc:
        raise ImproperlyConfigured(
            f"{name}_FILE names {path}, which cannot be read: {exc}."
        ) from exc


def env_bool(name: str, default: bool) -> bool:
    """Return a yes/no variable; raises ImproperlyConfigured on any other word."""
    value = env_str(name).lower()
    if not value:
        return default
    if value in TRUE | FALSE:
        return value in TRUE
    raise ImproperlyConfigured(f"{name} is {value!r}; write true or false.")


def env_number(name: str, default: float, *, minimum: float = 0) -> float:
    """Return a number of at least `minimum`; raises ImproperlyConfigured otherwise."""
    value = env_str(name)
    if not value:
        return default
    try:
        number = float(value)
    except ValueError:
        raise ImproperlyConfigured(f"{name} is {value!r}; write a number.") from None
    # Written so that "nan" fails too.
    if not minimum <= number < float("inf"):
        raise ImproperlyConfigured(
            f"{name} is {value}; it must be at least {minimum:g}."
        )
    return number


def env_int(name: str, default: int, *, minimum: int = 0) -> int:
    """Return a whole number of at least `minimum`."""
    number = env_number(name, default, minimum=minimum)
    if number != int(number):
        raise ImproperlyConfigured(f"{name} is {number}; write a whole number.")
    return int(number)


def env_list(name: str, default: list[str] | None = None) -> list[str]:
    """Return the parts of a comma-separated variable, without blanks."""
    value = env_str(name)
    if not value:
        return list(default or [])
    return [part.strip() for part in value.split(",") if part.strip()]


def env_path(name: str, default: Path) -> Path:
    """Return a folder or file as an absolute path; `~` is expanded."""
    value = env_str(name)
    return Path(value).expanduser().absolute() if value else default


def env_name(name: str, default: str) -> str:
    """Return a name of up to 64 letters, digits and `_.-`."""
    value = env_str(name, default)
    if NAME.fullmatch(value):
        return value
    raise ImproperlyConfigured(
        f"{name} is {value!r}; write up to 64 letters, digits, '_', '.' and '-'."
    )


def env_time_zone(name: str, default: str) -> str:
    """Return the name of a time zone that this system knows."""
    value = env_str(name, default)
    try:
        ZoneInfo(value)
    except (KeyError, ValueError, OSError):
        raise ImproperlyConfigured(
            f"{name} is {value!r}, which is no time zone; write one such as "
            "Asia/Shanghai or UTC."
        ) from None
    return value


def env_language(name: str, default: str, known: Collection[str]) -> str:
    """Return the one of the `known` codes that the variable means: en-GB means en."""
    value = env_str(name, default)
    code = value.lower().replace("_", "-")
    instead: Any = LANG_INFO.get(code, {}).get("fallback", [])
    for choice in (code, *instead, code.partition("-")[0]):
        if choice in known:
            return str(choice)
    raise ImproperlyConfigured(
        f"{name} is {value!r}; the hub speaks: {', '.join(known)}."
    )


def env_url(name: str) -> str:
    """Return a whole http(s) address without its last slash, or ""."""
    value = env_str(name).rstrip("/")
    if value and not _is_whole_url(value):
        raise ImproperlyConfigured(
            f"{name} is {value!r}; write the whole address, such as "
            "https://hub.example.com."
        )
    return value


def _is_whole_url(text: str) -> bool:
    try:
        address = urlsplit(text)
        # A port that is none is noticed only when it is asked for.
        port = address.port
    except ValueError:
        return False
    return address.scheme in {"http", "https"} and bool(address.hostname) and port != 0


def artifacts_storage(url: str, folder: Path, **keys: str) -> dict[str, Any]:
    """Return the entry of STORAGES for artifacts: `folder`, or the bucket of `url`.

    `url` is s3://bucket/prefix?endpoint_url=…&region_name=…&addressing_style=…, or "".
    Without `keys` (access_key, secret_key, security_token), which may be empty, the S3
    client looks where it always does. Raises ImproperlyConfigured when the URL cannot be read.
    """
    if not url:
        return {
            "BACKEND": "django.core.files.storage.FileSystemStorage",
            "OPTIONS": {
                "location": folder,
                # What scripts made is for the hub to hand out, to whom may have it.
                "file_permissions_mode": 0o600,
                "directory_permissions_mode": 0o700,
            },
        }
    given = {name: key for name, key in keys.items() if key}
    return {
        "BACKEND": "apps.runs.s3.S3Artifacts",
        "OPTIONS": {**_s3_options(url), **given},
    }


def _s3_options(url: str) -> dict[str, str]:
    try:
        address = urlsplit(url)
        query = dict(parse_qsl(address.query, strict_parsing=bool(address.query)))
    except ValueError as exc:
        raise _wrong_artifacts_url(str(exc)) from None
    if address.scheme != "s3" or not S3_BUCKET.fullmatch(address.netloc):
        raise _wrong_artifacts_url("it names no bucket")
    if unknown := sorted(query.keys() - S3_QUERY):
        raise _wrong_artifacts_url(f"there is no {unknown[0]}")
    endpoint = query.get("endpoint_url")
    if endpoint is not None and not _is_whole_url(endpoint):
        raise _wrong_artifacts_url("endpoint_url is no whole http(s) address")
    if query.get("addressing_style", "auto") not in {"auto", "path", "virtual"}:
        raise _wrong_artifacts_url("addressing_style is auto, path or virtual")
    location = address.path.strip("/")
    return {"bucket_name": address.netloc, "location": location, **query}


def _wrong_artifacts_url(reason: str) -> ImproperlyConfigured:
    # Without the value: people write keys into addresses.
    return ImproperlyConfigured(
        "ARTIFACTS_URL cannot be read; write s3://bucket/prefix"
        f"?endpoint_url=https://host&region_name=name. ({reason})"
    )


def redis_options(url: str) -> dict[str, Any]:
    """Return the keyword arguments of `redis.Redis` that mean `url`.

    django-q2 builds its client from keywords, which have no place for the timeouts
    once a URL is given. Raises ImproperlyConfigured when the URL cannot be read.
    """
    try:
        options = dict(parse_url(url))
    except ValueError as exc:
        raise ImproperlyConfigured(
            f"REDIS_URL cannot be read; write redis://host:6379/0. ({exc})"
        ) from None
    connection = options.pop("connection_class", None)
    if connection is SSLConnection:
        options["ssl"] = True
    if connection is UnixDomainSocketConnection:
        options["unix_socket_path"] = options.pop("path")
    return options

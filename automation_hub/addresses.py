"""What the addresses in the environment mean: of the database, and of artifacts."""

from __future__ import annotations

import re
from ipaddress import AddressValueError, IPv6Address
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

import dj_database_url
from django.core.exceptions import ImproperlyConfigured

from automation_hub.env import is_whole_url

S3_BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
S3_QUERY = {"endpoint_url", "region_name", "addressing_style"}
ENGINES = {
    "django.db.backends.postgresql": "django.db.backends.postgresql",
    # Ours waits for its turn and times out as the settings say.
    "django.db.backends.sqlite3": "apps.core.sqlite3",
}


def database(url: str) -> dict[str, Any]:
    """Return the entry of DATABASES for an address; raises ImproperlyConfigured."""
    if "\0" in unquote(url):
        # Drivers cut it off there, or say something else of it.
        raise _wrong_database_url(" %00 may stand nowhere in it.")
    try:
        entry: dict[str, Any] = dict(dj_database_url.parse(url))
    except (ValueError, dj_database_url.ParseError):
        raise _wrong_database_url("") from None
    if entry.get("ENGINE") not in ENGINES:
        raise _wrong_database_url(" The hub knows PostgreSQL and SQLite.")
    if not entry["NAME"]:
        raise _wrong_database_url(" It names no database.")
    return entry | {"ENGINE": ENGINES[entry["ENGINE"]]}


def _wrong_database_url(reason: str) -> ImproperlyConfigured:
    # Without the value, or what a parser says of it: it holds a password.
    return ImproperlyConfigured(
        "DATABASE_URL cannot be read; write it as "
        "postgres://user:password@host:5432/name, with special characters of the "
        f"password as %XX.{reason}"
    )


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
    if endpoint is not None and not is_whole_url(endpoint):
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


def host_name(text: str) -> str:
    """Return a host as Host headers bear it: an IPv6 address in brackets."""
    try:
        return f"[{IPv6Address(text)}]"
    except AddressValueError:
        return text

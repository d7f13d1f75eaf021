"""What a backup says of itself, in its last file."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from typing import Any

from apps.core.errors import HubError

NAME = "manifest.json"
FORMAT = 1
KEY = "keys/secret_key"
SECRETS_KEY = "keys/secrets_key"
SQLITE = "database/database.db"
ARTIFACTS = "artifacts/"
KINDS = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}


class BackupFailed(HubError):
    """No backup could be made; the message says what to change."""

    code = "backup_failed"


class RestoreFailed(HubError):
    """The backup was not restored; the message says what stands in the way."""

    code = "restore_failed"


@dataclass
class Manifest:
    """`files` has size and SHA-256 of every other file of the archive, by name.

    `migrations` are (app, name) as the database had them. `tables` has the columns and
    the number of rows of each table, for PostgreSQL only. `artifacts` says where the
    artifacts are: "in this backup" or an address that the backup leaves them at;
    `missing` is how many had gone by the time they were copied. `has_key` is false where
    the environment gave the key.
    """

    version: str
    made_at: str
    database: str
    commit: str = ""
    format: int = FORMAT
    migrations: list[tuple[str, str]] = field(default_factory=list)
    tables: dict[str, dict[str, Any]] = field(default_factory=dict)
    artifacts: str = ""
    missing: int = 0
    has_key: bool = False
    files: dict[str, dict[str, Any]] = field(default_factory=dict)

    def text(self) -> str:
        """Return it as it stands in the archive."""
        return json.dumps(asdict(self), indent=1, ensure_ascii=False) + "\n"


def read(text: bytes) -> Manifest:
    """Return the manifest; raises RestoreFailed where it cannot be understood."""
    try:
        values = json.loads(text)
    except (ValueError, RecursionError) as exc:
        raise _unreadable("it is no JSON") from exc
    if not isinstance(values, dict):
        raise _unreadable("it is no object")
    if _is_count(values.get("format")) and values["format"] > FORMAT:
        raise RestoreFailed(
            f"The backup was made by {_named(values.get('version'))} in a newer "
            "form; restore it with that version or a newer one."
        )
    if differing := values.keys() ^ SHAPES.keys():
        name = sorted(differing)[0]
        raise _unreadable(
            f"{'unknown' if name in values else 'missing'}: {name[:40]!a}"
        )
    for name, fits in SHAPES.items():
        if not fits(values[name]):
            raise _unreadable(f"{name} is not what it should be")
    values["migrations"] = [(app, name) for app, name in values["migrations"]]
    return Manifest(**values)


def _unreadable(reason: str) -> RestoreFailed:
    return RestoreFailed(
        f"The backup is damaged: its {NAME} cannot be read ({reason})."
    )


def _is_count(value: object) -> bool:
    # A bool is an int to Python.
    return type(value) is int and value >= 0


def _is_word(value: object) -> bool:
    """Say whether it is text of one line, which may be shown."""
    return isinstance(value, str) and value.isprintable()


def _named(version: object) -> str:
    return f"version {version}" if _is_word(version) else "another version"


def _is_list_of_words(value: object) -> bool:
    return isinstance(value, list) and all(map(_is_word, value))


def _are_migrations(value: object) -> bool:
    return isinstance(value, list) and all(
        _is_list_of_words(pair) and len(pair) == 2 for pair in value
    )


def _are_tables(value: object) -> bool:
    return isinstance(value, dict) and all(
        isinstance(told, dict)
        and told.keys() == {"columns", "rows"}
        and _is_list_of_words(told["columns"])
        and _is_count(told["rows"])
        for told in value.values()
    )


def _are_files(value: object) -> bool:
    return isinstance(value, dict) and all(
        isinstance(told, dict)
        and told.keys() == {"size", "sha256"}
        and _is_count(told["size"])
        and _is_word(told["sha256"])
        for told in value.values()
    )


# What each of the manifest's values has to be. `backup` writes them all.
SHAPES: dict[str, Callable[[object], bool]] = {
    "format": lambda value: _is_count(value) and value == FORMAT,
    "version": _is_word,
    "made_at": _is_word,
    "database": _is_word,
    "commit": _is_word,
    "migrations": _are_migrations,
    "tables": _are_tables,
    "artifacts": _is_word,
    "missing": _is_count,
    "has_key": lambda value: isinstance(value, bool),
    "files": _are_files,
}

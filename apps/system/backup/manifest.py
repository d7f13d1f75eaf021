"""What a backup says of itself, in its last file."""

from __future__ import annotations

import json
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
        if values["format"] > FORMAT:
            raise RestoreFailed(
                f"The backup was made by version {values['version']} in a newer form; "
                "restore it with that version or a newer one."
            )
        found = Manifest(**values)
        found.migrations = [(app, name) for app, name in found.migrations]
        for told in found.files.values():
            _ = told["size"] + 0, told["sha256"] + ""
        for table in found.tables.values():
            _ = table["rows"] + 0, "".join(table["columns"])
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as exc:
        raise RestoreFailed(
            f"The backup is damaged: its {NAME} cannot be read ({type(exc).__name__})."
        ) from exc
    return found

"""Where this worker's environments of scripts are, and which there are."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from django.conf import settings

from apps.executor.envs.store import Store


def store() -> Store:
    """Return the environments in this worker's data folder."""
    return Store(Path(settings.DATA_DIR) / "envs")


@dataclass(frozen=True)
class Kept:
    """An environment that is ready: of what it is, and since when nobody used it."""

    key: str
    requirements: list[str]
    requires_python: str
    size_bytes: int
    built_at: str
    used_at: datetime
    is_in_use: bool


def kept() -> list[Kept]:
    """Return the environments that are ready, what was used last coming first."""
    where = store()
    found = []
    for key in where.names():
        facts, used_at = where.facts(key), where.used_at(key)
        if facts is None or used_at is None:
            continue
        found.append(
            Kept(
                key,
                list(map(str, facts.get("requirements", []))),
                str(facts.get("requires_python", "")),
                int(facts.get("size_bytes", 0)),
                str(facts.get("built_at", "")),
                datetime.fromtimestamp(used_at, UTC),
                where.is_in_use(key),
            )
        )
    return sorted(found, key=lambda env: env.used_at, reverse=True)

"""From a script's bytes to the fields of its row."""

from __future__ import annotations

import io
import tokenize
from typing import Any

from apps.scripts.discovery import MAX_SCRIPT_BYTES, Content
from apps.scripts.manifest import ManifestError, read_manifest
from apps.scripts.models import ScriptState
from apps.scripts.parameters import ParametersError, read_parameters

EMPTY: dict[str, Any] = {
    "title": "",
    "description": "",
    "tags": [],
    "anonymous": False,
    "timeout_s": None,
    "queue": "",
    "max_running": None,
    "group": "",
    "artifacts": [],
    "interpreter": "",
    "environment": None,
    "confirm": "",
    "dry_run": "",
    "parameters_schema": {},
    "notes": [],
}


class Unreadable(Exception):
    """The bytes are no text of a script; the message says why."""


def describe(name: str, content: Content) -> dict[str, Any]:
    """Return the values of every field of Script that the file decides.

    Never raises for what stands in the file: a script that cannot be read right is
    `broken`, with the line and the reason in `problem`, and harms nothing else.
    """
    facts = {**EMPTY, "sha256": content.sha256, "size_bytes": content.size_bytes}
    try:
        facts |= _read(name, content)
    except (Unreadable, ManifestError, ParametersError) as exc:
        return facts | {"state": ScriptState.BROKEN, "problem": str(exc)}
    return facts | {"state": ScriptState.OK, "problem": ""}


def _read(name: str, content: Content) -> dict[str, Any]:
    text = _decode(name, content)
    manifest = read_manifest(text)
    declaration = read_parameters(
        text,
        language="python" if _is_python(name, text) else "other",
        manifest=manifest,
    )
    return {
        "title": manifest.title,
        "description": manifest.description,
        "tags": list(manifest.tags),
        "anonymous": manifest.anonymous,
        "timeout_s": manifest.timeout_s,
        "queue": manifest.queue or "",
        "max_running": manifest.max_running,
        "group": manifest.group or "",
        "artifacts": list(manifest.artifacts),
        "interpreter": manifest.interpreter or "",
        "environment": dict(manifest.environment) or None,
        "confirm": manifest.confirm,
        "dry_run": declaration.dry_run,
        "parameters_schema": declaration.schema,
        "notes": [
            {"line": note.line, "code": note.code, "params": dict(note.params)}
            for note in declaration.notes
        ],
    }


def _is_python(name: str, text: str) -> bool:
    first = text.partition("\n")[0]
    return name.endswith(".py") or (first.startswith("#!") and "python" in first)


def _decode(name: str, content: Content) -> str:
    if content.too_large:
        raise Unreadable(
            f"The file has {content.size_bytes} bytes; a script may have at most "
            f"{MAX_SCRIPT_BYTES}."
        )
    if b"\0" in content.source:
        raise Unreadable("The file holds NUL bytes; it is a binary, not a script.")
    try:
        encoding = "utf-8-sig"
        if name.endswith(".py"):
            # A Python file may declare another encoding in its first two lines.
            encoding, _lines = tokenize.detect_encoding(
                io.BytesIO(content.source).readline
            )
        return content.source.decode(encoding)
    except (SyntaxError, UnicodeDecodeError, LookupError) as exc:
        raise Unreadable(f"The file is not text in a known encoding: {exc}.") from exc

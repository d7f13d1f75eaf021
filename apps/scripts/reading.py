"""From a script's bytes to the fields of its row."""

from __future__ import annotations

import codecs
import io
import logging
import re
import tokenize
from collections.abc import Iterator, Mapping
from typing import Any

from apps.scripts.defaults import clean
from apps.scripts.discovery import MAX_SCRIPT_BYTES, Content
from apps.scripts.manifest import ManifestError, read_manifest
from apps.scripts.models import Script, ScriptState
from apps.scripts.parameters import ParametersError, read_parameters

logger = logging.getLogger(__name__)

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
    "dependencies": [],
    "requires_python": "",
    "environment": None,
    "confirm": "",
    "dry_run": "",
    "parameters_schema": {},
    "notes": [],
}


# How files of other encodings begin.
UTF_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
# What the column takes; a larger file is broken anyway, and its problem says how large.
MAX_COUNTED_BYTES = 2**31 - 1
MAX_PROBLEM = 2000
UNSTORABLE = re.compile("[\0\ud800-\udfff]")


class Unreadable(Exception):
    """The bytes are no text of a script; the message says why."""


def describe(name: str, content: Content) -> dict[str, Any]:
    """Return the values of every field of Script that the file decides.

    Never raises for what stands in the file: a script that cannot be read right is
    `broken`, with the line and the reason in `problem`, and harms nothing else.
    """
    size = min(content.size_bytes, MAX_COUNTED_BYTES)
    facts = {**EMPTY, "sha256": content.sha256, "size_bytes": size}
    try:
        found = _read(name, content)
        _check_storable(found)
    except (Unreadable, ManifestError, ParametersError) as exc:
        problem = clean(str(exc))
    except Exception as exc:
        # A fault of the reader's costs this script alone, not the look at all of them.
        logger.exception("%s could not be read", name)
        problem = clean(f"The hub failed to read it: {type(exc).__name__}: {exc}.")
    else:
        return facts | found | {"state": ScriptState.OK, "problem": ""}
    return facts | {"state": ScriptState.BROKEN, "problem": problem[:MAX_PROBLEM]}


def _check_storable(facts: Mapping[str, Any]) -> None:
    """Raise Unreadable for what a database would refuse."""
    for key, value in facts.items():
        limit = getattr(Script._meta.get_field(key), "max_length", None)
        if isinstance(value, str) and limit and len(value) > limit:
            raise Unreadable(
                f"Its {key} has {len(value)} characters; at most {limit} are taken."
            )
    if any(UNSTORABLE.search(text) for text in _texts(facts)):
        raise Unreadable(
            "Its parameters hold NUL or half of a surrogate pair; take that out."
        )


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for pair in value.items():
            yield from _texts(pair)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _texts(item)


def _read(name: str, content: Content) -> dict[str, Any]:
    text = decode(name, content)
    manifest = read_manifest(text)
    if not (manifest.interpreter or name.endswith(".py")):
        _refuse_windows_files(content.source)
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
        "dependencies": list(manifest.needs.requirements),
        "requires_python": manifest.needs.requires_python,
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


def _refuse_windows_files(source: bytes) -> None:
    """The kernel, and bash, would look for a program whose name ends in \\r."""
    first = source.partition(b"\n")[0]
    if first.startswith(codecs.BOM_UTF8 + b"#!"):
        raise Unreadable(
            "Line 1: there is a byte order mark before #!; save the file as UTF-8 "
            "without one."
        )
    if first.startswith(b"#!") and first.endswith(b"\r"):
        raise Unreadable(
            "Line 1: the #! line has a Windows line ending (CRLF); save the file with "
            "LF line endings."
        )


def decode(name: str, content: Content) -> str:
    """Return the text of a script; raises Unreadable with a sentence."""
    if content.too_large:
        raise Unreadable(
            f"The file has {content.size_bytes} bytes; a script may have at most "
            f"{MAX_SCRIPT_BYTES}."
        )
    if content.source.startswith(UTF_16):
        raise Unreadable("The file is UTF-16; save it as UTF-8.")
    if b"\0" in content.source:
        raise Unreadable("The file holds NUL bytes; it is a binary, not a script.")
    try:
        text = content.source.decode(encoding_of(name, content.source))
    except (SyntaxError, UnicodeError, LookupError) as exc:
        raise Unreadable(f"The file is not text in a known encoding: {exc}.") from exc
    if UNSTORABLE.search(text):
        raise Unreadable(
            "The file holds NUL or half of a surrogate pair in the encoding that it "
            "names; save it as UTF-8."
        )
    return text


def encoding_of(name: str, source: bytes) -> str:
    """Return in which encoding a script's text is. Raises SyntaxError for none."""
    if not name.endswith(".py"):
        return "utf-8-sig"
    # A Python file may declare another encoding in its first two lines.
    encoding, _lines = tokenize.detect_encoding(io.BytesIO(source).readline)
    # A file may write the same name in endless ways. Browsers know Python's own, but
    # for a hyphen.
    return codecs.lookup(encoding).name.replace("iso8859", "iso-8859")

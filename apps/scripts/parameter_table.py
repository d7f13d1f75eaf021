"""How a script's parameters were read, as a table for people."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop, pgettext

from apps.scripts.commands import JsonObject, ordered_fields
from apps.scripts.models import Script, ScriptVersion
from apps.scripts.parameter_lines import parameter_lines
from apps.scripts.secrecy import is_secret
from apps.scripts.services import note_sentence
from apps.scripts.texts import to_text

# Of more, the source has the rest.
SHOWN_CHOICES = 12
SHOWN_DEFAULT = 200
SPECIAL = {
    "command": gettext_noop("sub-command"),
    "extra": gettext_noop("any further arguments"),
    "count": gettext_noop("how often it is given"),
}


@dataclass(frozen=True)
class Row:
    """One parameter. `line` is null where the source does not say, `remarks` are what
    could not be read of it."""

    name: str
    flag: str
    kind: str
    line: int | None
    is_required: bool
    default: str
    help: str
    commands: str
    remarks: list[str]


@dataclass(frozen=True)
class Note:
    """Something that could not be read, and where."""

    line: int
    sentence: str


def parameter_rows(script: Script, current: ScriptVersion | None) -> list[Row]:
    """Return a row for each parameter, in the script's order; `current` is the version
    that has its source."""
    schema = script.parameters_schema
    text = current.text if current is not None else None
    lines = parameter_lines(text or "", schema)
    needed = set(schema.get("required", []))
    for command in schema.get("x-hub", {}).get("commands", []):
        needed |= set(command["required"])
    return [
        Row(
            name=name,
            flag=_flag(about),
            kind=kind_words(about),
            line=lines.get(name),
            is_required=name in needed,
            default=_default(name, about),
            help=about.get("description", ""),
            commands=", ".join(filter(None, about["x-hub"].get("commands", []))),
            remarks=[
                note_sentence(note)
                for note in script.notes
                if note["params"].get("name") in {name, about["x-hub"].get("flag")}
            ],
        )
        for name, about in ordered_fields(schema)
    ]


def reading_notes(script: Script) -> list[Note]:
    """Return what could not be read, the first line in front."""
    return [Note(note["line"], note_sentence(note)) for note in script.notes]


def kind_words(about: Mapping[str, Any]) -> str:
    """Return what a parameter takes: "whole number, 1 to 9", "one of: a, b"."""
    hub = about.get("x-hub", {})
    if is_secret(about):
        return _("secret")
    if special := SPECIAL.get(hub.get("kind", "")):
        return _(special)
    if hub.get("file"):
        return _("file")
    if about.get("type") == "array" or "items" in about:
        items = kind_words(about.get("items", {}))
        return _("list, each: %(items)s") % {"items": items}
    if choices := about.get("enum"):
        return _choices(choices)
    return _plain(about)


def _choices(choices: list[Any]) -> str:
    shown = ", ".join(str(choice) for choice in choices[:SHOWN_CHOICES])
    more = "…" if len(choices) > SHOWN_CHOICES else ""
    return _("one of: %(choices)s") % {"choices": f"{shown}{more}"}


def _plain(about: Mapping[str, Any]) -> str:
    kinds = {
        "integer": _("whole number"),
        "number": pgettext("type", "number"),
        "boolean": _("yes or no"),
        "date": _("date"),
        "email": _("e-mail address"),
        "uri": _("address (URI)"),
    }
    kind = about.get("format") or about.get("type", "")
    words = kinds.get(kind if isinstance(kind, str) else "", _("text"))
    bounds = _bounds(about)
    return f"{words}, {bounds}" if bounds else words


def _bounds(about: Mapping[str, Any]) -> str:
    least, most = about.get("minimum"), about.get("maximum")
    if least is not None and most is not None:
        return _("%(least)s to %(most)s") % {"least": least, "most": most}
    if least is not None:
        return _("at least %(least)s") % {"least": least}
    if most is not None:
        return _("at most %(most)s") % {"most": most}
    return ""


def _flag(about: JsonObject) -> str:
    """Return its option with the other names of it; empty for a positional."""
    hub = about["x-hub"]
    return ", ".join(filter(None, [hub.get("flag"), *hub.get("aliases", [])]))


def _default(name: str, about: JsonObject) -> str:
    """Return what the script takes when nothing is given; empty: not known, or a secret."""
    default = about.get("default")
    if is_secret(about) or default in (None, "", []):
        return ""
    if isinstance(default, bool):
        return _("yes") if default else _("no")
    text = to_text(name, about, default)
    words = ", ".join(text) if isinstance(text, list) else text or ""
    return words if len(words) <= SHOWN_DEFAULT else f"{words[:SHOWN_DEFAULT]}…"

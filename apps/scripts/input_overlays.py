"""Putting `file` and `choices_from` of a header into the fields that they speak of."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from apps.scripts.fields import Field
from apps.scripts.inputs import ChoicesFrom, FileRule
from apps.scripts.manifest import (
    Manifest,
    ManifestError,
    ParameterOverlay,
    did_you_mean,
    parameter_error,
)

# What is rendered with the text of a value.
VALUED = ("option", "list", "repeat", "positional")
CHOSEN_TYPES = ("string", "integer", "number")
# What says which texts are right, where the text is an id and the script gets a path.
NOT_OF_FILES = ("pattern", "format", "default")

Error = Callable[[str], ManifestError]


def apply_inputs(field: Field, table: ParameterOverlay, error: Error) -> None:
    """Annotate one field; `error` makes the ManifestError for what does not fit."""
    if table.file is not None:
        _apply_file(field, table, table.file, error)
    if table.choices_from is not None:
        _apply_choices(field, table.choices_from, error)


def _apply_file(
    field: Field, table: ParameterOverlay, rule: FileRule, error: Error
) -> None:
    schema = field.value_schema
    if field.hub["kind"] not in VALUED or schema.get("type") != "string":
        raise error(
            "has file, which is for text (the script gets a path), but its type is "
            f"{schema.get('type') or 'mixed'}; take file out or correct the type."
        )
    if "enum" in schema:
        raise error("has file and choices; no upload is one of them. Take one out.")
    for key in NOT_OF_FILES:
        if getattr(table, key) is not None:
            raise error(
                f"has file and {key}, which says nothing of a file; take it out."
            )
    # A path of the script's own is no upload: it stands for what is not given.
    field.schema.pop("default", None)
    schema["format"] = "upload"
    field.hub |= rule.hub()


def _apply_choices(field: Field, source: ChoicesFrom, error: Error) -> None:
    schema = field.value_schema
    if field.hub["kind"] not in VALUED or schema.get("type") not in CHOSEN_TYPES:
        raise error(
            f"has choices_from, which is for {', '.join(CHOSEN_TYPES)}, but its type "
            f"is {schema.get('type') or 'mixed'}; take choices_from out."
        )
    if field.hub.get("file"):
        raise error("has file and choices_from; an upload is not chosen. Take one out.")
    if "enum" in schema:
        raise error("has choices of its own and choices_from; take one of them out.")
    field.hub |= source.hub()


def check_references(manifest: Manifest, fields: Mapping[str, Field]) -> None:
    """Raise ManifestError where choices refer to what is not there, or in a circle."""
    sources = {
        name: table.choices_from
        for name, table in manifest.parameters.items()
        if table.choices_from is not None and name in fields
    }
    for name, source in sources.items():
        for other in source.references:
            _check_reference(manifest, fields, name, other)
    for name in sources:
        if circle := _circle(sources, name):
            raise parameter_error(
                manifest,
                name,
                f"has choices_from that waits for itself ({' > '.join(circle)}); break "
                "the circle.",
            )


def _check_reference(
    manifest: Manifest, fields: Mapping[str, Field], name: str, other: str
) -> None:
    if other not in fields:
        hint = did_you_mean(other, [one for one in fields if one != name])
        raise parameter_error(
            manifest,
            name,
            f"has choices_from with {{{other}}}, which is no parameter of this script"
            f"{hint}",
        )
    if fields[other].hub["kind"] == "secret":
        raise parameter_error(
            manifest,
            name,
            f"has choices_from with {{{other}}}, which is a secret, and those are "
            "passed to nobody else; take it out.",
        )


def _circle(sources: Mapping[str, ChoicesFrom], start: str) -> list[str]:
    """Return a way along references from a parameter back to it; empty for none."""
    ways = {start: [start]}
    todo = [start]
    while todo:
        name = todo.pop()
        for other in sources[name].references:
            if other == start:
                return [*ways[name], start]
            if other in sources and other not in ways:
                ways[other] = [*ways[name], other]
                todo.append(other)
    return []

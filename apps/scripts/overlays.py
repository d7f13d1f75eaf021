"""What a header adds to the parameters that were read, or declares by itself."""

from __future__ import annotations

import re
from collections.abc import Mapping

from apps.scripts.commands import JsonObject
from apps.scripts.defaults import is_of
from apps.scripts.fields import Field
from apps.scripts.header import TABLE
from apps.scripts.input_overlays import apply_inputs
from apps.scripts.manifest import (
    Manifest,
    ManifestError,
    ParameterOverlay,
    did_you_mean,
    parameter_error,
)
from apps.scripts.problems import english
from apps.scripts.secrecy import MIN_CHARACTERS
from apps.scripts.validation import value_problems

DECLARED_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
CONSTRAINTS = {
    "pattern": ("string",),
    "format": ("string",),
    "minimum": ("integer", "number"),
    "maximum": ("integer", "number"),
    "choices": ("string", "integer", "number"),
}


class Overlay:
    """Puts one parameter's table over its field; every misfit is a ManifestError."""

    def __init__(self, manifest: Manifest, one: Field) -> None:
        self.manifest = manifest
        self.field = one
        self.table: ParameterOverlay = manifest.parameters[one.name]

    def error(self, sentence: str) -> ManifestError:
        return parameter_error(self.manifest, self.field.name, sentence)

    def refine(self) -> None:
        """Refine what a Python script declares in its code."""
        if self.table.secret:
            self._make_secret()
        if self.table.default is not None:
            raise self.error(
                "has a default, but the script's code decides it; change it there and "
                "take default out of the header."
            )
        if self.table.required is False and self.field.required:
            raise self.error(
                "says required = false, but the script's code demands it; change one "
                "of them."
            )
        self._refine_type()
        self._apply()

    def declare(self) -> None:
        """Complete a field that the header alone declares."""
        default = self.table.default
        self._apply()
        if default is None:
            return
        if self.field.required:
            raise self.error("is required, so it can have no default; take one out.")
        if self.field.hub["kind"] == "switch" and default is True:
            raise self.error(
                "has the default true, which its option could never turn off; declare "
                "the opposite, such as no_color for color."
            )
        value = list(default) if isinstance(default, tuple) else default
        for problem in value_problems(self.field.name, self.field.schema, value):
            raise self.error(f"has a default that it would refuse: {english(problem)}")
        self.field.schema["default"] = value

    def _refine_type(self) -> None:
        wanted, schema = self.table.type, self.field.schema
        if wanted is None or wanted == schema.get("type"):
            return
        if not self.field.type_is_open or wanted not in ("integer", "number"):
            raise self.error(
                f"has type {wanted}, but in the script's code it is "
                f"{schema.get('type', 'one of its choices')}; take type out."
            )
        value_schema = self.field.value_schema
        if "enum" in value_schema:
            raise self.error("has type, but its choices are texts; take type out.")
        value_schema["type"] = wanted
        schema.pop("default", None)

    def _apply(self) -> None:
        table = self.table
        for key, types in CONSTRAINTS.items():
            if getattr(table, key) is not None:
                self._check_type(key, types)
        value_schema = self.field.value_schema
        if table.choices is not None:
            value_schema["enum"] = self._choices(value_schema)
        # The script's own bounds hold too: of two, the narrower one.
        for key, narrower in (("minimum", max), ("maximum", min)):
            bounds = [getattr(table, key), value_schema.get(key)]
            if given := [bound for bound in bounds if bound is not None]:
                value_schema[key] = narrower(given)
        for key in ("pattern", "format"):
            if getattr(table, key) is not None:
                value_schema[key] = getattr(table, key)
        self.field.required = self.field.required or bool(table.required)
        if table.multiline:
            self._check_multiline()
            self.field.hub["multiline"] = True
        apply_inputs(self.field, table, self.error)
        self._say_more()

    def _say_more(self) -> None:
        table, schema = self.table, self.field.schema
        if table.label is not None:
            schema["title"] = table.label
        if table.help is not None:
            schema["description"] = table.help
        is_open = not table.secret if table.anonymous is None else table.anonymous
        self.field.hub["anonymous"] = is_open

    def _make_secret(self) -> None:
        """Take an option of the script's own off the command line."""
        hub = self.field.hub
        if hub["kind"] != "option" or self.field.value_schema.get("type") != "string":
            raise self.error(
                "is a secret, but in the script's code it is no option with one text; "
                "only such an option can be left out of the command line."
            )
        if self.field.required:
            raise self.error(
                "is a secret, but the script demands it on the command line, where "
                "everybody on the host reads it; have the script take it from "
                f"{self._place()} instead, and make the option optional."
            )
        place = {key: hub[key] for key in ("group", "hidden") if key in hub}
        self.field.hub = {**secret_hub(self.table), **place}
        about = self.field.schema.get("description")
        self.field.schema = secret_schema()
        if about is not None:
            self.field.schema["description"] = about

    def _place(self) -> str:
        return self.table.env or "standard input"

    def _check_multiline(self) -> None:
        if self.field.schema.get("type") != "string" or "enum" in self.field.schema:
            raise self.error(
                "has multiline, which is for free text; take multiline out."
            )

    def _check_type(self, key: str, types: tuple[str, ...]) -> None:
        actual = self.field.value_schema.get("type")
        if actual not in types:
            raise self.error(
                f"has {key}, which is for {' and '.join(types)}, but its type is "
                f"{actual or 'mixed'}; take {key} out or correct the type."
            )

    def _choices(self, value_schema: JsonObject) -> list[object]:
        for choice in self.table.choices or ():
            if not is_of(choice, value_schema):
                known = value_schema.get("enum")
                hint = (
                    did_you_mean(str(choice), map(str, known))
                    if known
                    else f"; it must be of type {value_schema['type']}."
                )
                raise self.error(f"has a choice that does not fit, {choice!r}{hint}")
        return list(self.table.choices or ())


def declared_field(manifest: Manifest, name: str) -> Field:
    """Return the bare field of a parameter that only the header declares.

    It is rendered as `--name=value`; a list as one such option for each item, and a
    boolean as `--name` alone when it is true.
    """
    table = manifest.parameters[name]
    if table.secret:
        return Field(name, secret_schema(), secret_hub(table))
    if not DECLARED_NAME.fullmatch(name):
        raise parameter_error(
            manifest,
            name,
            "is not a name for an option; use letters, digits and underscores, and "
            "begin with a letter.",
        )
    json_type = table.type or "string"
    flag = f"--{name.replace('_', '-')}"
    schema: JsonObject = {"type": json_type}
    hub: JsonObject = {"kind": "option", "flag": flag}
    if json_type == "array":
        schema |= {"items": {"type": "string"}, "minItems": 1}
        hub["kind"] = "repeat"
    elif json_type == "boolean":
        hub |= {"kind": "switch", "switches": [[True, flag]]}
    return Field(name, schema, hub)


def secret_schema() -> JsonObject:
    return {"type": "string", "writeOnly": True, "minLength": MIN_CHARACTERS}


def secret_hub(table: ParameterOverlay) -> JsonObject:
    """How a secret gets to the script."""
    way: JsonObject = {"stdin": True} if table.stdin else {"env": table.env}
    return {"kind": "secret", "flag": None, **way}


def dry_run_of(manifest: Manifest, fields: Mapping[str, Field], *, whole: bool) -> str:
    """Return the dest of the switch that a header calls the dry run; "" where none.

    `whole`: the fields are all that the script takes; else it may be one that could
    not be read. Raises ManifestError for what is no switch that can be turned on.
    """
    wanted = manifest.dry_run
    named = [one for one in fields.values() if wanted in (one.name, *_flags(one))]
    if not wanted or not (named or whole):
        return ""
    place, line = f"[{TABLE}] dry_run names {wanted}", manifest.dry_run_line
    if not named:
        hint = did_you_mean(wanted, fields)
        raise ManifestError(f"{place}, which the script has not{hint}", line=line)
    values = [value for value, _flag in named[0].hub.get("switches", ())]
    if True not in values:
        raise ManifestError(
            f"{place}, which is no switch: it must be an option without a value, such "
            "as --dry-run.",
            line=line,
        )
    return named[0].name


def _flags(one: Field) -> list[str]:
    """The options that turn a switch on, or set another parameter."""
    pairs = one.hub.get("switches", [[True, one.hub.get("flag")]])
    return [flag for value, flag in pairs if value is True]

"""What a script's header says of it: [tool.automation-hub] in its PEP 723 block.

Every key is optional; one that is unknown or wrong is an error, so that a misspelt
`anonymous` or `timeout_s` cannot go unnoticed.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from apps.scripts import header_values as check
from apps.scripts.dependencies import Dependencies, read_dependencies
from apps.scripts.header import TABLE, Header, ManifestError, read_header
from apps.scripts.header_values import (
    MAX_RUNNING,
    QUEUE_NAME,
    Check,
    Scalar,
    Wrong,
)
from apps.scripts.inputs import ChoicesFrom, FileRule, choices_from, file_rule
from apps.scripts.variables import secret_variable, variables, way_of_secret

__all__ = [
    "FORMATS",
    "MAX_RUNNING",
    "QUEUE_NAME",
    "TYPES",
    "Manifest",
    "ManifestError",
    "ParameterOverlay",
    "did_you_mean",
    "parameter_error",
    "read_manifest",
]

TYPES = ("string", "integer", "number", "boolean", "array")
FORMATS = ("uri", "date", "email", "path")
# What would be shown, or written down, beside the value itself.
NOT_OF_SECRETS = ("default", "choices", "minimum", "maximum")
PARAMETER_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_-]{0,63}")


@dataclass(frozen=True)
class ParameterOverlay:
    """[tool.automation-hub.parameters.<dest>]: what is said of one parameter.

    For a Python script it refines what argparse declares, in other languages it is the
    declaration. `pattern` is a Python regular expression that is searched for anywhere
    in the value, as JSON Schema has it: anchor it with ^ and $ to match the whole.
    For an array, choices, pattern, minimum, maximum and format speak of each item.
    """

    label: str | None = None
    help: str | None = None
    type: str | None = None
    # Not checked against the type here: a Python script's type stands in its code.
    default: Scalar | tuple[Scalar, ...] | None = None
    required: bool | None = None
    choices: tuple[Scalar, ...] | None = None
    pattern: str | None = None
    minimum: int | float | None = None
    maximum: int | float | None = None
    format: str | None = None
    # Whether a caller without credentials may set it, where such a caller may run the
    # script at all. Unsaid (None) it is so, but for a secret.
    anonymous: bool | None = None
    # Whether its text may have several lines.
    multiline: bool = False
    # A secret is stored encrypted and never on the command line: it is given in the
    # variable `env` or on standard input.
    secret: bool = False
    env: str | None = None
    stdin: bool = False
    # Its value is a file that is uploaded first; None for any other.
    file: FileRule | None = None
    # The script whose output lines may be chosen.
    choices_from: ChoicesFrom | None = None
    # Where the table stands in the file; unknown (None) for one written inline.
    line: int | None = None


@dataclass(frozen=True)
class Manifest:
    """A script's header; the defaults are those of a script without one."""

    title: str = ""
    description: str = ""
    tags: tuple[str, ...] = ()
    # Whether callers without credentials may run it, from the addresses allowed.
    anonymous: bool = False
    # Seconds, 1 to a week; None leaves it to the hub's default.
    timeout_s: int | None = None
    queue: str | None = None
    # How many of its runs may go on at once, 1 to 1000; None is no limit.
    max_running: int | None = None
    # Of the runs of one group, whatever their scripts, few go on at once.
    group: str | None = None
    # Globs relative to the run's work directory.
    artifacts: tuple[str, ...] = ()
    # The program that runs the script: a name looked up on PATH, or an absolute path.
    interpreter: str | None = None
    # Variables that every run of the script gets.
    environment: Mapping[str, str] = field(default_factory=dict)
    # A question that a person answers before the script is run.
    confirm: str = ""
    # Which parameter, or which option such as "--dry-run", makes a rehearsal of a run.
    dry_run: str = ""
    dry_run_line: int | None = field(default=None, compare=False)
    parameters: Mapping[str, ParameterOverlay] = field(default_factory=dict)
    # What stands above the table: the packages and the Python that it needs.
    needs: Dependencies = field(default_factory=Dependencies)
    # Whether the file has a table [tool.automation-hub] at all.
    has_header: bool = False


def read_manifest(source: str) -> Manifest:
    """Read the header of a script in any language whose comments begin with `#`.

    Raises ManifestError with a sentence that names the key, and the line where it is
    known.
    """
    header = read_header(source)
    if header is None:
        return Manifest()
    needs = read_dependencies(header)
    values = _check_table(header, TABLE, header.table, MANIFEST_KEYS)
    parameters = {
        name: _read_overlay(header, name, table)
        for name, table in values.pop("parameters", {}).items()
    }
    manifest = Manifest(
        **values,
        dry_run_line=header.line_of(TABLE, "dry_run"),
        parameters=parameters,
        needs=needs,
        has_header=header.has_table,
    )
    _check_variables(manifest)
    return manifest


def parameter_error(manifest: Manifest, name: str, sentence: str) -> ManifestError:
    """Return the error for a parameter's table that does not fit the script."""
    overlay = manifest.parameters.get(name)
    return ManifestError(
        f"[{TABLE}.parameters.{name}] {sentence}",
        line=overlay.line if overlay else None,
    )


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Return "; did you mean 'x'?", or what there is, to end a sentence with."""
    names = list(known)
    if close := difflib.get_close_matches(name, names, n=1):
        return f"; did you mean '{close[0]}'?"
    return f"; known are {', '.join(names)}." if names else "; there are none."


def _read_overlay(header: Header, name: str, table: object) -> ParameterOverlay:
    place = f"{TABLE}.parameters"
    if not PARAMETER_NAME.fullmatch(name):
        raise ManifestError(
            f"[{place}] has a parameter named {name[:64]!r}; a name has up to 64 "
            "letters, digits and underscores, and begins with a letter.",
            line=header.line_of(place, name),
        )
    if not isinstance(table, dict):
        raise ManifestError(
            f"[{place}] {name} must be a table: write [{place}.{name}] on a line of "
            "its own.",
            line=header.line_of(place, name),
        )
    line = header.line_of(f"{place}.{name}") or header.line_of(place, name)
    values = _check_table(header, f"{place}.{name}", table, PARAMETER_KEYS)
    if isinstance(way := values.get("secret"), dict):
        # `secret = {env = "NAME"}` says the same in one line.
        values |= {"secret": True, **way}
    overlay = ParameterOverlay(**values, line=line)
    _check_range(f"{place}.{name}", overlay)
    if problem := _secret_problem(overlay):
        raise ManifestError(f"[{place}.{name}] {problem}", line=line)
    return overlay


def _check_range(place: str, overlay: ParameterOverlay) -> None:
    low, high = overlay.minimum, overlay.maximum
    if low is not None and high is not None and low > high:
        raise ManifestError(
            f"[{place}] has minimum {low} above maximum {high}; swap them.",
            line=overlay.line,
        )


def _secret_problem(overlay: ParameterOverlay) -> str:
    """Return what is wrong with how a secret is said to be given; "" if nothing."""
    ways = [overlay.env is not None, overlay.stdin]
    if not overlay.secret:
        said = "env" if ways[0] else "stdin"
        return (
            f"has {said}, which is for secrets; add secret = true." if any(ways) else ""
        )
    if not any(ways):
        return (
            "is a secret that could only go on the command line, where everybody on "
            'the host reads it; add env = "NAME", the variable in which the script '
            "finds it, or stdin = true."
        )
    if all(ways):
        return "has both env and stdin; a secret is given in one way. Take one out."
    for key in NOT_OF_SECRETS:
        if getattr(overlay, key) is not None:
            return f"has {key}, which a secret cannot have; take it out."
    if overlay.type not in (None, "string"):
        return f"has type {overlay.type}, but a secret is text; take type out."
    return ""


def _check_variables(manifest: Manifest) -> None:
    """Refuse two things in one place: a variable, or standard input."""
    taken = dict.fromkeys(manifest.environment, "environment")
    for name, overlay in manifest.parameters.items():
        place = "standard input" if overlay.stdin else overlay.env
        if place is None:
            continue
        if place in taken:
            raise parameter_error(
                manifest,
                name,
                f"is given in {place}, as {taken[place]} is; choose another.",
            )
        taken[place] = f"the secret {name}"


def _check_table(
    header: Header, place: str, table: Mapping[str, Any], checks: Mapping[str, Check]
) -> dict[str, Any]:
    values = {}
    for key, value in table.items():
        line = header.line_of(place, key)
        if key not in checks:
            hint = did_you_mean(key, checks)
            raise ManifestError(
                f"[{place}] has an unknown key {check.shown(key)}{hint}", line=line
            )
        try:
            values[key] = checks[key](value)
        except Wrong as exc:
            raise ManifestError(f"[{place}] {key} {exc}", line=line) from exc
    return values


MANIFEST_KEYS: Mapping[str, Check] = {
    "title": check.text_of(120),
    "description": check.text_of(2000, lines=True),
    "tags": check.list_of(check.text_of(40), 20),
    "anonymous": check.boolean,
    "timeout_s": check.timeout,
    "queue": check.name_of("queue", "default"),
    "max_running": check.max_running,
    "group": check.name_of("group", "database"),
    "artifacts": check.list_of(check.glob, 32),
    "interpreter": check.interpreter,
    "environment": variables,
    "confirm": check.text_of(500, lines=True),
    "dry_run": check.name_of_option,
    "parameters": check.tables,
}

PARAMETER_KEYS: Mapping[str, Check] = {
    "label": check.text_of(120),
    "help": check.text_of(1000, lines=True),
    "type": check.one_of(TYPES),
    "default": check.default,
    "required": check.boolean,
    "choices": check.choices,
    "pattern": check.pattern,
    "minimum": check.number,
    "maximum": check.number,
    "format": check.one_of(FORMATS),
    "anonymous": check.boolean,
    "multiline": check.boolean,
    "secret": way_of_secret,
    "env": secret_variable,
    "stdin": check.boolean,
    "file": file_rule,
    "choices_from": choices_from,
}

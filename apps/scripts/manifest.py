"""What a script's header says of it: [tool.automation-hub] in its PEP 723 block.

Every key is optional; one that is unknown or wrong is an error, so that a misspelt
`anonymous` or `timeout_s` cannot go unnoticed.
"""

from __future__ import annotations

import difflib
import math
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from apps.scripts.dependencies import Dependencies, read_dependencies
from apps.scripts.header import TABLE, Header, ManifestError, read_header

__all__ = [
    "FORMATS",
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
TIMEOUT_MAX_S = 7 * 86400
MAX_RUNNING = 1000
MAX_CHOICES = 200

QUEUE_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,62}")
PARAMETER_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_-]{0,63}")
INTERPRETER = re.compile(r"/?[A-Za-z0-9_+.-]+(/[A-Za-z0-9_+.-]+)*")

Scalar = str | int | float | bool


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
    # script at all.
    anonymous: bool = True
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
    parameters: Mapping[str, ParameterOverlay] = field(default_factory=dict)
    # What stands above the table: the packages and the Python that it needs.
    needs: Dependencies = field(default_factory=Dependencies)
    # Whether the file has a table [tool.automation-hub] at all.
    has_header: bool = False


class Wrong(Exception):
    """A value is not what its key takes; the message continues "<key> "."""


Check = Callable[[Any], Any]


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
    return Manifest(
        **values, parameters=parameters, needs=needs, has_header=header.has_table
    )


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
    overlay = ParameterOverlay(**values, line=line)
    _check_range(f"{place}.{name}", overlay)
    return overlay


def _check_range(place: str, overlay: ParameterOverlay) -> None:
    low, high = overlay.minimum, overlay.maximum
    if low is not None and high is not None and low > high:
        raise ManifestError(
            f"[{place}] has minimum {low} above maximum {high}; swap them.",
            line=overlay.line,
        )


def _check_table(
    header: Header, place: str, table: Mapping[str, Any], checks: Mapping[str, Check]
) -> dict[str, Any]:
    values = {}
    for key, value in table.items():
        line = header.line_of(place, key)
        if key not in checks:
            hint = did_you_mean(key, checks)
            raise ManifestError(
                f"[{place}] has an unknown key '{key}'{hint}", line=line
            )
        try:
            values[key] = checks[key](value)
        except Wrong as exc:
            raise ManifestError(f"[{place}] {key} {exc}", line=line) from exc
    return values


def _text(limit: int, *, lines: bool = False) -> Check:
    """Printable text of 1 to `limit` characters; of several lines if `lines`."""

    def check(value: Any) -> str:
        if not isinstance(value, str) or not value.strip() or len(value) > limit:
            raise Wrong(f"must be text of 1 to {limit} characters, in quotes.")
        bare = value.replace("\n", "").replace("\t", "") if lines else value
        if not bare.isprintable():
            raise Wrong("must hold no control characters; take them out.")
        return value.strip()

    return check


def _boolean(value: Any) -> bool:
    if not isinstance(value, bool):
        raise Wrong(f"must be true or false, got {_shown(value)}.")
    return value


def _timeout(value: Any) -> int:
    if type(value) is not int or not 1 <= value <= TIMEOUT_MAX_S:
        raise Wrong(
            f"must be a whole number of seconds from 1 to {TIMEOUT_MAX_S}, got "
            f"{_shown(value)}; for ten minutes write 600."
        )
    return value


def _max_running(value: Any) -> int:
    if type(value) is not int or not 1 <= value <= MAX_RUNNING:
        raise Wrong(
            f"must be a whole number from 1 to {MAX_RUNNING}, got {_shown(value)}; "
            "for no limit leave it out."
        )
    return value


def _name_of(what: str, example: str) -> Check:
    """The name of a queue or group."""

    def check(value: Any) -> str:
        if not isinstance(value, str) or not QUEUE_NAME.fullmatch(value):
            raise Wrong(
                f"must be the name of a {what}: up to 63 lower-case letters, digits, "
                f"'-' and '_', such as \"{example}\"; got {_shown(value)}."
            )
        return value

    return check


def _interpreter(value: Any) -> str:
    if (
        not isinstance(value, str)
        or not INTERPRETER.fullmatch(value)
        or len(value) > 255
        or ("/" in value and not value.startswith("/"))
    ):
        raise Wrong(
            'must be one program without arguments: a name such as "bash", or an '
            f"absolute path; got {_shown(value)}."
        )
    return value


def _list_of(check: Check, limit: int) -> Check:
    """A list of at most `limit` different values that each pass `check`."""

    def check_list(value: Any) -> tuple[Any, ...]:
        if not isinstance(value, list) or len(value) > limit:
            raise Wrong(f"must be a list of at most {limit} values in square brackets.")
        items = []
        for number, item in enumerate(value, start=1):
            try:
                items.append(check(item))
            except Wrong as exc:
                raise Wrong(f"has a wrong value (number {number}): it {exc}") from exc
        return tuple(items)

    return check_list


def _glob(value: Any) -> str:
    text: str = _text(200)(value)
    parts = text.split("/")
    if text.startswith(("/", "~")) or ".." in parts or "\\" in text:
        raise Wrong(
            "must be a pattern relative to the data folder, without '..', such as "
            f'"out/*.json"; got {_shown(value)}.'
        )
    # What Path.glob refuses: a pattern that names nothing, "**" with something beside.
    if not set(parts) - {"", "."} or any("**" in p and p != "**" for p in parts):
        raise Wrong(
            'must name files, with "**" alone between slashes, such as '
            f'"out/**/*.json"; got {_shown(value)}.'
        )
    return text


def _pattern(value: Any) -> str:
    if not isinstance(value, str) or not value.isprintable() or len(value) > 500:
        raise Wrong("must be a regular expression of 1 to 500 characters, in quotes.")
    try:
        re.compile(value)
    except (re.error, RecursionError, OverflowError) as exc:
        raise Wrong(f"is not a valid regular expression: {exc}.") from exc
    return value


def _one_of(names: tuple[str, ...]) -> Check:
    def check(value: Any) -> str:
        if not isinstance(value, str) or value not in names:
            raise Wrong(f"must be one of {', '.join(names)}; got {_shown(value)}.")
        return value

    return check


def _number(value: Any) -> int | float:
    if isinstance(value, float) and math.isfinite(value):
        return value
    # TOML's own range; larger ones would not survive every JSON reader either.
    if type(value) is int and -(2**63) <= value < 2**63:
        return value
    raise Wrong(f"must be a number, got {_shown(value)}.")


def _scalar(value: Any) -> Scalar:
    if isinstance(value, bool):
        return value
    if isinstance(value, int | float):
        return _number(value)
    if isinstance(value, str) and "\0" not in value:
        return value
    raise Wrong(
        f"must be text in quotes, a number, true or false; got {_shown(value)}."
    )


def _choices(value: Any) -> tuple[Scalar, ...]:
    choices: tuple[Scalar, ...] = _list_of(_scalar, MAX_CHOICES)(value)
    if not choices:
        raise Wrong("must not be empty; name the values that may be chosen.")
    # True equals 1 in Python, but not in JSON.
    if len({(type(choice), choice) for choice in choices}) < len(choices):
        raise Wrong("names the same value twice; take one of them out.")
    return choices


def _default(value: Any) -> Scalar | tuple[Scalar, ...]:
    if isinstance(value, list):
        items: tuple[Scalar, ...] = _list_of(_scalar, MAX_CHOICES)(value)
        return items
    return _scalar(value)


def _tables(value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise Wrong(f"must be tables: write [{TABLE}.parameters.<name>] for each one.")
    return value


def _shown(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    try:
        text = repr(value)
    except ValueError:
        # An integer too long for Python to print.
        return "a huge number"
    return text if len(text) <= 60 else f"{text[:60]}…"


MANIFEST_KEYS: Mapping[str, Check] = {
    "title": _text(120),
    "description": _text(2000, lines=True),
    "tags": _list_of(_text(40), 20),
    "anonymous": _boolean,
    "timeout_s": _timeout,
    "queue": _name_of("queue", "default"),
    "max_running": _max_running,
    "group": _name_of("group", "database"),
    "artifacts": _list_of(_glob, 32),
    "interpreter": _interpreter,
    "parameters": _tables,
}

PARAMETER_KEYS: Mapping[str, Check] = {
    "label": _text(120),
    "help": _text(1000, lines=True),
    "type": _one_of(TYPES),
    "default": _default,
    "required": _boolean,
    "choices": _choices,
    "pattern": _pattern,
    "minimum": _number,
    "maximum": _number,
    "format": _one_of(FORMATS),
    "anonymous": _boolean,
}

"""Parameters whose values come from elsewhere: files, and choices of other scripts.

What a header says of them, as `file` and `choices_from`, and what a schema keeps of it
in a property's `x-hub`:

    file            true: the value is the id of an upload (of each item, in a list),
                    and the script gets the path of the file
    max_bytes       how large it may be, where the header says so
    accept          endings of which its name must have one, such as [".csv"]
    choices_from    {"script", "parameters", "cache_s", "timeout_s", "strict"}; a text
                    "{dest}" among the parameters stands for the value of another
                    parameter of the same form
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from apps.scripts.header_values import Scalar, Wrong, boolean, scalar, shown, text_of

JsonObject = dict[str, Any]

MAX_FILE_BYTES = 2**40
MAX_ENDINGS = 20
MAX_PASSED = 32
CACHE_S = 60
# Less, and a list could be over before somebody who waits for it comes to see it.
CACHE_MIN_S = 10
CACHE_MAX_S = 86400
TIMEOUT_S = 30
TIMEOUT_MAX_S = 300

ENDING = re.compile(r"\.[A-Za-z0-9][A-Za-z0-9._+-]{0,19}")
REFERENCE = re.compile(r"\{([A-Za-z_][A-Za-z0-9_-]{0,63})\}")


@dataclass(frozen=True)
class FileRule:
    """`file`: which uploads are taken; () and None for any."""

    accept: tuple[str, ...] = ()
    max_bytes: int | None = None

    def hub(self) -> JsonObject:
        """Return what the schema keeps of it."""
        kept: JsonObject = {"file": True}
        if self.max_bytes is not None:
            kept["max_bytes"] = self.max_bytes
        if self.accept:
            kept["accept"] = list(self.accept)
        return kept


@dataclass(frozen=True)
class ChoicesFrom:
    """`choices_from`: which script is run for the choices, and with what."""

    script: str
    parameters: Mapping[str, Any] = field(default_factory=dict)
    # How long a list is as good as a new one.
    cache_s: int = CACHE_S
    # How long the script may wait for a worker, and how long it may run.
    timeout_s: int = TIMEOUT_S
    # Whether only what is in the list may be given; else it is a suggestion.
    strict: bool = True

    @property
    def references(self) -> Iterator[str]:
        """The names of the other parameters whose values it passes on."""
        return references(self.parameters)

    def hub(self) -> JsonObject:
        """Return what the schema keeps of it."""
        kept = {
            "script": self.script,
            "parameters": dict(self.parameters),
            "cache_s": self.cache_s,
            "timeout_s": self.timeout_s,
            "strict": self.strict,
        }
        return {"choices_from": kept}


def references(parameters: Mapping[str, Any]) -> Iterator[str]:
    """Yield the names that parameters of a choices script refer to."""
    for value in parameters.values():
        for item in value if isinstance(value, list) else [value]:
            if name := reference(item):
                yield name


def reference(value: Any) -> str | None:
    """Return the name that a value such as "{env}" refers to, else None."""
    found = REFERENCE.fullmatch(value) if isinstance(value, str) else None
    return found[1] if found else None


def resolved(
    parameters: Mapping[str, Any], values: Mapping[str, Any]
) -> tuple[dict[str, Any], list[str]]:
    """Return the parameters with the values that they refer to in their places, and the
    names for which there is no value yet."""
    missing = [name for name in references(parameters) if name not in values]
    found: dict[str, Any] = {}
    for name, value in parameters.items():
        if isinstance(value, list):
            found[name] = [_resolved(item, values) for item in value]
        else:
            found[name] = _resolved(value, values)
    return found, list(dict.fromkeys(missing))


def _resolved(value: Any, values: Mapping[str, Any]) -> Any:
    name = reference(value)
    return value if name is None else values.get(name)


# What a header may say, for `manifest`.


def file_rule(value: Any) -> FileRule | None:
    """Read `file`: true, or a table of `accept` and `max_bytes`."""
    if isinstance(value, bool):
        return FileRule() if value else None
    if not isinstance(value, dict):
        raise Wrong(
            'must be true, or a table such as {accept = [".csv"], max_bytes = 1000000}'
            f"; got {shown(value)}."
        )
    checks = {"accept": _endings, "max_bytes": _file_bytes}
    return FileRule(**_checked(value, checks))


def choices_from(value: Any) -> ChoicesFrom:
    """Read `choices_from`: a script's name, or a table that says more."""
    if isinstance(value, str):
        return ChoicesFrom(script=_script_name(value))
    if not isinstance(value, dict):
        raise Wrong(
            'must be the name of a script, or a table such as {script = "hosts.py", '
            f'parameters = {{env = "{{env}}"}}}}; got {shown(value)}.'
        )
    checks = {
        "script": _script_name,
        "parameters": _passed,
        "cache_s": _seconds(CACHE_MIN_S, CACHE_MAX_S),
        "timeout_s": _seconds(1, TIMEOUT_MAX_S),
        "strict": boolean,
    }
    given = _checked(value, checks)
    if "script" not in given:
        raise Wrong('names no script; add script = "hosts.py", say.')
    return ChoicesFrom(**given)


def _checked(table: Mapping[str, Any], checks: Mapping[str, Any]) -> dict[str, Any]:
    values = {}
    for key, value in table.items():
        if key not in checks:
            known = ", ".join(checks)
            raise Wrong(f"has an unknown key {shown(key)}; known are {known}.")
        try:
            values[key] = checks[key](value)
        except Wrong as exc:
            raise Wrong(f"is wrong: {key} {exc}") from exc
    return values


def _script_name(value: Any) -> str:
    name: str = text_of(255)(value)
    if name.startswith("/") or ".." in name.split("/"):
        raise Wrong(
            'must be the name of a script in the scripts folder, such as "db/hosts.py"'
            f"; got {shown(value)}."
        )
    return name


def _passed(value: Any) -> dict[str, Scalar | list[Scalar]]:
    if not isinstance(value, dict) or len(value) > MAX_PASSED:
        raise Wrong(
            f"must be a table of at most {MAX_PASSED} names and values, such as "
            '{env = "{env}"}.'
        )
    return {name: _passed_value(one) for name, one in value.items()}


def _passed_value(value: Any) -> Scalar | list[Scalar]:
    if isinstance(value, list):
        return [scalar(item) for item in value]
    return scalar(value)


def _seconds(least: int, most: int) -> Any:
    def check(value: Any) -> int:
        if type(value) is not int or not least <= value <= most:
            raise Wrong(
                f"must be a whole number of seconds from {least} to {most}, got "
                f"{shown(value)}."
            )
        return value

    return check


def _file_bytes(value: Any) -> int:
    if type(value) is not int or not 1 <= value <= MAX_FILE_BYTES:
        raise Wrong(
            f"must be a whole number of bytes from 1 to {MAX_FILE_BYTES}, got "
            f"{shown(value)}; for one MiB write 1048576."
        )
    return value


def _endings(value: Any) -> tuple[str, ...]:
    if not isinstance(value, list) or not 1 <= len(value) <= MAX_ENDINGS:
        raise Wrong(f'must be a list of 1 to {MAX_ENDINGS} endings, such as [".csv"].')
    for one in value:
        if not isinstance(one, str) or not ENDING.fullmatch(one):
            raise Wrong(
                'must hold endings that begin with a dot, such as ".csv"; got '
                f"{shown(one)}."
            )
    return tuple(dict.fromkeys(one.lower() for one in value))


# What a schema says.


def file_fields(schema: Mapping[str, Any]) -> dict[str, JsonObject]:
    """Return the properties of a schema whose values are files, by name."""
    fields = schema.get("properties", {})
    return {n: about for n, about in fields.items() if about["x-hub"].get("file")}


def choice_fields(schema: Mapping[str, Any]) -> dict[str, JsonObject]:
    """Return the properties of a schema whose choices another script lists."""
    fields = schema.get("properties", {})
    return {n: one for n, one in fields.items() if one["x-hub"].get("choices_from")}


def upload_ids(
    fields: Mapping[str, JsonObject], values: Mapping[str, Any]
) -> list[tuple[str, str]]:
    """Return (name, id) for each upload that the values of file parameters name."""
    found = []
    for name in fields:
        value = values.get(name)
        items = value if isinstance(value, list) else [value]
        found += [(name, item) for item in items if isinstance(item, str)]
    return found

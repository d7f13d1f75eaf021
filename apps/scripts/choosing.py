"""What a script printed, as the choices of a parameter."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from apps.scripts.problems import Problem
from apps.scripts.rendering import same
from apps.scripts.validation import convert

MAX_LINES = 1000
MAX_BYTES = 64 * 1024
MAX_LABEL_CHARS = 200


class NoChoices(Exception):
    """What was printed is no list of choices: too many lines, or `problem` of one."""

    def __init__(self, problem: Problem | None = None) -> None:
        super().__init__(problem)
        self.problem = problem


@dataclass(frozen=True)
class Choice:
    """One value that may be given, and how it is shown."""

    value: Any
    label: str


def read_lines(text: str) -> list[tuple[str, str]]:
    """Return value and label of each line that is not empty, a value once.

    A tab parts the two; without one the value is its own label. Raises NoChoices for
    more than MAX_LINES of them.
    """
    found: dict[str, str] = {}
    for line in text.split("\n"):
        value, _tab, label = line.rstrip("\r").partition("\t")
        if not value.strip():
            continue
        if value not in found and len(found) >= MAX_LINES:
            raise NoChoices
        label = " ".join("".join(c if c.isprintable() else " " for c in label).split())
        found.setdefault(value, label[:MAX_LABEL_CHARS] or value)
    return list(found.items())


def choices_of(
    about: Mapping[str, Any], pairs: Sequence[Sequence[str]]
) -> list[Choice]:
    """Return listed values as the parameter whose property is `about` takes them.

    Raises NoChoices for one that it would refuse.
    """
    field = about.get("items", about)
    # One value as it would be rendered on its own.
    hub = {"kind": "option", "flag": "--value", "order": 0}
    schema = {"properties": {"value": {**field, "x-hub": hub}}}
    return [Choice(_typed(schema, value), label) for value, label in pairs]


def _typed(schema: Mapping[str, Any], text: str) -> Any:
    values, problems = convert(schema, {"value": text})
    if problems:
        raise NoChoices(problems[0])
    return values["value"]


def not_chosen(choices: Sequence[Choice], value: Any) -> list[Any]:
    """Return what of a value, or of the items of a list, is not among the choices."""
    texts = {one.value for one in choices if isinstance(one.value, str)}
    others = [one.value for one in choices if not isinstance(one.value, str)]
    return [
        item
        for item in (value if isinstance(value, list) else [value])
        if not (item in texts if isinstance(item, str) else _is_among(item, others))
    ]


def _is_among(value: Any, others: Sequence[Any]) -> bool:
    return any(same(value, other) for other in others)

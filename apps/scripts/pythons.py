"""Which versions of Python a `requires-python` lets in. Pure computation.

As far as PEP 440 matters here: what is compared is the version of an interpreter, which
is numbers. Of a clause such as `>=3.13.0rc1` the numbers count alone.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

CLAUSE = re.compile(
    r"(?P<op>~=|===|==|!=|<=|>=|<|>)\s*"
    r"(?P<numbers>\d{1,6}(?:\.\d{1,6}){0,5})"
    r"(?P<more>\.\*|(?:[-_.]?(?:a|b|c|rc|alpha|beta|pre|preview|dev|post)[-_.]?\d*)+)?",
    re.IGNORECASE,
)

Version = tuple[int, ...]


class NoVersions(ValueError):
    """The text names no versions; the message says why."""


@dataclass(frozen=True)
class _Clause:
    op: str
    numbers: Version
    # `3.12.*` means whatever begins so.
    is_prefix: bool

    def admits(self, version: Version) -> bool:
        """Whether an interpreter of this version is let in."""
        size = len(self.numbers)
        if self.is_prefix:
            return (version[:size] == self.numbers) is (self.op == "==")
        if self.op == "~=":
            return version >= self.numbers and version[: size - 1] == self.numbers[:-1]
        wanted = self.numbers + (0,) * (len(version) - size)
        return {
            "==": version == wanted,
            "===": version == wanted,
            "!=": version != wanted,
            "<=": version <= wanted,
            ">=": version >= wanted,
            "<": version < wanted,
            ">": version > wanted,
        }[self.op]


def normalise(text: str) -> str:
    """Return the clauses in one spelling and order. Raises NoVersions."""
    return ",".join(sorted({re.sub(r"\s", "", part) for part in _parts(text)}))


def fits(text: str, version: Version) -> bool:
    """Whether an interpreter of this version, such as (3, 12, 1), is let in.

    Raises NoVersions.
    """
    return all(_read(part).admits(version) for part in _parts(text))


def _parts(text: str) -> list[str]:
    parts = [part.strip() for part in text.split(",")]
    # A comma at the end is allowed.
    if len(parts) > 1 and not parts[-1]:
        parts.pop()
    for part in parts:
        _read(part)
    return parts


def _read(part: str) -> _Clause:
    found = CLAUSE.fullmatch(part)
    if found is None:
        raise NoVersions(f"{part[:60]!r} names no versions")
    numbers = tuple(map(int, found["numbers"].split(".")))
    op, is_prefix = found["op"], found["more"] == ".*"
    if is_prefix and op not in ("==", "!="):
        raise NoVersions(f"'.*' goes with == and != only, not with {op}")
    if op == "~=" and len(numbers) < 2:
        raise NoVersions("~= needs two numbers at least, such as ~=3.11")
    return _Clause(op, numbers, is_prefix)

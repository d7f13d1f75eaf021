"""What differs between two texts, line by line, in bounded time."""

from __future__ import annotations

import difflib
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

# What is compared at most of each text, without what both begin and end with.
MAX_LINES = 20_000
# How long it may take; what differs more is shown as one change.
PATIENCE_S = 0.3
CONTEXT = 3

Opcode = tuple[str, int, int, int, int]


class TooLarge(Exception):
    """More lines differ than are compared, or shown."""


class Line(NamedTuple):
    """One line of a difference: `kind` is "same", "added", "removed", or "gap" for the
    head of a part, whose text says which lines follow. Numbers count from 1."""

    kind: str
    old: int | None
    new: int | None
    text: str


@dataclass(frozen=True)
class Difference:
    """`is_rough`: what differs was not compared line by line, since it is too much."""

    lines: list[Line]
    is_rough: bool
    added: int
    removed: int


class _TooLong(Exception):
    """It takes longer than it may."""


class _Matcher(difflib.SequenceMatcher[str]):
    """A matcher that gives up: its worst case is the third power of the lines."""

    def __init__(self, old: Sequence[str], new: Sequence[str]) -> None:
        self._give_up_at = time.monotonic() + PATIENCE_S
        # With its heuristic for frequent lines a single search has a bound too.
        super().__init__(None, old, new, autojunk=True)

    def find_longest_match(
        self, alo: int = 0, ahi: int | None = None, blo: int = 0, bhi: int | None = None
    ) -> difflib.Match:
        if time.monotonic() > self._give_up_at:
            raise _TooLong
        return super().find_longest_match(alo, ahi, blo, bhi)


def compare(old: str, new: str) -> Difference:
    """Return the parts that differ, each with three lines around it.

    Raises TooLarge when one text has more than MAX_LINES beside what both begin and end
    with.
    """
    before, after = _lines(old), _lines(new)
    codes, is_rough = _opcodes(before, after)
    lines = list(_shown(_grouped(codes), before, after))
    return Difference(
        lines,
        is_rough,
        added=sum(line.kind == "added" for line in lines),
        removed=sum(line.kind == "removed" for line in lines),
    )


def unified(difference: Difference, old_name: str, new_name: str) -> str:
    """Return a difference as `diff -u` writes it; "" when there is none."""
    if not difference.lines:
        return ""
    signs = {"same": " ", "added": "+", "removed": "-", "gap": ""}
    parts = [f"--- {old_name}\n+++ {new_name}\n"]
    for line in difference.lines:
        if line.text.endswith("\n"):
            parts.append(f"{signs[line.kind]}{line.text}")
        else:
            parts.append(
                f"{signs[line.kind]}{line.text}\n\\ No newline at end of file\n"
            )
    return "".join(parts)


def _lines(text: str) -> list[str]:
    # Not splitlines: a form feed ends no line.
    lines = [f"{line}\n" for line in text.split("\n")]
    lines[-1] = lines[-1][:-1]
    return lines if lines[-1] else lines[:-1]


def _opcodes(old: list[str], new: list[str]) -> tuple[list[Opcode], bool]:
    begin = _common(old, new)
    rest = min(len(old), len(new)) - begin
    end = _common(old[::-1][:rest], new[::-1][:rest])
    inner_old, inner_new = old[begin : len(old) - end], new[begin : len(new) - end]
    inner, is_rough = _inner(inner_old, inner_new)
    codes: list[Opcode] = [("equal", 0, begin, 0, begin)] if begin else []
    codes += [
        (t, a + begin, b + begin, c + begin, d + begin) for t, a, b, c, d in inner
    ]
    if end:
        codes.append(("equal", len(old) - end, len(old), len(new) - end, len(new)))
    return codes, is_rough


def _common(old: Sequence[str], new: Sequence[str]) -> int:
    """Return with how many equal lines both begin."""
    count = 0
    for one, other in zip(old, new, strict=False):
        if one != other:
            break
        count += 1
    return count


def _inner(old: list[str], new: list[str]) -> tuple[list[Opcode], bool]:
    whole: list[Opcode] = [("replace", 0, len(old), 0, len(new))]
    if max(len(old), len(new)) > MAX_LINES:
        raise TooLarge
    if not old and not new:
        return [], False
    if not old or not new:
        return whole, False
    try:
        return [*_Matcher(old, new).get_opcodes()], False
    except _TooLong:
        return whole, True


def _grouped(codes: list[Opcode]) -> Iterator[list[Opcode]]:
    """Put together what differs with what is near it; drop what is far from it."""
    group: list[Opcode] = []
    for number, (tag, a, b, c, d) in enumerate(codes):
        if tag != "equal":
            group.append((tag, a, b, c, d))
            continue
        head = 0 if number == 0 else CONTEXT
        tail = 0 if number == len(codes) - 1 else CONTEXT
        if b - a <= head + tail and number not in {0, len(codes) - 1}:
            group.append((tag, a, b, c, d))
            continue
        if group:
            group.append((tag, a, min(b, a + head), c, min(d, c + head)))
            yield group
        group = []
        if tail:
            group = [(tag, max(a, b - tail), b, max(c, d - tail), d)]
    if any(tag != "equal" for tag, *_rest in group):
        yield group


def _shown(
    groups: Iterator[list[Opcode]], old: list[str], new: list[str]
) -> Iterator[Line]:
    for group in groups:
        yield Line("gap", None, None, _head(group))
        for tag, a, b, c, d in group:
            if tag == "equal":
                for at in range(b - a):
                    yield Line("same", a + at + 1, c + at + 1, old[a + at])
                continue
            for at in range(a, b):
                yield Line("removed", at + 1, None, old[at])
            for at in range(c, d):
                yield Line("added", None, at + 1, new[at])


def _head(group: list[Opcode]) -> str:
    spans = (
        _span(group[0][1], group[-1][2]),
        _span(group[0][3], group[-1][4]),
    )
    return "@@ -{} +{} @@\n".format(*spans)


def _span(start: int, stop: int) -> str:
    count = stop - start
    # As diff writes it: an empty part is named by the line before it.
    return f"{start + bool(count)},{count}" if count != 1 else f"{start + 1}"

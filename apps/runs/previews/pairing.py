"""Which file of an earlier run is the same one: by its name, or all but its numbers."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable

NUMBERS = re.compile(r"\d+")
# What is put behind a name that was taken already.
COUNTED = re.compile(r"-#(?=(\.[^./]*)?$)")


def pair_names(mine: Collection[str], theirs: Collection[str]) -> dict[str, str]:
    """Return for names of mine which of theirs belongs to each.

    The same name does. Else the only one that differs in its numbers alone, such as
    dates, does: of several nobody knows which.
    """
    pairs = {name: name for name in mine if name in set(theirs)}
    here = _by_pattern(name for name in mine if name not in pairs)
    there = _by_pattern(name for name in theirs if name not in pairs)
    for pattern, names in here.items():
        others = there.get(pattern, [])
        if len(names) == len(others) == 1:
            pairs[names[0]] = others[0]
    return pairs


def _by_pattern(names: Iterable[str]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for name in names:
        pattern = COUNTED.sub("", NUMBERS.sub("#", name))
        found.setdefault(pattern, []).append(name)
    return found

"""Variables of the environment whose names are nearly ours."""

from __future__ import annotations

from collections.abc import Collection, Iterator

FILE = "_FILE"
# Of shorter ones, such as PORT, too many others are one letter away: SORT, POST.
LEAST = 5


def misspelt(
    given: Collection[str], known: Collection[str]
) -> Iterator[tuple[str, str]]:
    """Yield each given name that is one letter off a known one, and the known one.

    One letter is wrong, missing, too many, or changed places with its neighbour. What
    is known may also end in _FILE. A name whose neighbour is given too is nobody's
    mistake.
    """
    names = [name + ending for name in known for ending in ("", FILE)]
    taken = {name.removesuffix(FILE) for name in given}
    for name in sorted(set(given).difference(names)):
        for meant in names:
            if (
                len(meant.removesuffix(FILE)) >= LEAST
                and meant.removesuffix(FILE) not in taken
                and is_one_off(name, meant)
            ):
                yield name, meant
                break


def is_one_off(one: str, other: str) -> bool:
    """Say whether the Damerau-Levenshtein distance of two texts is 1."""
    if one == other or abs(len(one) - len(other)) > 1:
        return False
    start = _common(one, other)
    end = _common(one[start:][::-1], other[start:][::-1])
    left, right = one[start : len(one) - end], other[start : len(other) - end]
    if len(left) <= 1 and len(right) <= 1:
        return True
    return len(left) == 2 and left == right[::-1]


def _common(one: str, other: str) -> int:
    """Return how many letters both texts begin with."""
    count = 0
    for left, right in zip(one, other, strict=False):
        if left != right:
            break
        count += 1
    return count

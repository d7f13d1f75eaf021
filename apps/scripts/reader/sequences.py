"""Lists and dicts as a script writes them out: what is in them, part by part."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from apps.scripts.reader.functions import MAX_ITEMS
from apps.scripts.reader.scopes import Holder, Known, Unknown, Value


class Members(Holder):
    """A class of the script whose instances are listed: an enum."""

    def listed(self) -> list[Known]:
        """Return the members in the order in which they are written."""
        raise NotImplementedError


class Listing:
    """A list of the script that holds more than values: decorators, parameters."""

    def listed(self) -> list[object]:
        """Return what is in it, in order."""
        raise NotImplementedError


def items_of(value: object) -> list[object] | None:
    """Return what iterating over something gives, None where that is not known."""
    match value:
        case Known(value=list() | tuple() | range() | str() | dict() as items):
            return [Known(item) for item in items] if len(items) <= MAX_ITEMS else None
        case Unknown(parts=tuple() as parts):
            return list(parts)
        case Unknown(table=Mapping() as table):
            return [Known(key) for key in table]
        case Members() | Listing():
            return list(value.listed())
    return None


def sequence(items: Iterable[object], code: str, kind: type = list) -> Value:
    """Return a list of things as a value, Known where all of them are."""
    items = tuple(items)
    if _is_heavy(items):
        return Unknown(code)
    if all(isinstance(item, Known) for item in items):
        return Known(kind(item.value for item in items if isinstance(item, Known)))
    return Unknown(code, parts=items)


def _is_heavy(items: Iterable[object]) -> bool:
    """Whether there is more in a list than anybody writes, lists in lists counted.

    A list that holds another twice, which holds another twice, is soon a long one.
    """
    pending = list(items)
    weight = 0
    while pending and weight <= MAX_ITEMS:
        item = pending.pop()
        item = item.value if isinstance(item, Known) else item
        weight += 1
        match item:
            case str():
                weight += len(item) // 100
            case list() | tuple():
                pending += item[: MAX_ITEMS + 1]
            case dict():
                pending += list(item.values())[: MAX_ITEMS + 1]
            case Unknown(parts=tuple() as parts):
                pending += parts
    return weight > MAX_ITEMS


def table(pairs: Mapping[Any, object], code: str) -> Value:
    """Return a dict as a value, Known where all that is in it is."""
    if _is_heavy(pairs.values()):
        return Unknown(code)
    if all(isinstance(value, Known) for value in pairs.values()):
        return Known({k: v.value for k, v in pairs.items() if isinstance(v, Known)})
    return Unknown(code, table=dict(pairs))


def table_of(value: object) -> dict[Any, object] | None:
    """Return what is in a dict, by key; None where that is not known."""
    match value:
        case Known(value=dict() as known):
            return {key: Known(item) for key, item in known.items()}
        case Unknown(table=Mapping() as pairs):
            return dict(pairs)
    return None


def item_of(value: object, key: Any) -> object | None:
    """Return one item of a list or a dict."""
    pairs = table_of(value)
    if pairs is not None:
        return pairs.get(key) if isinstance(key, str | int | float) else None
    items = items_of(value)
    if items is None or not isinstance(key, int) or not -len(items) <= key < len(items):
        return None
    return items[key]


def enumerated(values: list[object], code: str) -> Value | None:
    """What enumerate() gives."""
    items = items_of(values[0]) if values else None
    start = values[1] if len(values) > 1 else Known(0)
    if items is None or not isinstance(start, Known) or len(values) > 2:
        return None
    pairs = enumerate(items, start.value)
    return sequence((sequence((Known(n), i), code, tuple) for n, i in pairs), code)


def zipped(values: list[object], code: str) -> Value | None:
    """What zip() gives."""
    lists = [items for value in values if (items := items_of(value)) is not None]
    if len(lists) != len(values):
        return None
    rows = zip(*lists, strict=False)
    return sequence((sequence(row, code, tuple) for row in rows), code)


def listed(values: list[object], code: str) -> Value | None:
    """What list() gives of things that are not all known."""
    items = items_of(values[0]) if len(values) == 1 else None
    return None if items is None else sequence(items, code)


def tupled(values: list[object], code: str) -> Value | None:
    """What tuple() gives."""
    items = items_of(values[0]) if len(values) == 1 else None
    return None if items is None else sequence(items, code, tuple)


def reversed_(values: list[object], code: str) -> Value | None:
    """What reversed() gives."""
    items = items_of(values[0]) if len(values) == 1 else None
    return None if items is None else sequence(items[::-1], code)


def pairs_of(value: object, code: str) -> Value | None:
    """What dict.items() gives."""
    pairs = table_of(value)
    if pairs is None:
        return None
    rows = (sequence((Known(k), v), code, tuple) for k, v in pairs.items())
    return sequence(rows, code)


def values_of(value: object, code: str) -> Value | None:
    """What dict.values() gives."""
    pairs = table_of(value)
    return None if pairs is None else sequence(pairs.values(), code)


def keys_of(value: object, code: str) -> Value | None:
    """What dict.keys() gives."""
    pairs = table_of(value)
    return None if pairs is None else Known(list(pairs))


# Functions that take things as they are, whether they are known or not.
OF_LISTS: dict[str | None, Callable[[list[object], str], Value | None]] = {
    "enumerate": enumerated,
    "zip": zipped,
    "list": listed,
    "tuple": tupled,
    "iter": listed,
    "reversed": reversed_,
}
# Their keywords, which stand for a further argument.
OF_LISTS_WORDS: dict[str | None, set[str | None]] = {"enumerate": {"start"}}
OF_DICTS: dict[str, Callable[[object, str], Value | None]] = {
    "items": pairs_of,
    "values": values_of,
    "keys": keys_of,
}

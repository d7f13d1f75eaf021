"""What changed between two lists of records: which are new, gone, changed, the same."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from django.utils.translation import gettext as _

from apps.runs.previews.grids import Grid
from apps.runs.previews.text import shorten, visible
from apps.runs.previews.trees import find_records, plain, show_records

# What may tell records apart, the surest first.
KEYS = ("id", "guid", "link", "url", "name")
MAX_CHANGED = 100
MAX_FIELDS = 20
MAX_VALUE_CHARACTERS = 300

Record = dict[str, Any]


class Field(NamedTuple):
    """A field of a record that changed; a text is "" where there was none."""

    name: str
    old: str
    new: str


class Changed(NamedTuple):
    """A record that is in both lists, and what is different in it."""

    label: str
    fields: list[Field]


@dataclass(frozen=True)
class RecordChanges:
    """`name` is what the list is called in its document, `key` what tells its records
    apart: "" where only all of a record does."""

    name: str
    key: str
    added: Grid | None
    removed: Grid | None
    changed: list[Changed] = field(default_factory=list)
    new: int = 0
    gone: int = 0
    other: int = 0
    same: int = 0

    @property
    def summary(self) -> str:
        """How many of each there are, in a few words."""
        counts = {
            "new": self.new,
            "changed": self.other,
            "gone": self.gone,
            "same": self.same,
        }
        if self.other:
            text = _(
                "%(new)d new, %(changed)d changed, %(gone)d gone, %(same)d the same"
            )
        else:
            text = _("%(new)d new, %(gone)d gone, %(same)d the same")
        return text % counts


def compare_records(old: Any, new: Any) -> RecordChanges | None:
    """Return what changed in the list of records that two documents hold; None where
    they hold none in the same place."""
    found = find_records(new) or find_records(old)
    if found is None:
        return None
    before, after = _list_at(old, found.name), _list_at(new, found.name)
    if before is None or after is None:
        return None
    key = next((key for key in KEYS if _tells(key, before) and _tells(key, after)), "")
    split = _by_key(key, before, after) if key else _by_value(before, after)
    return RecordChanges(
        name=visible(shorten(found.name, MAX_VALUE_CHARACTERS)),
        key=key,
        added=show_records(split.added) if split.added else None,
        removed=show_records(split.removed) if split.removed else None,
        changed=[_changed(key, *pair) for pair in split.changed[:MAX_CHANGED]],
        new=len(split.added),
        gone=len(split.removed),
        other=len(split.changed),
        same=split.same,
    )


class _Split(NamedTuple):
    added: list[Record]
    removed: list[Record]
    changed: list[tuple[Record, Record]]
    same: int


def _list_at(value: Any, name: str) -> list[Record] | None:
    found = value if not name else value.get(name) if isinstance(value, dict) else None
    is_list = isinstance(found, list) and all(isinstance(one, dict) for one in found)
    return found if is_list else None


def _tells(key: str, records: list[Record]) -> bool:
    """Whether each record has a value of its own there."""
    values = [one.get(key) for one in records]
    if not all(isinstance(value, str | int) and value != "" for value in values):
        return False
    return len(set(values)) == len(values)


def _by_key(key: str, old: list[Record], new: list[Record]) -> _Split:
    before = {one[key]: one for one in old}
    after = {one[key]: one for one in new}
    both = [(before[name], one) for name, one in after.items() if name in before]
    changed = [(one, other) for one, other in both if one != other]
    return _Split(
        [one for name, one in after.items() if name not in before],
        [one for name, one in before.items() if name not in after],
        changed,
        len(both) - len(changed),
    )


def _by_value(old: list[Record], new: list[Record]) -> _Split:
    added, removed = _beyond(new, old), _beyond(old, new)
    return _Split(added, removed, [], len(new) - len(added))


def _beyond(these: list[Record], others: list[Record]) -> list[Record]:
    """Return those of these that the others do not have, or not as often."""
    there = Counter(map(_written, others))
    found = []
    for one in these:
        text = _written(one)
        if there[text]:
            there[text] -= 1
        else:
            found.append(one)
    return found


def _written(record: Record) -> str:
    return json.dumps(record, sort_keys=True)


def _changed(key: str, old: Record, new: Record) -> Changed:
    names = [name for name in {**old, **new} if old.get(name) != new.get(name)]
    label = plain(new.get("title") or new.get("name") or new[key])
    fields = [
        Field(_text(name), _text(plain(old.get(name))), _text(plain(new.get(name))))
        for name in names[:MAX_FIELDS]
    ]
    return Changed(_text(label), fields)


def _text(text: str) -> str:
    return visible(shorten(text, MAX_VALUE_CHARACTERS))

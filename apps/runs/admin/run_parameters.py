"""The parameters of runs as their pages show them: secrets as dots, files by name."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _

from apps.core.api.params import parse_uuid
from apps.runs.equivalents import is_file
from apps.runs.models import Run, Upload
from apps.scripts.choosing import Choice
from apps.scripts.parameters import ordered_fields
from apps.scripts.rendering import same
from apps.scripts.secrecy import HIDDEN, STORED, hidden, is_secret

# What is longer is folded.
LONG_CHARS = 240
LONG_LINES = 6
HEAD_CHARS = 60


@dataclass(frozen=True)
class Given:
    """A parameter and the text of its value; of one whose value has a name beside, the
    text and the name of each item as `labelled`."""

    name: str
    text: str
    is_secret: bool = False
    labelled: Sequence[tuple[str, str]] = ()

    @property
    def is_long(self) -> bool:
        return len(self.text) > LONG_CHARS or self.text.count("\n") >= LONG_LINES

    @property
    def head(self) -> str:
        """The beginning of a long one."""
        first = self.text.lstrip().split("\n", 1)[0][:HEAD_CHARS]
        return f"{first.rstrip()} …"


@dataclass(frozen=True)
class Files:
    """The uploads that runs were given: their names, and what they hold, by their ids."""

    names: Mapping[str, str] = field(default_factory=dict)
    checksums: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, runs: Iterable[Run]) -> Files:
        """Look up the files of these runs: one query, none where there are no files."""
        ids = {one for run in runs for one in _ids(run)}
        known = [number for number in map(parse_uuid, ids) if number is not None]
        if not known:
            return cls()
        found = Upload.objects.filter(pk__in=known).order_by()
        rows = list(found.values_list("pk", "name", "sha256"))
        return cls(
            {str(pk): name for pk, name, _sha in rows},
            # The same file under another name is given to the script as another.
            {str(pk): f"{name} {sha}" for pk, name, sha in rows},
        )


def schema_of(run: Run) -> Mapping[str, Any]:
    """Return what the script of a run takes by now; nothing of one that is gone."""
    return run.script.parameters_schema if run.script is not None else {}


def _ids(run: Run) -> Iterator[str]:
    for name, about in schema_of(run).get("properties", {}).items():
        value = run.parameters.get(name)
        if value is not None and is_file(about):
            yield from map(str, value if isinstance(value, list) else [value])


def given(
    run: Run, files: Files, labels: Mapping[str, Sequence[Choice]]
) -> list[Given]:
    """Return the parameters of a run in the script's order, then what it takes no more.

    Dots stand for what is kept as a secret, and for what the script calls one by now.
    `labels` are choices that are called something, by parameter.
    """
    schema = schema_of(run)
    shown = hidden(schema, run.parameters)
    ordered = [name for name, _about in ordered_fields(schema) if name in shown]
    names = [*ordered, *(name for name in shown if name not in ordered)]
    return [
        Given(
            name,
            value_text(schema, name, shown[name], files),
            shown[name] == HIDDEN,
            _labelled(shown[name], labels.get(name, ())),
        )
        for name in names
    ]


def _labelled(value: Any, choices: Sequence[Choice]) -> list[tuple[str, str]]:
    """Return the items of a value with what they are called; [] where none has a name
    of its own."""
    items = value if isinstance(value, list) else [value]
    found = [(_text(item), _label(item, choices)) for item in items]
    return found if any(label for _shown, label in found) else []


def _label(item: Any, choices: Sequence[Choice]) -> str:
    labels = (one.label for one in choices if same(one.value, item))
    label = next(labels, "")
    return "" if label == str(item) else label


def value_text(
    schema: Mapping[str, Any], name: str, value: Any, files: Files = Files()
) -> str:
    """Return a value as a person reads it: a list's items a line each."""
    about = schema.get("properties", {}).get(name, {})
    if is_secret(about) or value == STORED:
        return HIDDEN
    items = value if isinstance(value, list) else [value]
    if is_file(about):
        return "\n".join(files.names.get(str(one), str(one)) for one in items)
    return "\n".join(_text(one) for one in items) if items else _("an empty list")


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, str):
        return value or '""'
    return json.dumps(value, ensure_ascii=False)

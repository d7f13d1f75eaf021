"""JSON: read as it is written, and shown as a tree that folds without any script."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from apps.runs.previews.grids import LINK, Grid, grid_of_records
from apps.runs.previews.text import shorten, visible

MAX_DEPTH = 20
MAX_NODES = 2000
MAX_ITEMS = 200
MAX_STRING_CHARACTERS = 2000
MAX_NAME_CHARACTERS = 200
# What is unfolded at first: the outermost levels, while they are short.
OPEN_LEVELS = 2
OPEN_ITEMS = 60


class NoJSON(Exception):
    """The text cannot be read; the message says why."""


class Literal(str):
    """A number as it is written: no digit is lost or added."""

    __slots__ = ()


@dataclass
class Tree:
    """A tree as HTML, and what is to be said of it."""

    html: SafeString
    notes: list[str] = field(default_factory=list)


def read_json(text: str) -> Any:
    """Return what a JSON text says, numbers as literals; raises NoJSON."""
    return _loads(text)


def read_lines(text: str, *, is_whole: bool = True) -> list[Any]:
    """Return what each line says of a text with one JSON value a line; raises NoJSON.

    Of a text that is not whole, the last line is left out.
    """
    lines = text.split("\n") if is_whole else text.split("\n")[:-1]
    return [_loads(line) for line in lines if line.strip()]


def _loads(text: str) -> Any:
    try:
        return json.loads(
            text, parse_int=Literal, parse_float=Literal, parse_constant=Literal
        )
    except RecursionError:
        raise NoJSON(_("It is nested too deeply to be read.")) from None
    except ValueError as exc:
        message = _("It is no valid JSON: %(error)s.") % {"error": exc}
        raise NoJSON(message) from None


def show_tree(value: Any) -> Tree:
    """Return a value as nested lists that fold, each value with its type."""
    writer = _Writer()
    html = format_html('<ul class="hub-tree">{}</ul>', writer.item(None, value, 0))
    return Tree(html, writer.notes())


class _Writer:
    """Writes values until there are too many of them."""

    def __init__(self) -> None:
        self.left = MAX_NODES
        self.cut_strings = 0
        self.is_too_deep = False
        self.is_too_much = False

    def notes(self) -> list[str]:
        notes = []
        if self.is_too_much:
            notes.append(
                _(
                    "Of long lists, and after %(most)d values in all, the rest is "
                    "counted only."
                )
                % {"most": MAX_NODES}
            )
        if self.is_too_deep:
            notes.append(
                _("What is nested deeper than %(most)d levels is counted only.")
                % {"most": MAX_DEPTH}
            )
        if self.cut_strings:
            notes.append(_cut_texts(self.cut_strings))
        return notes

    def item(self, name: str | None, value: Any, depth: int) -> SafeString:
        self.left -= 1
        label = _label(name)
        if isinstance(value, list | dict) and value:
            if depth >= MAX_DEPTH:
                self.is_too_deep = True
                return format_html("<li>{}{}</li>", label, _count(value))
            return self._branch(label, value, depth)
        return format_html("<li>{}{}</li>", label, self._leaf(value))

    def _branch(
        self, label: SafeString, value: list[Any] | dict[str, Any], depth: int
    ) -> SafeString:
        is_open = depth < OPEN_LEVELS and len(value) <= OPEN_ITEMS
        return format_html(
            "<li><details{}><summary>{}{}</summary><ul>{}</ul></details></li>",
            " open" if is_open or depth == 0 else "",
            label,
            _count(value),
            self._children(value, depth),
        )

    def _children(self, value: list[Any] | dict[str, Any], depth: int) -> SafeString:
        pairs = (
            list(value.items())[:MAX_ITEMS]
            if isinstance(value, dict)
            else [(str(number), one) for number, one in enumerate(value[:MAX_ITEMS])]
        )
        parts = []
        for name, one in pairs:
            if self.left <= 0:
                break
            parts.append(self.item(name, one, depth + 1))
        if rest := len(value) - len(parts):
            self.is_too_much = True
            parts.append(format_html('<li class="hub-quiet">{}</li>', _more(rest)))
        # Each part is safe by itself.
        return SafeString("".join(parts))

    def _leaf(self, value: Any) -> SafeString:
        if isinstance(value, str) and not isinstance(value, Literal):
            self.cut_strings += len(value) > MAX_STRING_CHARACTERS
            text = visible(shorten(value, MAX_STRING_CHARACTERS))
            if LINK.fullmatch(value):
                return format_html(
                    '<a class="hub-json-text" title="{}" rel="nofollow noopener '
                    'noreferrer" href="{}">"{}"</a>',
                    *(pgettext("JSON", "text"), visible(value), text),
                )
            return _typed("text", pgettext("JSON", "text"), f'"{text}"')
        if isinstance(value, Literal):
            text = shorten(value, MAX_STRING_CHARACTERS)
            return _typed("number", pgettext("JSON", "number"), text)
        if isinstance(value, bool):
            return _typed(
                "boolean", pgettext("JSON", "yes or no"), "true" if value else "false"
            )
        if value is None:
            return _typed("null", pgettext("JSON", "nothing"), "null")
        return _count(value)


def _label(name: str | None) -> SafeString:
    if name is None:
        return SafeString("")
    shown = visible(shorten(name, MAX_NAME_CHARACTERS))
    return format_html('<span class="hub-json-name">{}</span> ', shown)


def _typed(kind: str, title: str, text: str) -> SafeString:
    html = '<span class="hub-json-{}" title="{}">{}</span>'
    return format_html(html, kind, title, text)


def _count(value: list[Any] | dict[str, Any]) -> SafeString:
    count = len(value)
    if isinstance(value, dict):
        text = ngettext("object, %(n)d key", "object, %(n)d keys", count)
    else:
        text = ngettext("list, %(n)d item", "list, %(n)d items", count)
    return format_html('<span class="hub-quiet">{}</span>', text % {"n": count})


def _more(count: int) -> str:
    return ngettext("… and %(n)d more", "… and %(n)d more", count) % {"n": count}


def _cut_texts(count: int) -> str:
    return ngettext(
        "%(count)d text is longer than %(most)d characters and was cut.",
        "%(count)d texts are longer than %(most)d characters and were cut.",
        count,
    ) % {"count": count, "most": MAX_STRING_CHARACTERS}


# -- Lists of records --------------------------------------------------------------


@dataclass(frozen=True)
class Records:
    """A list of objects in a document, and the name that it has there ("" on top)."""

    name: str
    items: list[dict[str, Any]]


def find_records(value: Any) -> Records | None:
    """Return the document's list of objects: itself, or the longest that it names."""
    if _are_records(value):
        return Records("", value)
    if not isinstance(value, dict):
        return None
    named = [Records(name, one) for name, one in value.items() if _are_records(one)]
    return max(named, key=lambda records: len(records.items), default=None)


def _are_records(value: Any) -> bool:
    return (
        isinstance(value, list)
        and bool(value)
        and all(isinstance(one, dict) and one for one in value)
    )


def is_flat(records: Records) -> bool:
    """Whether each record holds plain values alone, so that a table shows all of it."""
    return not any(
        isinstance(value, list | dict)
        for one in records.items
        for value in one.values()
    )


def show_records(items: list[dict[str, Any]]) -> Grid:
    """Return records as a table; what is nested in one stands there as JSON."""
    return grid_of_records(
        tuple((name, plain(value)) for name, value in one.items()) for one in items
    )


def plain(value: Any) -> str:
    """Return a value as a cell has it: texts and numbers as they are, nothing as ""."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False)

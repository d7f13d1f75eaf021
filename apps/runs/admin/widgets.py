"""The inputs of the run form. What does not fit an input is shown all the same."""

from __future__ import annotations

import datetime
import re
from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from apps.scripts.texts import lines_of

# What HTML takes for a number; "+5" is none.
NUMBER = re.compile(r"-?([0-9]+(\.[0-9]+)?|\.[0-9]+)([eE][+-]?[0-9]+)?")
DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


class TypedInput(forms.TextInput):
    """An input of a type that browsers check and have keyboards for.

    A browser would empty it of what does not fit the type, and an input of one line
    loses the ends of lines: such a value is shown as plain text, or in a text area.
    """

    def __init__(self, kind: str, attrs: Mapping[str, Any]) -> None:
        super().__init__({"class": "vTextField", **attrs})
        self._kind = kind

    def render(
        self, name: str, value: Any, attrs: Any = None, renderer: Any = None
    ) -> SafeString:
        if value and "\n" in str(value):
            area = TextArea({**self.attrs, "rows": 4})
            return area.render(name, value, attrs, renderer)
        return super().render(name, value, attrs, renderer)

    def get_context(self, name: str, value: Any, attrs: Any) -> dict[str, Any]:
        context = super().get_context(name, value, attrs)
        kind = self._kind if _fits(self._kind, value) else "text"
        context["widget"]["type"] = kind
        return context


class TextArea(forms.Textarea):
    """A text of several lines."""

    def __init__(self, attrs: Mapping[str, Any]) -> None:
        super().__init__({"class": "vLargeTextField", "rows": 5, **attrs})


class SecretInput(forms.PasswordInput):
    """A secret, which is never sent back to the browser."""

    def __init__(self) -> None:
        # As for a password of somebody else's: no browser fills in its own user's.
        super().__init__({"class": "vTextField", "autocomplete": "new-password"})


class SecretArea(TextArea):
    """A secret of several lines, such as a key, which is never sent back either."""

    def __init__(self) -> None:
        super().__init__({"autocomplete": "off", "spellcheck": "false"})

    def format_value(self, value: Any) -> str:
        return ""


class LinesInput(TextArea):
    """A list, an item on each line. With JavaScript it becomes rows."""

    def __init__(self, attrs: Mapping[str, Any]) -> None:
        super().__init__({"rows": 3, "data-list": "", **attrs})

    def value_from_datadict(self, data: Any, files: Any, name: str) -> str:
        return "\n".join(data.getlist(name))


class Ticks(forms.CheckboxSelectMultiple):
    """A list of some of a few choices."""

    def value_from_datadict(self, data: Any, files: Any, name: str) -> list[str]:
        return lines_of("\n".join(data.getlist(name)))


class Picks(forms.SelectMultiple):
    """A list of some of many choices."""

    def value_from_datadict(self, data: Any, files: Any, name: str) -> list[str]:
        return lines_of("\n".join(data.getlist(name)))


class Tick(forms.CheckboxInput):
    """A switch that is off unless it is asked for: on, or left to the script."""

    def __init__(self) -> None:
        super().__init__(check_test=lambda value: value == "true")

    def value_from_datadict(self, data: Any, files: Any, name: str) -> str:
        return data.get(name, "")

    def format_value(self, value: Any) -> str:
        return "true"


def _fits(kind: str, value: Any) -> bool:
    if value in (None, "") or kind not in {"number", "date"}:
        return True
    if kind == "number":
        return bool(NUMBER.fullmatch(str(value)))
    return bool(DATE.fullmatch(str(value))) and _is_day(str(value))


def _is_day(text: str) -> bool:
    try:
        datetime.date.fromisoformat(text)
    except ValueError:
        return False
    return True


class FileInput(forms.FileInput):
    """A file to choose, and those that were sent before, each to be kept or not.

    Its value is the ids of those that were sent; `names` says what they are called.
    """

    allow_multiple_selected = True

    def __init__(self, *, accept: Sequence[str], is_list: bool) -> None:
        attrs: dict[str, Any] = {"accept": ",".join(accept)} if accept else {}
        # Said either way: Django takes several where nothing is said.
        super().__init__(attrs | {"multiple": is_list})
        self.names: Mapping[str, str] = {}

    def value_from_datadict(self, data: Any, files: Any, name: str) -> str:
        return "\n".join(data.getlist(name))

    def render(
        self, name: str, value: Any, attrs: Any = None, renderer: Any = None
    ) -> SafeString:
        chosen = super().render(name, None, attrs, renderer)
        kept = (
            (name, text, self.names.get(text) or _("a file that was sent before"))
            for text in lines_of(value or "")
        )
        boxes = format_html_join(
            "",
            '<label class="hub-kept"><input type="checkbox" name="{}" value="{}" '
            "checked> {}</label>",
            kept,
        )
        return chosen + boxes

"""The form of a script's parameters, from its JSON Schema."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from apps.scripts import services as scripts
from apps.scripts.parameters import convert, ordered_fields
from apps.scripts.secrecy import is_secret

YES_NO = [("", _("as the script decides")), ("true", _("yes")), ("false", _("no"))]


class RunForm(forms.Form):
    """One field a parameter; what is left empty is left to the script.

    After `is_valid`, `parameters` holds the typed values. The same code as the API's
    checks them, so that both say the same.
    """

    # A parameter may be called as anything a form has an attribute for.
    PREFIX = "parameter-"

    def __init__(
        self, schema: Mapping[str, Any], data: Mapping[str, Any] | None = None
    ) -> None:
        super().__init__(data, label_suffix="")
        self._schema = schema
        self.parameters: dict[str, Any] = {}
        required = set(schema.get("required", []))
        for name, about in ordered_fields(schema):
            self.fields[self.PREFIX + name] = _field(name, about, name in required)
        # For the labels alone; `convert` says what is missing, in its own words.
        self.starred = {self.PREFIX + name for name in required}

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        texts: dict[str, str | list[str]] = {}
        for name in self._schema.get("properties", {}):
            if text := data.get(self.PREFIX + name):
                texts[name] = text
        self.parameters, problems = convert(self._schema, texts)
        self.add_problems(scripts.problem_fields(problems))
        return data

    def add_problems(self, fields: Mapping[str, list[str]]) -> None:
        """Show sentences at the fields of an error body (`parameters.limit`)."""
        for key, lines in fields.items():
            name = self.PREFIX + key.removeprefix("parameters.")
            self.add_error(name if name in self.fields else None, lines)


def _field(name: str, about: Mapping[str, Any], required: bool) -> forms.Field:
    default = about.get("default")
    shown: dict[str, Any] = {
        "label": about.get("title") or name,
        "required": False,
        "help_text": _help(about),
        "strip": False,
    }
    if about.get("type") == "boolean":
        del shown["strip"]
        return forms.ChoiceField(choices=YES_NO, **shown)
    if "enum" in about:
        del shown["strip"]
        empty = [] if required else [("", _("as the script decides"))]
        values = [(str(value), str(value)) for value in about["enum"]]
        return forms.ChoiceField(choices=[*empty, *values], **shown)
    if is_secret(about):
        return forms.CharField(widget=_secret_widget(about), **shown)
    return forms.CharField(widget=_widget(about, default), **shown)


def _secret_widget(about: Mapping[str, Any]) -> forms.Widget:
    """What is typed is not shown again, not even beside another field's mistake."""
    attrs = {"class": "vTextField", "autocomplete": "new-password"}
    if about["x-hub"].get("multiline"):
        return UnseenTextarea(attrs=attrs | {"rows": 5})
    return forms.PasswordInput(attrs=attrs)


class UnseenTextarea(forms.Textarea):
    """A text area that never shows what was sent."""

    def get_context(self, name: str, value: Any, attrs: Any) -> dict[str, Any]:
        return super().get_context(name, None, attrs)


def _widget(about: Mapping[str, Any], default: Any) -> forms.Widget:
    if about.get("type") == "array":
        return forms.Textarea(attrs={"rows": 3, "class": "vLargeTextField"})
    attrs: dict[str, Any] = {"class": "vTextField"}
    if default not in (None, ""):
        attrs["placeholder"] = str(default)
    if about.get("type") in {"integer", "number"}:
        attrs["inputmode"] = "decimal"
    return forms.TextInput(attrs=attrs)


def _help(about: Mapping[str, Any]) -> str:
    text = about.get("description", "")
    if about.get("type") == "array":
        each = _("One on each line.")
        return f"{text} {each}".strip()
    return text

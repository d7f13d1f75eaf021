"""From a parameter's schema to the field of the run form."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django import forms
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from apps.runs.admin.widgets import (
    FileInput,
    LinesInput,
    Picks,
    SecretArea,
    SecretInput,
    TextArea,
    Tick,
    Ticks,
    TypedInput,
)
from apps.runs.equivalents import is_file
from apps.scripts.secrecy import is_secret
from apps.scripts.texts import takes_list, to_text

About = Mapping[str, Any]
# More choices than these are a list that folds out.
RADIOS = 5
TICKS = 12
# The rest of a default is on the script's page.
SHOWN_DEFAULT = 200
REFERENCE = re.compile(r"\{([A-Za-z_][A-Za-z0-9_-]*)\}")
INPUT_TYPES = {"uri": "url", "date": "date", "email": "email"}


@dataclass(frozen=True)
class Kept:
    """A stored value that no field shows: a secret, or one that no text says.

    `sent` is what its box sends, `shown` what people read; empty: it is a secret.
    """

    name: str
    sent: str
    shown: str
    ticked: bool


class ParameterField(forms.Field):
    """Hands on what was typed; `convert` says what is wrong, in the API's words."""

    def __init__(self, about: About, widget: forms.Widget, name: str) -> None:
        hub = about["x-hub"]
        self.flag = hub.get("flag") or ""
        # Another script lists its choices: this is whose values that one needs, and
        # `offer` what it listed.
        self.dest = name
        self.is_listed = bool(hub.get("choices_from"))
        self.needs = " ".join(sorted(_needs(hub.get("choices_from") or {})))
        self.offer: object = None
        self.kept: Kept | None = None
        super().__init__(
            label=about.get("title") or name,
            required=False,
            help_text=_help(name, about, widget),
            widget=widget,
            label_suffix="",
        )


def inheriting(about: About, value: Any) -> About:
    """Return the schema of a parameter which the task gives, if nothing is typed."""
    return {**about, "default": value, "x-hub": {**about["x-hub"], "inherited": True}}


def _is_inherited(about: About) -> bool:
    return bool(about["x-hub"].get("inherited"))


def _needs(source: About) -> list[str]:
    """The parameters of the form whose values are handed to the script that lists."""
    values = (v for v in source.get("parameters", {}).values())
    texts = [t for v in values for t in (v if isinstance(v, list) else [v])]
    found = (REFERENCE.fullmatch(t) for t in texts if isinstance(t, str))
    return [match[1] for match in found if match]


def field_of(
    name: str,
    about: About,
    *,
    required: bool,
    given: Sequence[str],
    labels: Mapping[str, str],
) -> ParameterField:
    """Return the field of a parameter.

    `given` is what it will have to show, `labels` what some of its choices are called.
    """
    widget = _widget(name, about, required, given)
    if labels and isinstance(widget, forms.RadioSelect | forms.Select):
        widget.choices = [(text, labels.get(text, t)) for text, t in widget.choices]
    return ParameterField(_shown(about), widget, name)


def _shown(about: About) -> About:
    """What is said of a parameter that is another one in each command: of the first."""
    variants = about["x-hub"].get("variants", [])
    if not variants:
        return about
    default = {"default": about["default"]} if _is_inherited(about) else {}
    return {**variants[0], **default, "x-hub": about["x-hub"]}


def _widget(
    name: str, about: About, required: bool, given: Sequence[str]
) -> forms.Widget:
    multiline = about["x-hub"].get("multiline")
    if is_secret(about):
        return SecretArea() if multiline else SecretInput()
    if is_file(about):
        accept = about["x-hub"].get("accept", ())
        return FileInput(accept=accept, is_list=about.get("type") == "array")
    if "variants" in about["x-hub"]:
        return LinesInput({}) if takes_list(about) else TypedInput("text", {})
    if about.get("type") == "array":
        return _list(name, about, given)
    if about.get("type") == "boolean":
        return _switch(about, required)
    if "enum" in about:
        return _choice(name, about, required, given)
    return TextArea(_hint(name, about)) if multiline else _input(name, about)


def _input(name: str, about: About) -> forms.Widget:
    attrs = _hint(name, about)
    kind = INPUT_TYPES.get(about.get("format", ""), "text")
    if about.get("type") in {"integer", "number"}:
        kind = "number"
        attrs |= {"step": "1" if about["type"] == "integer" else "any"}
        for key, rule in (("min", "minimum"), ("max", "maximum")):
            if rule in about:
                attrs[key] = str(about[rule])
    return TypedInput(kind, attrs | _offered(name, about))


def _offered(name: str, about: About) -> dict[str, Any]:
    is_listed = about["x-hub"].get("choices_from")
    return {"list": f"choices-{name}"} if is_listed else {}


def _hint(name: str, about: About) -> dict[str, Any]:
    default = _default(name, about)
    one_line = default and "\n" not in default
    return {"placeholder": default[:SHOWN_DEFAULT]} if one_line else {}


def _switch(about: About, required: bool) -> forms.Widget:
    values = [stored for stored, _flag in about["x-hub"].get("switches", [])]
    # Off, and nothing but on to ask for.
    if values == [True] and (required or about.get("default") is False):
        return Tick()
    choices = [("true", _("yes")), ("false", _("no"))]
    allowed = about.get("enum", [True, False])
    shown = [(text, label) for text, label in choices if (text == "true") in allowed]
    return forms.RadioSelect(choices=[*_unset(about, required, choices), *shown])


def _choice(
    name: str, about: About, required: bool, given: Sequence[str]
) -> forms.Widget:
    choices = _choices(name, about, given)
    choices = [*_unset(about, required, choices), *choices]
    if len(choices) <= RADIOS:
        return forms.RadioSelect(choices=choices)
    if required:
        choices = [("", "---------"), *choices]
    return forms.Select(choices=choices)


def _unset(
    about: About, required: bool, labels: Sequence[tuple[str, str]]
) -> list[tuple[str, str]]:
    """The choice to choose nothing, which says what that comes to."""
    if required:
        return []
    text = _("as the script decides")
    if _is_inherited(about):
        text = _("as the task has it")
    default = _default("", about)
    return [("", f"{text} ({dict(labels).get(default, default)})" if default else text)]


def _choices(
    name: str, about: About, given: Sequence[str] = ()
) -> list[tuple[str, str]]:
    texts = [to_text(name, about, value) for value in about["enum"]]
    known = [text for text in texts if isinstance(text, str)]
    # What is no choice is shown as well, with what is wrong with it.
    strange = [text for text in given if text and text not in known]
    return [(text, text) for text in [*known, *strange]]


def _list(name: str, about: About, given: Sequence[str]) -> forms.Widget:
    items = about.get("items", {})
    if "enum" not in items:
        return LinesInput(_offered(name, about))
    choices = _choices(name, {**items, "x-hub": about["x-hub"]})
    texts = [text for text, _label in choices]
    # Boxes neither keep an order that was given nor say one thing twice.
    in_order = [text for text in texts if text in given]
    if "maxItems" in about or in_order != list(given):
        return LinesInput({"data-choices": "\n".join(texts)})
    return (Ticks if len(choices) <= TICKS else Picks)(choices=choices)


# What is said below a field.


def _help(name: str, about: About, widget: forms.Widget) -> SafeString:
    parts: list[str] = [about["description"]] if about.get("description") else []
    if isinstance(widget, LinesInput):
        parts.append(_("One on each line."))
        if "enum" in about.get("items", {}):
            texts = ", ".join(map(str, about["items"]["enum"]))
            parts.append(_("Each is one of: %(choices)s.") % {"choices": texts})
    if pattern := about.get("items", about).get("pattern"):
        parts.append(_("It matches the pattern %(pattern)s.") % {"pattern": pattern})
    if is_secret(about):
        parts.append(_("It is not shown again, and in no log."))
    if not _says_its_default(widget):
        parts += _left_empty(name, about)
    return format_html_join("", "<span>{}</span> ", ((part,) for part in parts))


def _left_empty(name: str, about: About) -> list[str]:
    """What holds where nothing is typed, if that is known."""
    default = "" if is_file(about) else _default(name, about)
    shown = default[:SHOWN_DEFAULT].replace("\n", ", ")
    if _is_inherited(about):
        if not shown:
            return [_("Left empty: as the task has it.")]
        return [_("Left empty: %(default)s, from the task") % {"default": shown}]
    return [_("Left empty: %(default)s") % {"default": shown}] if shown else []


def _says_its_default(widget: forms.Widget) -> bool:
    """Whether one of its choices is to leave it to the script."""
    if isinstance(widget, Ticks | Picks):
        return False
    return isinstance(widget, forms.RadioSelect | forms.Select | Tick)


def _default(name: str, about: About) -> str:
    """What the script takes when nothing is given, as text; empty: not known."""
    if is_secret(about) or about.get("default") in (None, "", []):
        return ""
    text = to_text(name, about, about["default"])
    return "\n".join(text) if isinstance(text, list) else text or ""

"""The parameters on the page of a task or a schedule: as fields, or as JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.urls import reverse
from django.utils.datastructures import MultiValueDict
from django.utils.translation import gettext as _

from apps.core.json import InvalidJSON, load_json
from apps.runs.admin.fields import Kept, ParameterField
from apps.runs.admin.forms import PREFIX, RunForm
from apps.runs.admin.uploading import name_files
from apps.scripts.models import Script
from apps.scripts.parameters import ordered_fields
from apps.scripts.secrecy import HIDDEN, is_secret
from apps.scripts.texts import lines_of, to_field

Values = Mapping[str, Any]
Data = MultiValueDict[str, Any]

FIELDS, AS_JSON = "fields", "json"
# In what is sent: how the parameters are given, of which script the fields are, how
# they are to be shown next, and which stored values are to stay.
AS, OF, NEXT, KEPT = "parameters_as", "parameters_of", "_parameters_as", "kept"


@dataclass
class Panel:
    """What the page shows of the parameters; `form` None: a text area for JSON, `bound`.

    `unknown` are stored values for which the script has no field.
    """

    script: Script | None
    bound: Any
    form: RunForm | None = None
    unknown: list[Kept] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    # Whether what other scripts list may be asked for.
    may_list: bool = False
    is_schedule: bool = False
    is_json: bool = True

    @property
    def offers(self) -> str:
        """Where choices are asked for that another script lists."""
        if self.script is None or not self.may_list:
            return ""
        return reverse("admin:runs_script_offers", args=[self.script.pk])

    @property
    def texts_beneath(self) -> str:
        """What holds where nothing is typed, for the browser."""
        return json.dumps(self.form.texts_beneath if self.form else {})

    def add_problems(self, fields: Mapping[str, list[str]]) -> None:
        """Show sentences at their fields, where nothing is said yet."""
        assert self.form is not None
        for key, lines in fields.items():
            name = key.removeprefix("parameters").lstrip(".")
            if PREFIX + name not in self.form.fields:
                told = [f"{name}: {line}" if name else line for line in lines]
                self.form.add_error(None, told)
            elif PREFIX + name not in self.form.errors:
                self.form.add_error(PREFIX + name, lines)

    def show_kept(self, stored: Values, values: Values) -> None:
        """Have each value that no field shows a box, ticked if it is among `values`.

        A stored one is offered as well after its box was left empty.
        """
        assert self.form is not None
        assert self.script is not None
        schema = self.script.parameters_schema
        offered = {**unshown(schema, values), **unshown(schema, stored)}
        for name, value in offered.items():
            sent = json.dumps({name: value}, ensure_ascii=False)
            shown = "" if value == HIDDEN else json.dumps(value, ensure_ascii=False)
            kept = Kept(name, sent, shown, name in values)
            place = self.form.fields.get(PREFIX + name)
            if isinstance(place, ParameterField):
                place.kept = kept
            else:
                self.unknown.append(kept)


def fields_panel(
    *,
    script: Script,
    bound: Any,
    values: Values,
    stored: Values,
    beneath: Values | None,
    sent: RunForm | None = None,
) -> Panel:
    """Return a panel with a field for each parameter.

    They show `values`; or what was typed, where the form that was `sent` is shown again.
    """
    schema = script.parameters_schema
    form = sent or RunForm(
        schema, data_of(texts_of(schema, values)), draft=True, beneath=beneath
    )
    form.is_valid()
    name_files(form)
    panel = Panel(script, bound, form, is_json=False)
    panel.show_kept(stored, values)
    if sent is None:
        panel.warnings += [_lost(name) for name in open_secrets(schema, values)]
    return panel


def read(form: RunForm, data: Data, schema: Values, stored: Values) -> dict[str, Any]:
    """Return what a form that was filled in says, as the JSON field takes it.

    What was left as it was shown is what is `stored`, also where it fits no more; what
    cannot be read stands there as it was typed.
    """
    form.is_valid()
    shown = texts_of(schema, stored)
    values = {n: v for n, v in _kept(data).items() if n not in form.texts}
    for name, _field in ordered_fields(schema):
        text = form.texts.get(name)
        if not text:
            continue
        if name in shown and _is_same(text, shown[name]):
            values[name] = stored[name]
        else:
            values[name] = form.parameters.get(name, text)
    return values


def moved(
    values: Values, schema: Values, stored: Values
) -> tuple[dict[str, Any], list[str]]:
    """Return what goes along to another script, with a sentence about the rest."""
    fields = schema.get("properties", {})
    found = {
        name: value
        for name, value in values.items()
        if name in stored or (name in fields and value != HIDDEN)
    }
    left = [name for name in values if name not in found]
    if not left:
        return found, []
    text = _(
        "Left out, since they belong to the script that was chosen before: %(names)s."
    )
    return found, [text % {"names": ", ".join(left)}]


# Values and texts.


def texts_of(schema: Values, values: Values) -> dict[str, str]:
    """Return what the fields of these values show; none shows a secret."""
    fields = schema.get("properties", {})
    texts = {
        name: to_field(name, about, values[name])
        for name, about in fields.items()
        if name in values and not is_secret(about)
    }
    return {name: text for name, text in texts.items() if text}


def unshown(schema: Values, values: Values) -> dict[str, Any]:
    """Return the values that no field shows, without secrets in the open."""
    hide = {*texts_of(schema, values), *open_secrets(schema, values)}
    return {name: value for name, value in values.items() if name not in hide}


def open_secrets(schema: Values, values: Values) -> list[str]:
    """Return the names of secrets whose own values are there, not their dots."""
    fields = schema.get("properties", {})
    return [
        name
        for name, value in values.items()
        if is_secret(fields.get(name, {})) and value != HIDDEN
    ]


def data_of(texts: Mapping[str, str]) -> Data:
    """Return texts as a form sends them."""
    return MultiValueDict({PREFIX + name: [text] for name, text in texts.items()})


def json_text(schema: Values, values: Values) -> str:
    """Return values as people read and write JSON, without secrets in the open."""
    hide = open_secrets(schema, values)
    shown = {name: value for name, value in values.items() if name not in hide}
    return json.dumps(shown, ensure_ascii=False, indent=2)


def read_json(text: Any) -> dict[str, Any] | None:
    """Return the object that a text holds; None where it holds none."""
    try:
        found = load_json(text) if text else {}
    except InvalidJSON:
        return None
    return found if isinstance(found, dict) else None


def _kept(data: Data) -> dict[str, Any]:
    """Return the stored values whose boxes are ticked."""
    pairs = [read_json(text) or {} for text in data.getlist(KEPT)]
    return {name: value for pair in pairs for name, value in pair.items()}


def _is_same(typed: str | list[str], shown: str) -> bool:
    if isinstance(typed, list):
        return typed == lines_of(shown)
    return typed.replace("\r\n", "\n") == shown


def _lost(name: str) -> str:
    said = _("%(name)s is a secret, and not kept in plain text: type it again.")
    return said % {"name": name}

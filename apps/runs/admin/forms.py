"""The form of a script's parameters, from its JSON Schema."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from django import forms
from django.utils.datastructures import MultiValueDict

from apps.runs.admin.fields import field_of, inheriting
from apps.runs.admin.layout import Commands, Section, sections_of
from apps.runs.services import LACKING
from apps.scripts import services as scripts
from apps.scripts.parameters import Problem, convert, ordered_fields
from apps.scripts.secrecy import is_secret
from apps.scripts.texts import lines_of, takes_list, to_field

# A parameter may be called as anything a form has an attribute for.
PREFIX = "parameter-"


class RunForm(forms.Form):
    """One field a parameter; what is left empty is left to the script.

    After `is_valid`, `parameters` holds the typed values, of those that are right at
    least. The same code as the API's checks them, so that both say the same. Of a
    `draft` nothing is demanded, only what is there is checked: a form that is filled in
    from a link, a preset, or one whose command line is asked for. `beneath` are values
    that hold where nothing is typed, as a task's do beneath those of its schedule.
    """

    PREFIX = PREFIX

    def __init__(
        self,
        schema: Mapping[str, Any],
        data: MultiValueDict[str, Any] | None = None,
        *,
        draft: bool = False,
        beneath: Mapping[str, Any] | None = None,
    ) -> None:
        given = MultiValueDict() if data is None else data
        super().__init__(given, label_suffix="")
        self._schema = schema
        self._draft = draft
        self._beneath = beneath or {}
        self.parameters: dict[str, Any] = {}
        # What was typed, by name.
        self.texts: dict[str, str | list[str]] = {}
        # What is lacking in a draft, by name.
        self.lacking: list[str] = []
        commands = Commands(schema)
        required = set(schema.get("required", [])) - self._beneath.keys()
        for name, about in ordered_fields(schema):
            lines = lines_of("\n".join(given.getlist(PREFIX + name)))
            is_given = name in self._beneath
            self.fields[PREFIX + name] = field_of(
                name,
                inheriting(about, self._beneath[name]) if is_given else about,
                required=name in required,
                given=lines,
                labels=commands.labels(name),
            )
        # For the labels alone; `convert` says what is missing, in its own words.
        demanded = (required | commands.required()) - self._beneath.keys()
        self.starred = {PREFIX + name for name in demanded}

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        texts = self.texts = {}
        for name, about in self._schema.get("properties", {}).items():
            text = data.get(PREFIX + name)
            if takes_list(about) and isinstance(text, str):
                text = _one_or_all(about, lines_of(text))
            if text:
                texts[name] = text
        values, problems = convert(self._schema, self.texts_beneath | texts)
        self.parameters = {name: values[name] for name in texts if name in values}
        self.add_problems(scripts.problem_fields(list(self._meant(problems))))
        return data

    @property
    def texts_beneath(self) -> dict[str, str | list[str]]:
        """What holds beneath as texts, as far as texts say it; no secrets."""
        fields = self._schema.get("properties", {})
        known = {n: v for n, v in self._beneath.items() if n in fields}
        texts = {
            name: to_field(name, fields[name], value)
            for name, value in known.items()
            if not is_secret(fields[name])
        }
        return {name: text for name, text in texts.items() if text}

    def _meant(self, problems: list[Problem]) -> Iterator[Problem]:
        for problem in problems:
            if problem.field in self._beneath.keys() - self.texts.keys():
                # It is the task's, and said on the task's page.
                continue
            if self._draft and problem.code in LACKING:
                names = problem.params.get("fields", problem.field)
                self.lacking.append(str(names))
            else:
                yield problem

    def add_problems(self, fields: Mapping[str, list[str]]) -> None:
        """Show sentences at the fields of an error body (`parameters.limit`)."""
        for key, lines in fields.items():
            _all, _dot, parameter = key.partition(".")
            name = PREFIX + parameter
            self.add_error(name if name in self.fields else None, lines)

    @property
    def lost_secrets(self) -> list[forms.BoundField]:
        """Fields whose value came with the form, and is not sent back with it."""
        return [one for one in self if self._is_secret(one) and one.value()]

    def _is_secret(self, one: forms.BoundField) -> bool:
        properties = self._schema.get("properties", {})
        return is_secret(properties.get(one.name.removeprefix(PREFIX), {}))

    @property
    def sections(self) -> list[Section]:
        """The form in parts."""
        return sections_of(self, self._schema)


def _one_or_all(about: Mapping[str, Any], lines: list[str]) -> str | list[str]:
    """A list; but one text where it is a list for some commands alone."""
    is_list = about.get("type") == "array"
    return lines if is_list or len(lines) > 1 else "".join(lines)

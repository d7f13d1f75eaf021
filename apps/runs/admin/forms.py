"""The form of a script's parameters, from its JSON Schema."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from django import forms
from django.utils.datastructures import MultiValueDict
from django.utils.translation import gettext as _

from apps.runs.admin.fields import field_of
from apps.runs.equivalents import is_secret
from apps.runs.services import LACKING
from apps.scripts import services as scripts
from apps.scripts.parameters import Problem, convert, ordered_fields
from apps.scripts.texts import lines_of

# A parameter may be called as anything a form has an attribute for.
PREFIX = "parameter-"


@dataclass
class Block:
    """Fields that stand together: one, or those that exclude each other."""

    fields: list[forms.BoundField]
    sentence: str = ""
    required: bool = False


@dataclass
class Section:
    """A part of the form under one heading."""

    title: str
    blocks: list[Block] = field(default_factory=list)
    # Of what the script's own --help does not show.
    folded: bool = False

    @property
    def is_open(self) -> bool:
        """Whether something in a folded section is there to be seen."""
        fields = [one for block in self.blocks for one in block.fields]
        return any(one.errors or one.value() for one in fields)


class RunForm(forms.Form):
    """One field a parameter; what is left empty is left to the script.

    After `is_valid`, `parameters` holds the typed values, of those that are right at
    least. The same code as the API's checks them, so that both say the same. Of a
    `draft` nothing is demanded, only what is there is checked: a form that is filled in
    from a link, a preset, or one whose command line is asked for.
    """

    PREFIX = PREFIX

    def __init__(
        self,
        schema: Mapping[str, Any],
        data: MultiValueDict[str, Any] | None = None,
        *,
        draft: bool = False,
    ) -> None:
        given = MultiValueDict() if data is None else data
        super().__init__(given, label_suffix="")
        self._schema = schema
        self._draft = draft
        self.parameters: dict[str, Any] = {}
        # What is lacking in a draft, by name.
        self.lacking: list[str] = []
        required = set(schema.get("required", []))
        for name, about in ordered_fields(schema):
            lines = lines_of("\n".join(given.getlist(PREFIX + name)))
            self.fields[PREFIX + name] = field_of(
                name, about, required=name in required, given=lines
            )
        # For the labels alone; `convert` says what is missing, in its own words.
        self.starred = {PREFIX + name for name in required}

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        texts: dict[str, str | list[str]] = {}
        for name, about in self._schema.get("properties", {}).items():
            text = data.get(PREFIX + name)
            if about.get("type") == "array" and isinstance(text, str):
                text = lines_of(text)
            if text:
                texts[name] = text
        self.parameters, problems = convert(self._schema, texts)
        self.add_problems(scripts.problem_fields(list(self._meant(problems))))
        return data

    def _meant(self, problems: list[Problem]) -> Iterator[Problem]:
        for problem in problems:
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

    # -- How it is laid out ------------------------------------------------------
    @property
    def sections(self) -> list[Section]:
        """The form in parts, what is required first in each and overall."""
        found: dict[tuple[bool, str], Section] = {}
        for hub, block in self._blocks():
            folded = bool(hub.get("hidden")) and not block.required
            title = _("Not in its --help") if folded else hub.get("group") or ""
            section = found.setdefault((folded, title), Section(title, folded=folded))
            section.blocks.append(block)
        for section in found.values():
            section.blocks.sort(key=lambda block: not block.required)
        # Stable: the script's own order, but for those that are left out in its help.
        return sorted(found.values(), key=_rank)

    def _blocks(self) -> Iterator[tuple[Mapping[str, Any], Block]]:
        """Each field with what its schema says of its place, once."""
        done: set[str] = set()
        for name, about in ordered_fields(self._schema):
            if name in done:
                continue
            group = self._exclusive_group(name)
            names = group["fields"] if group else [name]
            done |= set(names)
            block = Block([self[PREFIX + one] for one in names])
            block.required = any(PREFIX + one in self.starred for one in names)
            if group:
                block.required = block.required or group["required"]
                block.sentence = _sentence(group["required"])
            yield about["x-hub"], block

    def _exclusive_group(self, name: str) -> Mapping[str, Any] | None:
        groups = self._schema.get("x-hub", {}).get("exclusive", [])
        found = (group for group in groups if name in group["fields"])
        return next(found, None)


def _sentence(required: bool) -> str:
    if required:
        return _("Exactly one of these:")
    return _("At most one of these:")


def _rank(section: Section) -> tuple[bool, bool]:
    return section.folded, not any(block.required for block in section.blocks)

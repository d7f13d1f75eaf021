"""How the run form is laid out: sections, boxes of which one may be given, commands."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from django import forms
from django.utils.translation import gettext as _

from apps.scripts.parameters import ordered_fields

Schema = Mapping[str, Any]


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
    # Of these sub-commands alone; empty: of the script itself.
    commands: tuple[str, ...] = ()
    help: str = ""
    # JSON for the browser: lists of [field, value], of which one has to hold.
    when: str = ""

    @property
    def is_open(self) -> bool:
        """Whether something in a folded section is there to be seen."""
        fields = [one for block in self.blocks for one in block.fields]
        return any(one.errors or one.value() for one in fields)


class Commands:
    """A script's sub-commands, by their paths (`remote add`), as its schema has them."""

    def __init__(self, schema: Schema) -> None:
        listed = schema.get("x-hub", {}).get("commands", [])
        self._by_path: dict[str, Mapping[str, Any]] = {c["name"]: c for c in listed}

    def paths(self) -> list[str]:
        """All of them, in the script's order."""
        return list(self._by_path)

    def labels(self, name: str) -> dict[str, str]:
        """What each choice of the field that chooses a command is called."""
        mine = (c for c in self._by_path.values() if c["field"] == name)
        return {c["value"]: _with_help(c["value"], c.get("help")) for c in mine}

    def required(self) -> set[str]:
        """Names that a command requires once it is chosen."""
        return {n for c in self._by_path.values() for n in c.get("required", ())}

    def exclusive(self) -> list[Mapping[str, Any]]:
        """The groups of each command of which one field may be given."""
        return [g for c in self._by_path.values() for g in c.get("exclusive", ())]

    def help(self, path: str) -> str:
        """What a command does, in the script's words."""
        about = self._by_path.get(path, {})
        return about.get("description") or about.get("help") or ""

    def chain(self, path: str) -> list[tuple[str, str]]:
        """Which field has to have which value for a command to be the chosen one."""
        words = path.split(" ")
        prefixes = [" ".join(words[: end + 1]) for end in range(len(words))]
        found = (self._by_path.get(prefix) for prefix in prefixes)
        return [(one["field"], one["value"]) for one in found if one]


def _with_help(value: str, text: str | None) -> str:
    return f"{value}: {text}" if text else value


def sections_of(form: Any, schema: Schema) -> list[Section]:
    """Return the form in parts, what is required first in each and overall."""
    commands = Commands(schema)
    found: dict[tuple[Any, ...], Section] = {}
    for hub, block in _blocks(form, schema, commands):
        section = _place(hub, block, commands)
        key = (section.folded, section.commands, section.title)
        found.setdefault(key, section).blocks.append(block)
    for section in found.values():
        section.blocks.sort(key=lambda block: not block.required)
    order = {path: number for number, path in enumerate(commands.paths())}

    def rank(section: Section) -> tuple[bool, int, bool]:
        first = min((order.get(path, 0) for path in section.commands), default=-1)
        required = any(block.required for block in section.blocks)
        return section.folded, first, not required

    # Stable: else the script's own order.
    return sorted(found.values(), key=rank)


def _place(hub: Mapping[str, Any], block: Block, commands: Commands) -> Section:
    """The section that a block goes to, without any blocks."""
    if hub.get("hidden") and not block.required:
        return Section(_("Not in its --help"), folded=True)
    mine = tuple(hub.get("commands", ()))
    group = hub.get("group") or ""
    if not mine or "" in mine:
        return Section(group)
    shown = ", ".join(mine)
    title = f"{shown}: {group}" if group else shown
    when = json.dumps([commands.chain(path) for path in mine])
    text = commands.help(mine[0]) if len(mine) == 1 and not group else ""
    return Section(title, commands=mine, help=text, when=when)


def _blocks(
    form: Any, schema: Schema, commands: Commands
) -> Iterator[tuple[Mapping[str, Any], Block]]:
    """Each field with what its schema says of its place, once."""
    groups = [*schema.get("x-hub", {}).get("exclusive", []), *commands.exclusive()]
    left = dict(ordered_fields(schema))
    for name, about in ordered_fields(schema):
        if name not in left:
            continue
        group = next((one for one in groups if name in one["fields"]), None)
        names = [n for n in (group["fields"] if group else [name]) if n in left]
        for one in names:
            del left[one]
        block = Block([form[form.PREFIX + one] for one in names])
        block.required = any(form.PREFIX + one in form.starred for one in names)
        if group and len(names) > 1:
            block.required = block.required or group["required"]
            block.sentence = _sentence(group["required"])
        yield about["x-hub"], block


def _sentence(required: bool) -> str:
    if required:
        return _("Exactly one of these:")
    return _("At most one of these:")

"""One parameter on its way into the schema, and what every kind of it has."""

from __future__ import annotations

from dataclasses import dataclass, field

from apps.scripts.commands import JsonObject
from apps.scripts.defaults import clean
from apps.scripts.problems import Note
from apps.scripts.reader.arguments import Argument


@dataclass
class Field:
    """One parameter on its way into the schema."""

    name: str
    schema: JsonObject
    hub: JsonObject
    required: bool = False
    # Whether a header may say that the text is really a number.
    type_is_open: bool = False

    @property
    def dest(self) -> str:
        """What argparse stores it as, if it is not called by that."""
        dest: str = self.hub.get("dest", self.name)
        return dest

    @property
    def value_schema(self) -> JsonObject:
        """The schema of one value: of the items, where it is a list."""
        items: JsonObject = self.schema.get("items", self.schema)
        return items


@dataclass
class Fields:
    """All parameters of a script, by dest, with what was left out of them."""

    fields: dict[str, Field] = field(default_factory=dict)
    notes: list[Note] = field(default_factory=list)
    # Which field an argument is given by, by the argument's id().
    by_argument: dict[int, str] = field(default_factory=dict)
    # Fields that store to the same dest, so that the last one given would win.
    rivals: list[list[str]] = field(default_factory=list)


def note_of(argument: Argument, code: str, **params: object) -> Note:
    return Note(argument.line, code, {"name": argument.name, **params})


def aliases_of(arguments: list[Argument], shown: set[str | None]) -> JsonObject:
    """The other options that mean the same, for whoever looks for one of them."""
    others = [flag for argument in arguments for flag in argument.flags]
    found = [flag for flag in dict.fromkeys(others) if flag not in shown]
    return {"aliases": found} if found else {}


def place_of(argument: Argument) -> JsonObject:
    place: JsonObject = {"group": clean(argument.group) if argument.group else None}
    return {**place, "hidden": True} if argument.hidden else place

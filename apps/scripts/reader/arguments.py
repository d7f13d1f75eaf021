"""One call of add_argument, as argparse would understand it."""

from __future__ import annotations

import ast
from argparse import REMAINDER, SUPPRESS
from collections.abc import Mapping
from dataclasses import dataclass, field

from apps.scripts.problems import Note, show_name
from apps.scripts.reader.calls import expanded
from apps.scripts.reader.literals import bound, code_of, evaluate, known
from apps.scripts.reader.scopes import Imported, Known, Scope, Value
from apps.scripts.reader.sequences import items_of
from apps.scripts.reader.types import TypeRead, read_type

# What argparse calls an action, and whether the hub has a form for it. The two that
# print something and leave are nobody's parameter.
ACTIONS = (
    "store",
    "store_true",
    "store_false",
    "store_const",
    "append",
    "append_const",
    "extend",
    "count",
)
LEAVING_ACTIONS = ("help", "version")
BOOLEAN_OPTIONAL = "boolean_optional"
# Of other libraries: as often as wanted, and what is given replaces the default.
REPEAT = "repeat"
REPEATS = ("append", "extend", REPEAT)
SWITCHES = ("store_true", "store_false", "store_const", BOOLEAN_OPTIONAL)
LISTS = ("*", "+")
# More values than a parameter holds, whose lists have 8 KiB.
MAX_NARGS = 10_000


@dataclass(frozen=True)
class Place:
    """What the parser, or the group, adds to each argument declared on it."""

    defaults: Mapping[str, Value] = field(default_factory=dict)
    argument_default: Value | None = None
    group: str | None = None
    # A number of its own for each mutually exclusive group.
    exclusive: int | None = None


@dataclass(frozen=True)
class Argument:
    """What argparse knows of one argument."""

    dest: str
    # Empty for a positional.
    flags: tuple[str, ...]
    action: str
    nargs: int | str | None
    # In JSON Schema's words, of one value where `nargs` makes a list; "boolean" is
    # type=bool, for which every text but the empty one is true.
    type: str
    # Whether any text is as good as another: no `type`, or one that is not known.
    type_is_open: bool
    # The texts for false and for true, where the script's own function reads them.
    words: tuple[str, str] | None
    choices: tuple[object, ...] | range | None
    default: Value
    const: Value
    required: bool
    help: str | None
    hidden: bool
    group: str | None
    exclusive: int | None
    line: int
    # What argparse has no words for, and click and typer have.
    # JSON Schema's own about one value: minimum, format, and such.
    limits: Mapping[str, object] = field(default_factory=dict)
    # The schema of each value, where a list of N is of several types.
    items: tuple[Mapping[str, object], ...] = ()
    # From what a counted option counts, whatever its default is; None: from that.
    counts_from: int | None = None
    # Whether values stand in elements of their own and are taken as they are there.
    separate: bool = False
    # Whether a positional takes its number of values also where those after it are
    # left with none.
    fixed: bool = False
    # Characters with which a value may not begin, since it would be an option then.
    refuses: str = ""
    # Whether a class of the script's own decides what becomes of the values.
    is_custom: bool = False

    @property
    def name(self) -> str:
        """How a person calls it: its first long option, or what it is stored as."""
        return flag_of(self.flags) or self.dest

    @property
    def manners(self) -> dict[str, object]:
        """How its values are taken, where that is not plainly as texts."""
        found = {
            "words": list(self.words or ()),
            "separate": self.separate,
            "fixed": self.fixed,
            "refuses": self.refuses,
        }
        return {name: value for name, value in found.items() if value}

    @property
    def takes_list(self) -> bool:
        """Whether one use of it takes several values."""
        return isinstance(self.nargs, int) or self.nargs in (*LISTS, REMAINDER)


class LeftOut(Exception):
    """An argument that cannot be read right, and why."""

    def __init__(self, note: Note) -> None:
        super().__init__(note.text)
        self.note = note


def flag_of(flags: tuple[str, ...]) -> str | None:
    """Return the option that argparse, too, calls an argument by: the first long."""
    long = [flag for flag in flags if flag.startswith("--")]
    return next(iter([*long, *flags]), None)


def read_argument(
    node: ast.Call, scope: Scope, place: Place
) -> tuple[Argument | None, list[Note]]:
    """Read a call of add_argument; None for one that is left out.

    An argument is left out, with a note, unless its names, its type of value and its
    way onto a command line are certain. --help and --version are left out silently.
    """
    call = _Call(*expanded(node, scope))
    try:
        argument = call.read(place)
    except LeftOut as exc:
        return None, [exc.note]
    return argument, call.notes


def name_of(node: ast.Call, scope: Scope) -> str:
    """Return how a note calls an argument that is not read."""
    names = [known(arg, scope) for arg in node.args]
    if names and all(isinstance(name, str) for name in names):
        return show_name(flag_of(tuple(names)) or names[0])
    first = [*node.args, *(word.value for word in node.keywords if not word.arg)]
    return code_of(first[0]) if first else code_of(node)


class _Call:
    def __init__(self, node: ast.Call, scope: Scope) -> None:
        self.node = node
        self.scope = scope
        self.name = name_of(node, scope)
        self.words = {word.arg: word.value for word in node.keywords if word.arg}
        self.notes: list[Note] = []

    def read(self, place: Place) -> Argument | None:
        flags, dest = self.read_names()
        action = self.read_action()
        if action in LEAVING_ACTIONS:
            return None
        nargs = self.read_nargs()
        self.check_form(flags, action, nargs)
        of_type = self.read_type()
        text = self.read_help()
        custom = getattr(self.bound("action"), "is_action", False)
        return Argument(
            dest=dest,
            flags=flags,
            action=action,
            nargs=nargs,
            type=of_type.name,
            type_is_open=of_type.is_open,
            words=of_type.words,
            choices=self.read_choices(of_type),
            default=self.read_default(dest, action, place, of_type),
            const=self.value("const") or Known(None),
            required=self.read_required(flags, nargs),
            help=None if text == SUPPRESS else text,
            hidden=text == SUPPRESS,
            group=place.group,
            exclusive=place.exclusive,
            line=self.node.lineno,
            is_custom=bool(custom),
        )

    def left_out(self, code: str, **params: object) -> LeftOut:
        return LeftOut(Note(self.node.lineno, code, {"name": self.name, **params}))

    def note(self, code: str, node: ast.expr) -> None:
        params = {"name": self.name, "code": code_of(node)}
        self.notes.append(Note(self.node.lineno, code, params))

    def value(self, word: str) -> Value | None:
        node = self.words.get(word)
        return None if node is None else evaluate(node, self.scope)

    def bound(self, word: str) -> object:
        node = self.words.get(word)
        return None if node is None else bound(node, self.scope)

    def certain(self, word: str) -> object:
        """The value of a keyword without which the argument cannot be read right."""
        value = self.value(word)
        if value is None or isinstance(value, Known):
            return value.value if value else None
        raise self.unreadable(word)

    def unreadable(self, word: str) -> LeftOut:
        return self.left_out("setting", setting=f"{word}={code_of(self.words[word])}")

    def read_names(self) -> tuple[tuple[str, ...], str]:
        """The flags, () for a positional, and the dest that argparse gives it."""
        for word in self.node.keywords:
            if word.arg is None:
                raise self.left_out("keywords", keywords=f"**{code_of(word.value)}")
        names = [known(arg, self.scope) for arg in self.node.args]
        if not all(isinstance(name, str) and name for name in names):
            raise self.left_out("name")
        dest = self.certain("dest")
        flags = tuple(name for name in names if name.startswith("-"))
        if not flags:
            dest = names[0] if names else dest
        elif dest is None:
            dest = (flag_of(flags) or "").lstrip("-").replace("-", "_")
        if not isinstance(dest, str) or dest == SUPPRESS or not dest.isprintable():
            raise self.left_out("name")
        if not dest or len(names) != (len(flags) or len(names[:1])):
            raise self.left_out("name")
        if any("=" in flag or not flag.isprintable() for flag in flags):
            raise self.left_out("name")
        return flags, dest

    def read_action(self) -> str:
        node = self.words.get("action")
        if node is None:
            return "store"
        thing = bound(node, self.scope)
        if thing == Imported("argparse.BooleanOptionalAction"):
            return BOOLEAN_OPTIONAL
        if getattr(thing, "is_action", False):
            # Whatever it does with its values, it takes them like any other.
            return "store"
        action = thing.value if isinstance(thing, Known) else False
        if action is None:
            return "store"
        if isinstance(action, str) and action in ACTIONS + LEAVING_ACTIONS:
            return action
        raise self.left_out("action", action=code_of(node))

    def read_nargs(self) -> int | str | None:
        nargs = self.certain("nargs")
        if nargs is None or nargs in ("?", *LISTS, REMAINDER):
            return nargs  # type: ignore[return-value]
        if type(nargs) is int and 0 < nargs <= MAX_NARGS:
            return nargs
        raise self.unreadable("nargs")

    def check_form(
        self, flags: tuple[str, ...], action: str, nargs: int | str | None
    ) -> None:
        """Leave out what has no way onto a command line that is sure."""
        takes_list = nargs not in (None, "?")
        if not flags and action != "store":
            raise self.left_out("action", action=code_of(self.words["action"]))
        if flags and nargs == REMAINDER:
            raise self.unreadable("nargs")
        if action == "append" and takes_list:
            raise self.left_out("nested")
        # Without a list, argparse extends by the letters of the value.
        if action == "extend" and not takes_list:
            raise self.left_out("action", action=code_of(self.words["action"]))

    def read_type(self) -> TypeRead:
        node = self.words.get("type")
        if node is None or known(node, self.scope, default=False) is None:
            return TypeRead("string", is_open=True)
        thing = bound(node, self.scope)
        if isinstance(thing, Known):
            # A type that is registered by name; only the script knows which it is.
            raise self.unreadable("type")
        read = read_type(node, thing, self.scope)
        if read is None:
            self.note("type", node)
            return TypeRead("string", is_open=True)
        return read

    def read_choices(self, of_type: TypeRead) -> tuple[object, ...] | range | None:
        node = self.words.get("choices")
        if node is None:
            # An enum as the type takes its values, and nothing else.
            return of_type.choices
        choices = bound(node, self.scope)
        if isinstance(choices, Known) and isinstance(choices.value, range):
            return choices.value
        items = items_of(choices)
        if items is not None and all(isinstance(item, Known) for item in items):
            values = [item.value for item in items if isinstance(item, Known)]
            return tuple(of_type.plain(value) for value in values)
        if not isinstance(choices, Known) or choices.value is not None:
            self.note("choices", node)
        return None

    def read_default(
        self, dest: str, action: str, place: Place, of_type: TypeRead
    ) -> Value:
        implied = {"store_true": False, "store_false": True}.get(action)
        value = self.value("default")
        if value is None:
            value = place.defaults.get(dest, place.argument_default or Known(implied))
        if isinstance(value, Known):
            plain = of_type.plain(value.value)
            if isinstance(plain, list | tuple):
                plain = type(plain)(of_type.plain(item) for item in plain)
            value = Known(plain)
        return Known(None) if value == Known(SUPPRESS) else value

    def read_required(self, flags: tuple[str, ...], nargs: int | str | None) -> bool:
        if not flags:
            return nargs not in ("?", "*", REMAINDER)
        node = self.words.get("required")
        required = known(node, self.scope) if node is not None else False
        if required is None and node is not None:
            self.note("required", node)
        return bool(required)

    def read_help(self) -> str | None:
        text = known(self.words.get("help"), self.scope)
        return text if isinstance(text, str) else None

"""One call of add_argument, as argparse would understand it."""

from __future__ import annotations

import ast
from argparse import REMAINDER, SUPPRESS
from collections.abc import Mapping
from dataclasses import dataclass, field

from apps.scripts.problems import Note, show_name
from apps.scripts.reader.literals import code_of, evaluate, known
from apps.scripts.reader.scopes import Known, Scope, Unknown, Value

# What argparse calls an action, and whether the hub has a form for it. The two that
# print something and leave are nobody's parameter.
ACTIONS = (
    "store",
    "store_true",
    "store_false",
    "store_const",
    "append",
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

TYPES = {"int": "integer", "float": "number", "str": "string", "bool": "boolean"}


@dataclass(frozen=True)
class Function:
    """A function of the script, and the scope in which it was defined."""

    node: ast.FunctionDef | ast.AsyncFunctionDef
    scope: Scope


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
    # The text that means false where `type` is "boolean".
    false_text: str = ""
    # From what a counted option counts, whatever its default is; None: from that.
    counts_from: int | None = None
    # Whether values stand in elements of their own and are taken as they are there.
    separate: bool = False
    # Whether a positional takes its number of values also where those after it are
    # left with none.
    fixed: bool = False
    # Characters with which a value may not begin, since it would be an option then.
    refuses: str = ""

    @property
    def name(self) -> str:
        """How a person calls it: its first long option, or what it is stored as."""
        return flag_of(self.flags) or self.dest

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
    call = _Call(node, scope)
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
        json_type, is_open = self.read_type()
        text = self.read_help()
        return Argument(
            dest=dest,
            flags=flags,
            action=action,
            nargs=nargs,
            type=json_type,
            type_is_open=is_open,
            choices=self.read_choices(),
            default=self.read_default(dest, action, place),
            const=self.value("const") or Known(None),
            required=self.read_required(flags, nargs),
            help=None if text == SUPPRESS else text,
            hidden=text == SUPPRESS,
            group=place.group,
            exclusive=place.exclusive,
            line=self.node.lineno,
        )

    def left_out(self, code: str, **params: object) -> LeftOut:
        return LeftOut(Note(self.node.lineno, code, {"name": self.name, **params}))

    def note(self, code: str, node: ast.expr) -> None:
        params = {"name": self.name, "code": code_of(node)}
        self.notes.append(Note(self.node.lineno, code, params))

    def value(self, word: str) -> Value | None:
        node = self.words.get(word)
        return None if node is None else evaluate(node, self.scope)

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
        if self.scope.canonical(node) == "argparse.BooleanOptionalAction":
            return BOOLEAN_OPTIONAL
        action = known(node, self.scope, default=False)
        if action is None:
            return "store"
        if isinstance(action, str) and action in ACTIONS + LEAVING_ACTIONS:
            return action
        raise self.left_out("action", action=code_of(node))

    def read_nargs(self) -> int | str | None:
        nargs = self.certain("nargs")
        if nargs is None or nargs in ("?", *LISTS, REMAINDER):
            return nargs  # type: ignore[return-value]
        if type(nargs) is int and nargs > 0:
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
        if action == "extend" and nargs not in LISTS:
            raise self.left_out("action", action=code_of(self.words["action"]))

    def read_type(self) -> tuple[str, bool]:
        """The JSON type of one value, and whether any text may stand for it."""
        node = self.words.get("type")
        if node is None or known(node, self.scope, default=False) is None:
            return "string", True
        if isinstance(evaluate(node, self.scope), Known):
            # A type that is registered by name; only the script knows which it is.
            raise self.unreadable("type")
        path = self.scope.canonical(node)
        if path in TYPES:
            return TYPES[path], path == "str"
        bound = self.scope.lookup(node.id) if isinstance(node, ast.Name) else None
        if isinstance(bound, Function):
            return _returned_type(bound)
        is_callable = isinstance(node, ast.Lambda | ast.Call | ast.Attribute | ast.Name)
        if isinstance(bound, Unknown) or not is_callable:
            self.note("type", node)
        return "string", True

    def read_choices(self) -> tuple[object, ...] | range | None:
        node = self.words.get("choices")
        if node is None:
            return None
        choices = known(node, self.scope, default=False)
        if isinstance(choices, range):
            return choices
        if isinstance(choices, list | tuple | dict | str):
            return tuple(choices)
        if choices is not None:
            self.note("choices", node)
        return None

    def read_default(self, dest: str, action: str, place: Place) -> Value:
        implied = {"store_true": False, "store_false": True}.get(action)
        value = self.value("default")
        if value is None:
            value = place.defaults.get(dest, place.argument_default or Known(implied))
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


def _returned_type(function: Function) -> tuple[str, bool]:
    """The type that a function of the script says it returns."""
    returns = function.node.returns
    if isinstance(returns, ast.Constant):
        name = returns.value
    else:
        name = function.scope.canonical(returns) if returns is not None else None
    # `-> bool` tells nothing of the texts that the function takes for true.
    if name in ("int", "float"):
        return TYPES[str(name)], False
    return "string", True

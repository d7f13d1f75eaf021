"""What options and arguments have in common: types, defaults, help, notes."""

from __future__ import annotations

import ast
import inspect
from typing import Any

from apps.scripts.problems import Note
from apps.scripts.reader.arguments import Argument, LeftOut
from apps.scripts.reader.click_calls import Given, Param, Settings, shown
from apps.scripts.reader.click_types import (
    TEXT,
    ParamType,
    as_default,
    guessed,
    type_of,
)
from apps.scripts.reader.click_walker import (
    DeclarationWalker,
    is_callable_class,
    path_of,
)
from apps.scripts.reader.scopes import (
    FromEnvironment,
    Imported,
    Known,
    Unknown,
    Value,
)

# Where no default is given; None may be one.
UNSET = object()
# Functions that scripts give as defaults.
CALLABLES = {
    "list",
    "dict",
    "tuple",
    "set",
    "os.getcwd",
    "os.cpu_count",
    "getpass.getuser",
    "socket.gethostname",
    "platform.node",
    "datetime.datetime.now",
    "datetime.datetime.today",
    "datetime.date.today",
    "time.time",
    "uuid.uuid4",
    "pathlib.Path.cwd",
    "pathlib.Path.home",
}


class Declaration:
    """What is common to options and arguments, click's and typer's."""

    def __init__(self, walker: DeclarationWalker, settings: Settings) -> None:
        self.walker = walker
        self.settings = settings
        self.node = settings.node
        self.words = dict(settings.words)
        self.name = shown(settings.args, settings.node)
        self.notes: list[Note] = []

    def param(self) -> Param:
        """Read it; an argument that is not certain is left out, with a note."""
        try:
            arguments = tuple(self.read())
        except LeftOut as exc:
            return Param((), (exc.note,), self.node)
        given = "default" in self.words
        return Param(arguments, tuple(self.notes), self.node, given)

    def read(self) -> list[Argument]:
        """Return the arguments: several where an option has words for yes and no."""
        raise NotImplementedError

    def left_out(self, code: str, **params: object) -> LeftOut:
        return LeftOut(Note(self.node.lineno, code, {"name": self.name, **params}))

    def add_note(self, kind: str, **params: object) -> None:
        self.notes.append(Note(self.node.lineno, kind, {"name": self.name, **params}))

    def known(self, word: str, default: Any = None) -> Any:
        """The value of a keyword that matters little."""
        given = self.words.get(word)
        return given.known if given is not None and given.is_known else default

    def certain(self, word: str, default: Any = None) -> Any:
        """The value of a keyword without which the parameter cannot be read right."""
        given = self.words.get(word)
        if given is None:
            return default
        if not given.is_known:
            raise self.unreadable(word)
        return given.known

    def unreadable(self, word: str) -> LeftOut:
        return self.left_out("setting", setting=f"{word}={self.words[word].code}")

    def check_expanded(self) -> None:
        if self.settings.unread:
            raise self.left_out("keywords", keywords=self.settings.unread[0])
        given = self.words.get("cls")
        if given is not None and not str(path_of(given)).startswith("click."):
            self.add_note("own_class", code=given.code)

    # Types and defaults.

    def read_type(self, default: object) -> ParamType:
        given = self.words.get("type")
        kind = type_of(self.walker, given)
        if kind is None:
            kind = guessed(default) if default is not UNSET else TEXT
            given = self.words.get("default")
        for part in (kind, *kind.parts):
            if part.unread and given is not None:
                self.add_note(part.unread, code=given.code)
        return kind

    def read_default(self) -> object:
        """The default: a Value, an object that gives it, or UNSET."""
        given = self.words.get("default")
        if given is None:
            return UNSET
        return given.value if not _is_callable(given) else Callback(given.code)

    def default_value(self, default: object, kind: ParamType) -> Value:
        """A default in the reader's words, as the script gets it."""
        match default:
            case Known():
                return Known(as_default(default.value, kind))
            case FromEnvironment() | Unknown():
                return default
            case Imported():
                return Unknown(default.path)
            case Callback():
                return Unknown(default.code)
        return Known(None)

    def read_required(self) -> bool:
        given = self.words.get("required")
        if given is not None and not given.is_known:
            self.add_note("required", code=given.code)
        return bool(given.known) if given is not None else False

    def read_help(self, kind: ParamType, said: str = "") -> str | None:
        text = self.known("help")
        parts = [inspect.cleandoc(text)] if isinstance(text, str) else []
        if kind.formats and len(kind.formats) > 1:
            parts.append(f"Written as {', '.join(kind.formats)}.")
        if said:
            parts.append(said)
        show = self.known("show_default")
        if isinstance(show, str):
            parts.append(f"Default: {show}.")
        envvar = self.known("envvar")
        names = [envvar] if isinstance(envvar, str) else envvar or []
        if names and isinstance(names, list | tuple):
            listed = ", ".join(f"${name}" for name in names)
            parts.append(f"Taken from {listed} where that is set.")
        deprecated = self.known("deprecated")
        if deprecated:
            reason = f": {deprecated}" if isinstance(deprecated, str) else ""
            parts.append(f"(DEPRECATED{reason})")
        # argparse's own %(default)s means nothing here.
        joined = " ".join(part.replace("\b", "").strip() for part in parts)
        return joined.replace("%", "%%") or None

    def argument(self, **changes: Any) -> Argument:
        plain: dict[str, Any] = {
            "flags": (),
            "action": "store",
            "nargs": None,
            "type": "string",
            "type_is_open": False,
            "choices": None,
            "default": Known(None),
            "const": Known(None),
            "required": False,
            "help": None,
            "hidden": bool(self.known("hidden")),
            "group": None,
            "exclusive": None,
            "line": self.node.lineno,
            "words": None,
        }
        return Argument(**(plain | changes))

    def of_type(self, kind: ParamType, nargs: int | str | None) -> dict[str, Any]:
        """What an argument's type makes of it."""
        mixed = len({str(part.schema) for part in kind.parts}) > 1
        first = kind.parts[0] if kind.parts and not mixed else kind
        return {
            "type": first.json,
            "type_is_open": first.is_open and not kind.parts,
            "choices": first.choices,
            "limits": first.limits,
            "items": tuple(part.schema for part in kind.parts) if mixed else (),
            "words": ("false", "true") if first.json == "boolean" else None,
            "nargs": nargs,
        }


class Callback:
    """A default that a function gives each time; `code` is how it is written."""

    def __init__(self, code: str) -> None:
        self.code = code


def _is_callable(given: Given) -> bool:
    """Whether click would call a default rather than take it."""
    if isinstance(given.node, ast.Lambda) or is_callable_class(given.value):
        return True
    return path_of(given) in CALLABLES

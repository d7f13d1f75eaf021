"""One click.option or click.argument, as click would understand it."""

from __future__ import annotations

import ast
import inspect
from typing import Any

from apps.scripts.problems import Note
from apps.scripts.reader.arguments import REPEAT, Argument, Function, LeftOut
from apps.scripts.reader.click_calls import Given, OtherClass, Param, Settings, shown
from apps.scripts.reader.click_types import (
    BOOLEAN,
    INTEGER,
    TEXT,
    ParamType,
    as_default,
    guessed,
    type_of,
)
from apps.scripts.reader.click_walker import DeclarationWalker
from apps.scripts.reader.scopes import FromEnvironment, Known, Unknown, Value

# What these add to what is given to click.option.
PRESETS: dict[str, tuple[str, dict[str, Any]]] = {
    "click.option": ("", {}),
    "click.password_option": (
        "--password",
        {"prompt": True, "hide_input": True},
    ),
    "click.confirmation_option": (
        "--yes",
        {
            "is_flag": True,
            "prompt": True,
            "expose_value": False,
            "help": "Confirm the action without prompting.",
        },
    ),
}
LEAVING = {"click.version_option", "click.help_option", "click.custom_version_option"}
UNSET = object()


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
        if isinstance(given := self.words.get("cls"), Given):
            own = isinstance(given.value, OtherClass)
            if own or not str(self.walker.path(given.node, given.scope)).startswith(
                "click."
            ):
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
            "false_text": "false",
            "nargs": nargs,
        }


class Callback:
    """A default that a function gives each time; `code` is how it is written."""

    def __init__(self, code: str) -> None:
        self.code = code


class Option(Declaration):
    """click.option and what is made of it."""

    def __init__(
        self, walker: DeclarationWalker, settings: Settings, path: str
    ) -> None:
        super().__init__(walker, settings)
        self.decls = list(settings.args)
        flag, preset = PRESETS[path]
        if flag and not self.decls:
            self.decls = [Given(Known(flag), settings.node, walker.module)]
            self.name = flag
        for word, value in preset.items():
            given = Given(Known(value), settings.node, walker.module)
            self.words.setdefault(word, given)

    def read(self) -> list[Argument]:
        self.check_expanded()
        dest, flags, no_flags = self.read_names()
        default = self.read_default()
        flag_value = self.words.get("flag_value")
        is_flag = self.certain("is_flag")
        asks = self.asks_only_when_named()
        if is_flag is None and not asks:
            is_flag = flag_value is not None or bool(no_flags)
        if self.certain("count", False):
            return [self.read_count(dest, flags, default)]
        if is_flag:
            return self.read_flag(dest, flags, no_flags, default)
        if no_flags:
            raise self.left_out("name")
        optional = asks or flag_value is not None
        optional = optional or (self.known("is_flag") is False and default is UNSET)
        return [self.read_valued(dest, flags, default, optional)]

    def read_names(self) -> tuple[str, tuple[str, ...], tuple[str, ...]]:
        """The dest, the options, and those that say no."""
        decls = [one.known for one in self.decls]
        if not decls or not all(isinstance(d, str) and d for d in decls):
            raise self.left_out("name")
        found = split_names(decls)
        if found is None:
            raise self.left_out("name")
        dest, flags, no_flags = found
        if any("=" in f or not f.isprintable() or " " in f for f in flags + no_flags):
            raise self.left_out("name")
        return dest, flags, no_flags

    def asks_only_when_named(self) -> bool:
        """Whether the option without a value asks for it, and only then."""
        return bool(self.known("prompt")) and self.known("prompt_required") is False

    def needed(self, default: object) -> tuple[bool, str]:
        """Whether it must be given, and what is said of it.

        A run has nobody to answer a prompt: what would be asked for must be given,
        also where pressing the return key would take a default.
        """
        if self.read_required():
            return True, ""
        if not self.known("prompt", default=bool(self.words.get("prompt"))):
            return False, ""
        if self.known("prompt_required") is False:
            return False, ""
        shown_default = default.value if isinstance(default, Known) else None
        said = f"Suggested: {shown_default}." if shown_default is not None else ""
        return True, said

    def read_count(
        self, dest: str, flags: tuple[str, ...], default: object
    ) -> Argument:
        kind = type_of(self.walker, self.words.get("type")) or INTEGER
        unset = Known(0) if default is UNSET else self.default_value(default, kind)
        required, said = self.needed(default)
        limits = {k: v for k, v in kind.limits.items() if k == "maximum"}
        return self.argument(
            dest=dest,
            flags=flags,
            action="count",
            type="integer",
            default=unset,
            counts_from=0,
            limits=limits,
            required=required,
            help=self.read_help(kind, said),
        )

    def read_flag(
        self,
        dest: str,
        flags: tuple[str, ...],
        no_flags: tuple[str, ...],
        default: object,
    ) -> list[Argument]:
        if self.certain("multiple", False):
            raise self.left_out("setting", setting="multiple=True and a flag")
        kind, value = self.flag_type()
        required, said = self.needed(default)
        unset = self.flag_default(default, kind, value, required)
        common: dict[str, Any] = {
            "dest": dest,
            "type": kind.json,
            "default": unset,
            "required": required,
            "help": self.read_help(kind, said),
        }
        if no_flags:
            yes, no = (
                self.switch(common, f, v) for f, v in ((flags, True), (no_flags, False))
            )
            return [one for one in (yes, no) if one.flags]
        return [self.switch(common, flags, value)]

    def switch(
        self, common: dict[str, Any], flags: tuple[str, ...], value: Any
    ) -> Argument:
        if isinstance(value, bool):
            action = "store_true" if value else "store_false"
            return self.argument(**common, flags=flags, action=action)
        const = Known(value)
        return self.argument(**common, flags=flags, action="store_const", const=const)

    def flag_type(self) -> tuple[ParamType, Any]:
        """The type of what a flag stores, and what that is."""
        given = self.words.get("flag_value")
        kind = type_of(self.walker, self.words.get("type"))
        if given is None:
            kind = kind or BOOLEAN
            return kind, as_default(True, kind)
        if not given.is_known or given.known is None:
            raise self.unreadable("flag_value")
        kind = kind or guessed(given.value)
        value = as_default(given.known, kind)
        if kind.json in ("integer", "number") and isinstance(value, str):
            number = as_number(value)
            if number is None:
                raise self.unreadable("flag_value")
            value = number
        return kind, value

    def flag_default(
        self, default: object, kind: ParamType, value: Any, required: bool
    ) -> Value:
        if default is UNSET:
            return Known(False if kind.json == "boolean" and not required else None)
        if isinstance(default, Known) and default.value is True:
            # Of flags that store something else, the one that is there by itself.
            return Known(True if kind.json == "boolean" else value)
        return self.default_value(default, kind)

    def read_valued(
        self, dest: str, flags: tuple[str, ...], default: object, optional: bool
    ) -> Argument:
        kind = self.read_type(default)
        nargs: int | str | None = self.read_nargs(kind)
        multiple = bool(self.certain("multiple", False))
        if multiple and (nargs is not None or kind.parts):
            raise self.left_out("nested")
        required, said = self.needed(default)
        if self.known("hide_input"):
            self.add_note("hidden_input")
        const: Value = Known(None)
        if optional:
            nargs = nargs or "?"
            given = self.words.get("flag_value")
            const = given.value if given and given.is_known else const  # type: ignore[assignment]
        return self.argument(
            dest=dest,
            flags=flags,
            action=REPEAT if multiple else "store",
            default=self.default_value(default, kind),
            const=const,
            required=required,
            help=self.read_help(kind, said),
            # click reads -n=5 as the value "=5".
            separate=isinstance(nargs, int) or is_short(flags),
            refuses="-" if optional else "",
            **self.of_type(kind, nargs),
        )

    def read_nargs(self, kind: ParamType) -> int | None:
        nargs = self.certain("nargs")
        if kind.parts:
            return len(kind.parts)
        if nargs is None or nargs == 1:
            return None
        if type(nargs) is not int or nargs < 1:
            raise self.unreadable("nargs")
        return nargs


class PositionalArgument(Declaration):
    """click.argument."""

    def read(self) -> list[Argument]:
        self.check_expanded()
        decls = [one.known for one in self.settings.args]
        if len(decls) != 1 or not isinstance(decls[0], str) or not decls[0]:
            raise self.left_out("name")
        dest = decls[0].replace("-", "_").lower()
        default = self.read_default()
        kind = self.read_type(default)
        nargs = self.certain("nargs", 1)
        if kind.parts:
            nargs = len(kind.parts)
        if type(nargs) is not int or nargs == 0:
            raise self.unreadable("nargs")
        required = self.read_presence(default, nargs)
        form: int | str | None = nargs
        if nargs < 0:
            form = "+" if required else "*"
        elif nargs == 1 and not kind.parts:
            form = None if required else "?"
        return [
            self.argument(
                dest=dest,
                default=self.default_value(default, kind),
                required=required,
                help=self.read_help(kind),
                **self.of_type(kind, form),
            )
        ]

    def read_presence(self, default: object, nargs: int) -> bool:
        """Whether it must be given."""
        given = self.words.get("required")
        if given is not None and not (given.is_known and given.known is None):
            return self.read_required()
        return default is UNSET and nargs > 0


def split_names(
    decls: list[str],
) -> tuple[str, tuple[str, ...], tuple[str, ...]] | None:
    """Return dest, options and negative options by click's own rule; None if none."""
    dest: str | None = None
    flags: list[str] = []
    no_flags: list[str] = []
    for decl in decls:
        if decl.isidentifier():
            if dest is not None:
                return None
            dest = decl
            continue
        split = ";" if decl[:1] == "/" else "/"
        yes, _, no = decl.partition(split)
        flags += [yes.rstrip()] if yes.rstrip() else []
        no_flags += [no.lstrip()] if no.lstrip() else []
    if dest is None and flags:
        # The first of those with the longest prefix.
        longest = max(flags, key=lambda flag: len(prefix_of(flag)))
        name = longest.removeprefix(prefix_of(longest))
        dest = name.replace("-", "_").lower()
    if not dest or not dest.isidentifier() or not (flags or no_flags):
        return None
    return dest, tuple(flags), tuple(no_flags)


def prefix_of(flag: str) -> str:
    """Return what an option begins with: "--", "-", "/", or nothing."""
    first = flag[:1]
    if first.isalnum():
        return ""
    return flag[:2] if flag[1:2] == first else first


def is_short(flags: tuple[str, ...]) -> bool:
    """Whether all of an option's names are of one letter."""
    return all(len(flag) == 2 and not flag.startswith("--") for flag in flags)


def as_number(text: str) -> int | float | None:
    """Return the number that a text is, None if it is none."""
    for convert in (int, float):
        try:
            return convert(text)
        except ValueError:
            continue
    return None


def _is_callable(given: Given) -> bool:
    """Whether click would call a default rather than take it."""
    if isinstance(given.value, Function | OtherClass) or isinstance(
        given.node, ast.Lambda
    ):
        return True
    if not isinstance(given.value, Unknown):
        return not isinstance(given.value, Known | FromEnvironment)
    return given.code in CALLABLES or given.code in ("list", "dict", "tuple", "set")


# Functions that scripts give as defaults.
CALLABLES = {
    "os.getcwd",
    "getpass.getuser",
    "socket.gethostname",
    "platform.node",
    "datetime.now",
    "datetime.datetime.now",
    "datetime.today",
    "date.today",
    "datetime.date.today",
    "time.time",
    "uuid.uuid4",
    "Path.cwd",
    "pathlib.Path.cwd",
    "Path.home",
    "os.cpu_count",
}

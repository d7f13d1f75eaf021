"""One click.option or click.argument, as click would understand it."""

from __future__ import annotations

from typing import Any

from apps.scripts.reader.arguments import MAX_NARGS, REPEAT, Argument
from apps.scripts.reader.click_calls import Given, Settings
from apps.scripts.reader.click_declaration import UNSET, Declaration
from apps.scripts.reader.click_names import as_number, is_short, split_names
from apps.scripts.reader.click_types import (
    BOOLEAN,
    INTEGER,
    ParamType,
    as_default,
    guessed,
    type_of,
)
from apps.scripts.reader.click_walker import DeclarationWalker
from apps.scripts.reader.scopes import Known, Value

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
        if no_flags and kind.json != "boolean":
            # click itself refuses that.
            raise self.left_out("name")
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
        if type(nargs) is not int or not 1 <= nargs <= MAX_NARGS:
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
        if type(nargs) is not int or nargs == 0 or nargs > MAX_NARGS:
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
                fixed=True,
                **self.of_type(kind, form),
            )
        ]

    def read_presence(self, default: object, nargs: int) -> bool:
        """Whether it must be given."""
        given = self.words.get("required")
        if given is not None and not (given.is_known and given.known is None):
            return self.read_required()
        return default is UNSET and nargs > 0

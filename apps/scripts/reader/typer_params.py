"""One parameter of a function, as typer would understand it."""

from __future__ import annotations

import ast
from typing import Any

from apps.scripts.problems import show_name
from apps.scripts.reader.arguments import Argument
from apps.scripts.reader.click_calls import Given, Param, Settings
from apps.scripts.reader.click_declaration import Callback
from apps.scripts.reader.click_options import Option
from apps.scripts.reader.click_types import (
    TEXT,
    ParamType,
    dated,
    guessed,
    ranged,
    type_of,
)
from apps.scripts.reader.click_walker import DeclarationWalker
from apps.scripts.reader.scopes import Function, Known
from apps.scripts.reader.typer_types import Info, Shape, guessed_shape, shape_of


def params_of(walker: DeclarationWalker, function: Function) -> list[Param]:
    """Return the parameters that typer makes of a function's own."""
    params = []
    for arg, default in _with_defaults(function.node.args):
        given = None
        if default is not None:
            walker.visit(default, function.scope)
            given = walker.given(default, function.scope)
        one = TyperParam(walker, function, arg, given)
        if not one.shape.is_context:
            params.append(one.param())
    return params


def _with_defaults(
    spec: ast.arguments,
) -> list[tuple[ast.arg, ast.expr | None]]:
    names = [*spec.posonlyargs, *spec.args]
    missing: list[ast.expr | None] = [None] * (len(names) - len(spec.defaults))
    defaults = [*missing, *spec.defaults]
    plain = list(zip(names, defaults, strict=True))
    return plain + list(zip(spec.kwonlyargs, spec.kw_defaults, strict=True))


class TyperParam(Option):
    """A parameter of a function, with what typer.Option or Argument say of it."""

    def __init__(
        self,
        walker: DeclarationWalker,
        function: Function,
        arg: ast.arg,
        default: Given | None,
    ) -> None:
        call = ast.copy_location(ast.Call(ast.Name(arg.arg), [], []), arg)
        self.shape = self._shape(walker, function, arg, default)
        info, decls, default = self._declared(default)
        settings = info.settings if info is not None else Settings(call)
        super().__init__(walker, settings, "click.option")
        self.node = call
        self.dest = arg.arg
        self.name = show_name(arg.arg)
        self.decls = decls
        self.default = default
        self.is_option = info.is_option if info is not None else default is not None
        if default is not None:
            self.words["default"] = default

    def _shape(
        self,
        walker: DeclarationWalker,
        function: Function,
        arg: ast.arg,
        default: Given | None,
    ) -> Shape:
        if arg.annotation is not None:
            return shape_of(walker, arg.annotation, function.scope)
        value = default
        if default is not None and isinstance(default.value, Info):
            words = default.value.settings.named("default")
            value = words.get("default")
        kind = (
            guessed(value.value) if value is not None and not _is_dots(value) else TEXT
        )
        return guessed_shape(kind, value)

    def _declared(
        self, default: Given | None
    ) -> tuple[Info | None, list[Given], Given | None]:
        """What is said of it, the names it is given, and its default."""
        info = self.shape.info
        if info is not None:
            return info, list(info.settings.args), _unless_dots(default)
        if default is None or not isinstance(default.value, Info):
            return None, [], _unless_dots(default)
        info = default.value
        words = info.settings.named("default")
        return info, list(info.settings.args[1:]), _unless_dots(words.get("default"))

    def read(self) -> list[Argument]:
        if self.settings.unread:
            raise self.left_out("keywords", keywords=self.settings.unread[0])
        if not self.is_option:
            return [self.read_positional()]
        is_flag = self.shape.kind.json == "boolean" and not self.shape.is_list
        if not self.decls:
            self.decls = [self._own_name(is_flag)]
        self.decls = [self._given(self.dest), *self.decls]
        dest, flags, no_flags = self.read_names()
        if flags:
            self.name = show_name(max(flags, key=len))
        default = self.read_default()
        if self.certain("count", False):
            return [self._grouped(self.read_count(dest, flags, default))]
        if is_flag:
            found = self.read_flag(dest, flags, no_flags, default)
            return [self._grouped(one) for one in found]
        if no_flags:
            raise self.left_out("name")
        asks = self.asks_only_when_named()
        return [self._grouped(self.read_valued(dest, flags, default, asks))]

    def _own_name(self, is_flag: bool) -> Given:
        name = self.dest.replace("_", "-")
        return self._given(f"--{name}/--no-{name}" if is_flag else f"--{name}")

    def _given(self, value: object) -> Given:
        return Given(Known(value), self.node, self.walker.module)

    def _grouped(self, argument: Argument) -> Argument:
        return argument

    def argument(self, **changes: Any) -> Argument:
        panel = self.known("rich_help_panel")
        group = panel if isinstance(panel, str) else None
        return super().argument(**{"group": group, **changes})

    def read_default(self) -> object:
        if self.default is None and "default_factory" in self.words:
            return Callback(self.words["default_factory"].code)
        return super().read_default()

    def read_required(self) -> bool:
        return self.default is None and "default_factory" not in self.words

    def certain(self, word: str, default: Any = None) -> Any:
        if word == "multiple":
            return self.shape.is_list
        if word == "nargs":
            return None
        return super().certain(word, default)

    def read_type(self, default: object) -> ParamType:
        kind = self._kind()
        for part in (kind, *kind.parts):
            if part.unread:
                self.add_note(part.unread, code=self.dest)
        return kind

    def _kind(self) -> ParamType:
        kind = self.shape.kind
        if "parser" in self.words:
            return TEXT
        if "click_type" in self.words:
            return type_of(self.walker, self.words["click_type"]) or kind
        if kind.json in ("integer", "number") and kind.choices is None:
            bounds = {
                k: v for k, v in self.words.items() if k in ("min", "max", "clamp")
            }
            return ranged(kind.json, bounds)
        if kind.formats and "formats" in self.words:
            formats = self.words["formats"].known
            return kind if formats is None else dated(formats)
        return kind

    def read_positional(self) -> Argument:
        default = self.read_default()
        kind = self.read_type(default)
        required = self.read_required()
        nargs: int | str | None = None if required else "?"
        if self.shape.is_list:
            nargs = "+" if required else "*"
        elif kind.parts:
            nargs = len(kind.parts)
        return self.argument(
            dest=self.dest,
            default=self.default_value(default, kind),
            required=required,
            help=self.read_help(kind),
            fixed=True,
            **self.of_type(kind, nargs),
        )


def _is_dots(given: Given | None) -> bool:
    node = given.node if given is not None else None
    return isinstance(node, ast.Constant) and node.value is ...


def _unless_dots(given: Given | None) -> Given | None:
    """A default; `...` stands for none."""
    return None if given is None or _is_dots(given) else given

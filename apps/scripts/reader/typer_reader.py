"""Reading a Python script's typer apps from its syntax tree, without running it.

A function becomes a command by `@app.command()` or `typer.run`; its signature is what
it takes. An app of one command has no sub-commands; with a callback, or several
commands, it has.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass, field

from apps.scripts.problems import Note
from apps.scripts.reader.classes import ScriptClass
from apps.scripts.reader.click_calls import Decorated, Given, Settings
from apps.scripts.reader.click_commands import Command, Method, cleaned
from apps.scripts.reader.click_reader import ClickWalker
from apps.scripts.reader.literals import code_of
from apps.scripts.reader.scopes import Function, Scope
from apps.scripts.reader.typer_params import params_of
from apps.scripts.reader.typer_types import Alias, Info, is_form

WORDS = {"Typer", "typer", "Option", "Argument", "command", "callback", "run"}
APP = "typer.Typer"
INFOS = {"typer.Option": True, "typer.Argument": False}


@dataclass(eq=False)
class App:
    """A typer.Typer(): commands, a callback, and apps below it."""

    node: ast.Call
    conditions: tuple[int, ...]
    name: str | None
    description: str | None
    stands_alone: bool
    commands: list[tuple[str | None, Command]] = field(default_factory=list)
    apps: list[tuple[str | None, App]] = field(default_factory=list)
    callback: Command | None = None
    is_called: bool = False
    notes: list[Note] = field(default_factory=list)

    def command(self) -> Command | None:
        """What typer makes of the app: its only command, or a group of them."""
        if len(self.commands) == 1 and self.callback is None and not self.apps:
            command = self.commands[0][1]
            command.is_called |= self.is_called
            command.notes += self.notes
            return command
        return self.group() if self.commands or self.apps or self.callback else None

    def group(self) -> Command:
        """The app as a group, which it is below another in any case."""
        callback = self.callback
        group = Command(self.name, self.node, self.conditions, is_group=True)
        group.commands = list(self.commands)
        for name, app in self.apps:
            below = app.group()
            if name or app.name:
                group.commands.append((name or app.name, below))
            else:
                # Without a name its commands are the upper app's own.
                group.commands += below.commands
        group.description = self.description
        group.stands_alone = self.stands_alone
        group.notes = list(self.notes)
        group.is_called = self.is_called
        if callback is not None:
            group.params = callback.params
            group.description = callback.description or group.description
            group.stands_alone |= callback.stands_alone
        return group


@dataclass(frozen=True)
class AppMaker:
    """What app.command() returns: it makes a function a command of the app."""

    app: App
    is_callback: bool
    settings: Settings


class TyperWalker(ClickWalker):
    """Follows one script and finds its apps."""

    def __init__(self, tree: ast.Module) -> None:
        super().__init__(tree, WORDS | {"group", "option", "argument"})
        self.apps: list[App] = []
        self.runs: list[Command] = []

    def found_commands(self) -> list[Command]:
        below = {id(sub) for app in self.apps for _name, sub in app.apps}
        made = [app.command() for app in self.apps if id(app) not in below]
        return [one for one in made if one is not None] + self.runs + self.commands

    def visit(self, node: ast.expr, scope: Scope) -> object | None:
        result = super().visit(node, scope)
        is_union = isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitOr)
        if is_union or (
            isinstance(node, ast.Subscript) and is_form(self.path(node.value, scope))
        ):
            result = self._results[node] = Alias(node, scope)
        return result

    def apply(
        self, path: str | None, callee: object, settings: Settings
    ) -> object | None:
        if path in INFOS:
            return Info(INFOS[path], settings)
        if path == APP or (
            isinstance(callee, ScriptClass) and self.base_of(callee) == APP
        ):
            return self._new_app(settings)
        if path == "typer.run" and settings.args:
            self._run(settings)
            return None
        if path == "typer.get_command" and settings.args:
            return settings.args[0].value
        if isinstance(callee, App):
            callee.is_called = True
            return None
        if isinstance(callee, AppMaker) and settings.args:
            return self._register(callee, settings.args[0].value)
        return super().apply(path, callee, settings)

    def attribute(self, owner: object, node: ast.Attribute) -> object | None:
        if isinstance(owner, App):
            return Method(owner, node.attr)
        return super().attribute(owner, node)

    def call_method(self, method: Method, settings: Settings) -> object | None:
        app = method.owner
        if not isinstance(app, App):
            return super().call_method(method, settings)
        match method.name:
            case "command" | "callback":
                return AppMaker(app, method.name == "callback", settings)
            case "add_typer":
                self._add_app(app, settings)
            case "__call__":
                app.is_called = True
        return None

    def decorate(
        self,
        decorator: object,
        expression: ast.AST,
        target: object,
        settings: Settings | None,
    ) -> object | None:
        if isinstance(decorator, AppMaker):
            return self._register(decorator, target)
        return super().decorate(decorator, expression, target, settings)

    # Apps and commands.

    def _new_app(self, settings: Settings) -> App:
        words = settings.words
        app = App(
            settings.node,
            self.conditions,
            settings.known("name"),
            cleaned(settings.known("help")),
            bool(settings.known("invoke_without_command")),
        )
        callback = words.get("callback")
        if callback is not None and (function := _function(callback.value)):
            app.callback = self._new_command(None, function, settings)
        self.apps.append(app)
        return app

    def _run(self, settings: Settings) -> None:
        first = settings.args[0]
        function = _function(first.value)
        if function is None:
            self.note(settings.node, "decorator", name=first.code)
            return
        command = self._new_command(None, function, settings)
        command.is_called = True
        self.runs.append(command)

    def _register(self, maker: AppMaker, target: object) -> object:
        function = _function(target)
        app = maker.app
        if function is None:
            return target
        if not self.is_certain(app.conditions):
            name = function.node.name
            app.notes.append(_note(maker.settings.node, "subcommand", name=name))
            return target
        given = maker.settings.named("name").get("name")
        own_name = given.known if given is not None else None
        command = self._new_command(own_name, function, maker.settings)
        if maker.is_callback:
            command.stands_alone = bool(maker.settings.known("invoke_without_command"))
            app.callback = command
        else:
            app.commands.append((command.name, command))
        return target

    def _new_command(
        self, name: str | None, function: Function, settings: Settings
    ) -> Command:
        node = function.node
        help_text = cleaned(settings.known("help"))
        command = Command(
            name or node.name.lower().replace("_", "-"),
            node,
            self.conditions,
            params=params_of(self, function),
            description=help_text or cleaned(ast.get_docstring(node)),
        )
        if node.args.vararg or node.args.kwarg:
            shown = f"*{(node.args.vararg or node.args.kwarg).arg}"  # type: ignore[union-attr]
            command.notes.append(_note(node, "name", name=shown))
        command.hidden = bool(settings.known("hidden"))
        return command

    def _add_app(self, app: App, settings: Settings) -> None:
        words = settings.named("typer_instance")
        below: Given | None = words.get("typer_instance")
        if below is None or not isinstance(below.value, App):
            name = below.code if below is not None else code_of(settings.node)
            app.notes.append(_note(settings.node, "subcommand", name=name))
            return
        name_given = settings.known("name")
        if words.get("callback") or settings.known("invoke_without_command"):
            below.value.stands_alone = True
        app.apps.append((name_given, below.value))


def _function(target: object) -> Function | None:
    if isinstance(target, Decorated):
        return target.function
    return target if isinstance(target, Function) else None


def _note(node: ast.AST, code: str, **params: object) -> Note:
    return Note(getattr(node, "lineno", 1), code, params)

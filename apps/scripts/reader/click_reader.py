"""Reading a Python script's click commands from its syntax tree, without running it.

Decorators are followed the way Python would apply them: from the function upwards,
through helper functions, lists of decorators and functools.partial. A decorator that
is not known leaves a note, since it may add parameters.
"""

from __future__ import annotations

import ast
from dataclasses import replace

from apps.scripts.problems import Note
from apps.scripts.reader.classes import ScriptClass
from apps.scripts.reader.click_calls import (
    Decorated,
    Decorator,
    Given,
    Items,
    Param,
    Settings,
    Wraps,
    shown,
)
from apps.scripts.reader.click_commands import (
    Command,
    CommandMaker,
    Method,
    cleaned,
    command_name,
)
from apps.scripts.reader.click_options import (
    LEAVING,
    PRESETS,
    Option,
    PositionalArgument,
)
from apps.scripts.reader.click_types import MAKERS, class_type, made_type
from apps.scripts.reader.click_walker import DeclarationWalker, is_stdlib
from apps.scripts.reader.literals import code_of
from apps.scripts.reader.scopes import Function, Known, Scope
from apps.scripts.reader.sequences import table_of
from apps.scripts.reader.trees import FunctionNode

WORDS = {"command", "group", "option", "argument", "Option", "Argument", "Command"}
COMMANDS = {"click.command": False, "click.group": True}
CLASSES = {"click.Command": False, "click.Group": True}
# They give the function other things than parameters.
PASSING = {"click.pass_context", "click.pass_obj"}
PARAMS = {"click.Option": "click.option", "click.Argument": "click.argument"}


class ClickWalker(DeclarationWalker):
    """Follows one script and finds its commands."""

    def __init__(self, tree: ast.Module, words: set[str] = WORDS) -> None:
        super().__init__(tree, words)
        self.commands: list[Command] = []
        self.reached: set[ast.Call] = set()

    def follow_all(self) -> None:
        """Follow the script; where that finds no command, each function by itself."""
        self.walk(self.tree.body, self.module)
        if not self.commands:
            for node in self.relevant:
                if node not in self.entered:
                    self.run(node, Scope(self.module))

    def found_commands(self) -> list[Command]:
        """Return all commands of the script."""
        return self.commands

    def keep_notes_of(self, command: Command) -> None:
        """Keep what the parameters of a command leave to say, and what was not met."""
        for one in command.tree():
            for note in one.notes:
                self.keep(note, one.node)
            for param in one.params:
                for note in param.notes:
                    self.keep(note, param.node)
        for node in ast.walk(self.tree):
            if not isinstance(node, ast.Call) or node in self.reached:
                continue
            if self.path(node.func, self.module) in (*PRESETS, "click.argument"):
                names = [self.given(arg, self.module) for arg in node.args]
                self.note(node, "not_reached", name=shown(names, node))

    # Calls.

    def apply(
        self, path: str | None, callee: object, settings: Settings
    ) -> object | None:
        if path in PRESETS or path == "click.argument" or path in LEAVING:
            return Decorator(self._params(str(path), settings))
        if path in PARAMS:
            return Decorator(self._params(PARAMS[path], _listed(settings)))
        if path in MAKERS:
            return made_type(self, path, settings)
        if path in COMMANDS:
            return self._maker(COMMANDS[path], settings)
        if path in CLASSES:
            return self._new_command_object(CLASSES[path], settings)
        if path in ("functools.wraps", "functools.update_wrapper") and settings.args:
            return Wraps(settings.args[0].value)
        if path == "click.make_pass_decorator":
            return Decorator(())
        if isinstance(callee, ScriptClass):
            return class_type(self.base_of(callee))
        return self._apply_object(callee, settings)

    def _apply_object(self, callee: object, settings: Settings) -> object | None:
        match callee:
            case Decorator() | CommandMaker() if settings.args:
                first = settings.args[0]
                return self.decorate(callee, settings.node.func, first.value, settings)
            case Method():
                return self.call_method(callee, settings)
            case Command():
                callee.is_called = True
        return None

    def _params(self, path: str, settings: Settings) -> tuple[Param, ...]:
        self.reached.add(settings.node)
        if path in LEAVING:
            return ()
        if path == "click.argument":
            return (PositionalArgument(self, settings).param(),)
        return (Option(self, settings, path).param(),)

    def attribute(self, owner: object, node: ast.Attribute) -> object | None:
        return Method(owner, node.attr) if isinstance(owner, Command) else None

    def assign_attribute(
        self, owner: object, target: ast.Attribute, value: ast.expr, scope: Scope
    ) -> None:
        if isinstance(owner, Command) and target.attr == "params":
            owner.notes.append(_note(target, "decorator", name=code_of(target)))

    def call_method(self, method: Method, settings: Settings) -> object | None:
        """Follow a method of a command."""
        owner = method.owner
        if not isinstance(owner, Command):
            return None
        match method.name:
            case "command" | "group":
                return self._maker(method.name == "group", settings, owner)
            case "add_command":
                self._add_command(owner, settings)
            case "main" | "__call__":
                owner.is_called = True
        return None

    def _add_command(self, group: Command, settings: Settings) -> None:
        words = settings.named("cmd", "name")
        command = words["cmd"].value if "cmd" in words else None
        if not isinstance(command, Command) or not self.is_certain(group.conditions):
            name = words["cmd"].code if "cmd" in words else code_of(settings.node)
            group.notes.append(_note(settings.node, "subcommand", name=name))
            return
        own_name = words["name"].known if "name" in words else None
        group.commands.append((own_name or command.name, command))

    def is_certain(self, conditions: tuple[int, ...]) -> bool:
        """Whether what is walked now happens wherever what has `conditions` does."""
        return self.conditions == conditions[: len(self.conditions)]

    # Commands.

    def _maker(
        self, is_group: bool, settings: Settings, owner: Command | None = None
    ) -> object | None:
        words = settings.named("name", "cls")
        name = words.get("name")
        maker = CommandMaker(None, is_group, settings.node, settings, owner)
        if name is not None and isinstance(name.value, Function | Decorated):
            return self._command(maker, name.value)
        known = name.known if name is not None else None
        return replace(maker, name=known if isinstance(known, str) else None)

    def _command(self, maker: CommandMaker, target: object) -> Command | None:
        """Make a function a command, as click.command() does."""
        if isinstance(target, Function):
            target = Decorated(target, self.conditions)
        if not isinstance(target, Decorated):
            return None
        settings: Settings = maker.settings
        words = settings.named("name", "cls") if settings is not None else {}
        function = target.function.node
        command = Command(
            maker.name or command_name(function.name),
            maker.node,
            self.conditions,
            params=[*_params_given(words), *reversed(target.params)],
            description=cleaned(ast.get_docstring(function)),
            is_group=maker.is_group,
            notes=list(target.doubts),
        )
        self._set_up(command, words, settings)
        if maker.owner is not None:
            self._hang(maker.owner, command)
        self.commands.append(command)
        return command

    def _hang(self, owner: Command, command: Command) -> None:
        if self.is_certain(owner.conditions):
            owner.commands.append((command.name, command))
        else:
            name = command.name or ""
            owner.notes.append(_note(command.node, "subcommand", name=name))

    def _new_command_object(self, is_group: bool, settings: Settings) -> Command:
        words = settings.named("name")
        name = words["name"].known if "name" in words else None
        command = Command(name, settings.node, self.conditions, is_group=is_group)
        command.params = _params_given(words)
        callback = words.get("callback")
        if callback is not None and isinstance(callback.value, Function):
            command.description = cleaned(ast.get_docstring(callback.value.node))
        self._set_up(command, words, settings)
        self.commands.append(command)
        return command

    def _set_up(
        self, command: Command, words: dict[str, Given], settings: Settings
    ) -> None:
        help_text = words["help"].known if "help" in words else None
        command.description = cleaned(help_text) or command.description
        command.stands_alone = _is_true(words.get("invoke_without_command"))
        command.hidden = _is_true(words.get("hidden"))
        node = settings.node
        if settings.unread:
            note = _note(node, "parser_setting", setting=settings.unread[0])
            command.notes.append(note)
        if _is_true(words.get("chain")):
            command.notes.append(_note(node, "chain", name=command.name or ""))
        self._add_commands_given(command, words.get("commands"))

    def _add_commands_given(self, command: Command, given: Given | None) -> None:
        if given is None:
            return
        if isinstance(given.value, Items):
            found = [(None, one.value) for one in given.value.given]
        else:
            found = list((table_of(given.value) or {}).items())
        for name, one in found:
            if isinstance(one, Command):
                command.commands.append((name or one.name, one))
        if not found or not all(isinstance(one, Command) for _name, one in found):
            command.notes.append(_note(given.node, "subcommand", name=given.code))

    # Decorators.

    def define_function(self, node: FunctionNode, scope: Scope) -> object | None:
        function = Function(node, scope)
        target: object = function
        found = [(self.visit(one, scope), one) for one in node.decorator_list]
        for decorator, expression in reversed(found):
            target = self._decorate_with(decorator, expression, target, scope)
        if isinstance(target, Decorated) and not target.params:
            return function
        return target

    def _decorate_with(
        self, decorator: object, expression: ast.expr, target: object, scope: Scope
    ) -> object:
        path = self.path(expression, scope)
        if path in COMMANDS:
            return self._command(_bare_maker(COMMANDS[path], expression), target)
        if isinstance(decorator, Method) and isinstance(decorator.owner, Command):
            if decorator.name in ("command", "group"):
                maker = _bare_maker(decorator.name == "group", expression)
                return self._command(replace(maker, owner=decorator.owner), target)
            return target
        called = expression.func if isinstance(expression, ast.Call) else expression
        path = self.path(called, scope)
        if decorator is None and (path in PASSING or is_stdlib(path)):
            return target
        made = self.decorate(decorator, expression, target, None)
        return self.doubt(target, expression, scope) if made is None else made

    def doubt(self, target: object, expression: ast.expr, scope: Scope) -> object:
        """Keep that a decorator is not known, for when its function is a command."""
        note = _note(expression, "decorator", name=code_of(expression))
        if isinstance(target, Function):
            target = Decorated(target, self.conditions)
        if isinstance(target, Decorated):
            return replace(target, doubts=(*target.doubts, note))
        if isinstance(target, Command):
            target.notes.append(note)
        return target

    def decorate(
        self,
        decorator: object,
        expression: ast.AST,
        target: object,
        settings: Settings | None,
    ) -> object | None:
        """Return what a decorator makes of a function; None if that is not known."""
        match decorator:
            case Decorator():
                return self._add_params(decorator, expression, target)
            case CommandMaker():
                return self._command(decorator, target)
            case Wraps():
                kept = decorator.function
                return kept if isinstance(kept, Decorated | Function) else target
            case Function() if decorator.node in self.relevant:
                return self.follow(decorator, target)
        return None

    def _add_params(
        self, decorator: Decorator, expression: ast.AST, target: object
    ) -> object | None:
        if isinstance(target, Function):
            target = Decorated(target, self.conditions)
        if isinstance(target, Decorated | Command):
            params = decorator.params
            if not self.is_certain(target.conditions):
                params = tuple(_conditional(param) for param in params)
            if isinstance(target, Command):
                target.params += params
                return target
            return replace(target, params=(*target.params, *params))
        return None


def _conditional(param: Param) -> Param:
    """A parameter that may not be there."""
    names = [argument.name for argument in param.arguments]
    if not names:
        return param
    note = _note(param.node, "condition", name=names[0])
    return Param((), (note,), param.node)


def _bare_maker(is_group: bool, node: ast.expr) -> CommandMaker:
    # `@click.command` without parentheses is given nothing.
    call = ast.copy_location(ast.Call(node, [], []), node)
    return CommandMaker(None, is_group, node, Settings(call))


def _listed(settings: Settings) -> Settings:
    """The settings of click.Option(["--name"]) as those of click.option("--name")."""
    words = dict(settings.words)
    named = words.pop("param_decls") if "param_decls" in words else None
    first = settings.args[0] if settings.args else named
    names: tuple[Given, ...] = ()
    if first is not None and isinstance(first.known, list | tuple):
        names = tuple(Given(Known(n), first.node, first.scope) for n in first.known)
    elif first is not None:
        names = (first,)
    return replace(settings, args=names, words=words)


def _params_given(words: dict[str, Given]) -> list[Param]:
    given = words.get("params")
    if given is None:
        return []
    items = given.value.given if isinstance(given.value, Items) else ()
    params = [
        param
        for item in items
        if isinstance(item.value, Decorator)
        for param in item.value.params
    ]
    if not items and given.known != []:
        note = _note(given.node, "parser_setting", setting=f"params={given.code}")
        params.append(Param((), (note,), given.node))
    return params


def _is_true(given: Given | None) -> bool:
    return given is not None and bool(given.known)


def _note(node: ast.AST | None, code: str, **params: object) -> Note:
    return Note(getattr(node, "lineno", 1), code, params)

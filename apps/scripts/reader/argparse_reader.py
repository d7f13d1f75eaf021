"""Reading a Python script's argparse parser from its syntax tree, without running it.

The reader follows the script the way Python would and keeps track of which name holds
which parser or group, so that arguments come in the order in which argparse would meet
them. Loops over what is written out are followed round by round. What depends on a
condition, or on a loop over what is not known, is left out, with a note: the form shows
nothing that may not be there.
"""

from __future__ import annotations

import ast
import re
from dataclasses import replace

from apps.scripts.reader.arguments import name_of
from apps.scripts.reader.building import PARSE_METHODS, Building
from apps.scripts.reader.classes import (
    OVERRIDES,
    PARSER,
    Above,
    BoundMethod,
    EnumClass,
    Instance,
    ScriptClass,
    read_class,
)
from apps.scripts.reader.expressions import MUTATORS
from apps.scripts.reader.literals import bound, code_of, known
from apps.scripts.reader.parsers import (
    Choice,
    Command,
    CommandLine,
    Commands,
    Declared,
    Group,
    Method,
    Opaque,
    Parser,
)
from apps.scripts.reader.scopes import Function, Imported, Known, Scope, Unknown
from apps.scripts.reader.trees import (
    FunctionNode,
    attributes_changed_in,
    imported_modules,
)

WORDS = {
    "ArgumentParser",
    "add_argument",
    "add_argument_group",
    "add_mutually_exclusive_group",
    "add_subparsers",
    "add_parser",
    "set_defaults",
    *PARSE_METHODS,
}
# Functions that may be given a parser and add nothing to it.
HARMLESS = {"argcomplete.autocomplete", "print", "isinstance", "vars", "repr", "str"}
LIBRARIES = {"click", "typer", "docopt", "fire", "optparse", "getopt", "plac", "clize"}
NEGATIVE_NUMBER = re.compile(r"-\.?\d")


def read_command_line(tree: ast.Module) -> CommandLine:
    """Return what the script's own parser takes; nothing, with notes, where unsure."""
    reader = Reader(tree)
    parser = reader.read()
    notes = tuple(sorted(reader.notes.values(), key=lambda note: note.line))
    if parser is None:
        return CommandLine(notes=notes)
    return replace(_line_of(parser), notes=notes)


def _line_of(parser: Parser) -> CommandLine:
    flags = [flag for argument in parser.arguments for flag in argument.flags]
    return CommandLine(
        arguments=tuple(parser.arguments),
        exclusives=parser.exclusives,
        description=parser.description,
        choice=_choice_of(parser.commands) if parser.commands else None,
        file_prefix=parser.file_prefix,
        has_negative_flags=any(NEGATIVE_NUMBER.match(flag) for flag in flags),
    )


def _choice_of(commands: Commands) -> Choice:
    return Choice(
        commands.dest,
        commands.required,
        commands.help,
        commands.group,
        commands.place,
        commands.node.lineno,
        tuple(
            Command(one.name, one.aliases, one.help, _line_of(one.parser))
            for one in commands.added
        ),
    )


class Reader(Building):
    """Follows one script; `notes` says what was not read."""

    def __init__(self, tree: ast.Module) -> None:
        super().__init__(tree, WORDS)
        self.classes: dict[FunctionNode, ScriptClass] = {}
        self.imports = imported_modules(tree)
        # What functions change that are not followed is never certain.
        every = {node for node in ast.walk(tree) if isinstance(node, FunctionNode)}
        others = every - set(self.relevant)
        self.volatile_attributes = attributes_changed_in(others, MUTATORS)
        docstring = ast.get_docstring(tree)
        if docstring is not None:
            self.module.names["__doc__"] = Known(docstring)

    def read(self) -> Parser | None:
        """Follow the whole script and return the parser that is its own."""
        self.walk(self.tree.body, self.module)
        if not self.parsers:
            self._walk_uncalled()
        parser = self._own_parser()
        if "argparse" in self.imports:
            self._note_unreached()
        if not self.parsers:
            for library in sorted(LIBRARIES & self.imports.keys()):
                self.note(self.imports[library], "library", library=library)
            if not LIBRARIES & self.imports.keys() and "argparse" not in self.imports:
                self._note_own_reading()
        return parser

    def _walk_uncalled(self) -> None:
        # A main() that something else calls, or a method: what is called from where
        # is not known, but each can be followed on its own.
        instances: dict[ScriptClass, Instance] = {}
        for node in self.relevant:
            if node in self.entered:
                continue
            scope = Scope(self.module)
            cls = self.classes.get(node)
            if cls is not None and node.args.args:
                instance = instances.get(cls) or self._made(cls, None, scope)
                instances[cls] = instance
                scope.names[node.args.args[0].arg] = instance
            if node not in self.entered:
                self.run(node, scope)

    def _made(self, cls: ScriptClass, node: ast.Call | None, scope: Scope) -> Instance:
        """Follow the making of an instance."""
        instance = Instance(cls, self.conditions)
        start = cls.find("__init__")
        if not isinstance(start, Function):
            return instance
        if node is not None:
            self.enter(start, node, scope, instance)
        elif start.node.args.args:
            inner = Scope(start.scope)
            inner.names[start.node.args.args[0].arg] = instance
            self.run(start.node, inner)
        return instance

    def _own_parser(self) -> Parser | None:
        # The same call, met twice, is the same parser: its first meeting counts, unless
        # only a later one is the one that parses.
        by_call: dict[ast.Call, Parser] = {}
        for parser in self.parsers:
            earlier = by_call.get(parser.node)
            if earlier is None or (parser.is_parsed and not earlier.is_parsed):
                by_call[parser.node] = parser
        found = list(by_call.values())
        parsed = [parser for parser in found if parser.is_parsed] or found
        own = [parser for parser in parsed if parser.node not in self.parent_calls]
        if len(own) > 1:
            own = self._least_conditional(own)
        if len(own) != 1:
            return None
        if own[0].own_prefix:
            self.note(own[0].node, "prefix")
            return None
        return own[0]

    def _least_conditional(self, own: list[Parser]) -> list[Parser]:
        """Of several parsers, the one that parses whatever else is the case."""
        least = min(parser.parsed_within or 0 for parser in own)
        first = [p for p in own if p.is_parsed and p.parsed_within == least]
        others = [parser for parser in own if parser not in first]
        if len(first) == 1:
            for other in others:
                self.note(other.node, "other_parser")
            return first
        lines = ", ".join(str(parser.node.lineno) for parser in own)
        self.note(own[0].node, "several_parsers", lines=lines)
        return own

    def _note_own_reading(self) -> None:
        """Say that a script without any parser reads its arguments all the same."""
        named = {
            id(node.value)
            for node in ast.walk(self.tree)
            if isinstance(node, ast.Subscript)
            and isinstance(node.slice, ast.Constant)
            and node.slice.value == 0
        }
        for node in ast.walk(self.tree):
            if not isinstance(node, ast.Attribute | ast.Name) or id(node) in named:
                continue
            if self.module.canonical(node) == "sys.argv":
                self.note(node, "argv")
                return

    def _note_unreached(self) -> None:
        for node in ast.walk(self.tree):
            if not isinstance(node, ast.Call) or node in self.reached:
                continue
            if (
                isinstance(node.func, ast.Attribute)
                and node.func.attr == "add_argument"
            ):
                name = name_of(node, self.module)
                self.note(node, "not_reached", name=name)

    # What the walker asks.

    def define_class(self, node: ast.ClassDef, scope: Scope) -> object | None:
        found = read_class(node, scope, OVERRIDES | PARSE_METHODS)
        if isinstance(found, ScriptClass):
            for name in self.volatile_attributes:
                found.forget(name)
            for part in node.body:
                if isinstance(part, FunctionNode):
                    self.classes[part] = found
        return found

    def attribute(self, owner: object, node: ast.Attribute) -> object | None:
        match owner:
            case Parser() | Group() | Commands():
                return Method(owner, node.attr)
            case Instance() | Above():
                return owner.member(node.attr)
            case ScriptClass() | EnumClass():
                return owner.member(node.attr)
        return owner if isinstance(owner, Opaque) else None

    def assign_attribute(
        self, owner: object, target: ast.Attribute, value: ast.expr, scope: Scope
    ) -> None:
        match owner:
            case Instance():
                self._assign_member(owner, target, value, scope)
            case Commands() if target.attr in ("required", "dest"):
                self.set_choice(owner, target.attr, value, scope)
            case Declared():
                self._change(owner, target, value, scope)

    def _assign_member(
        self, owner: Instance, target: ast.Attribute, value: ast.expr, scope: Scope
    ) -> None:
        held = self.result(value) or bound(value, scope)
        if isinstance(held, Known) and target.attr in self.volatile_attributes:
            held = Unknown(code_of(target))
        if self.conditions != owner.conditions:
            if isinstance(owner.names.get(target.attr), Parser):
                # It may not happen, and the one that is there is certain.
                return
            held = Unknown(code_of(target)) if isinstance(held, Known) else held
        owner.names[target.attr] = held

    def _change(
        self, owner: Declared, target: ast.Attribute, value: ast.expr, scope: Scope
    ) -> None:
        arguments = owner.parser.arguments
        if target.attr == "completer" or owner.argument not in arguments:
            return
        required = known(value, scope)
        index = arguments.index(owner.argument)
        if target.attr == "required" and isinstance(required, bool):
            owner.argument = replace(owner.argument, required=required)
            arguments[index] = owner.argument
            return
        del arguments[index]
        setting = f"{target.attr} = {code_of(value)}"
        self.note(target, "changed", name=owner.argument.name, setting=setting)

    def call(
        self, node: ast.Call, callee: object | None, scope: Scope
    ) -> object | None:
        match callee:
            case Method():
                return self.call_method(node, callee, scope)
            case BoundMethod():
                if callee.function.node in self.relevant:
                    function, instance = callee.function, callee.instance
                    return self.enter(function, node, scope, instance)
                self._note_receiver(node, scope)
                return None
            case Opaque():
                self.reached.add(node)
                return callee
            case ScriptClass(is_parser=True):
                return self.new_parser(node, scope)
            case ScriptClass(is_action=False):
                return self._made(callee, node, scope)
        path = scope.canonical(node.func)
        if path == PARSER:
            return self.new_parser(node, scope)
        if path == "super" and not node.args:
            return self._above(scope)
        self._note_unknown_call(node, scope)
        return None

    def _above(self, scope: Scope) -> Above | None:
        """What super() is in the method that is walked now."""
        method = self.active
        cls = self.classes.get(method) if method is not None else None
        if method is None or cls is None or not method.args.args:
            return None
        instance = scope.lookup(method.args.args[0].arg)
        return Above(cls, instance) if isinstance(instance, Instance) else None

    def _note_unknown_call(self, node: ast.Call, scope: Scope) -> None:
        path = scope.canonical(node.func)
        values = [*node.args, *(word.value for word in node.keywords)]
        things = [self.result(value) for value in values]
        handed = any(isinstance(one, Parser | Group | Commands) for one in things)
        if handed and path not in HARMLESS and not _is_local(node.func, scope):
            self.note(node, "passed", function=code_of(node.func))
        self._note_receiver(node, scope)

    def _note_receiver(self, node: ast.Call, scope: Scope) -> None:
        if isinstance(node.func, ast.Attribute) and node.func.attr == "add_argument":
            if "argparse" in self.imports:
                receiver = code_of(node.func.value)
                name = name_of(node, scope)
                self.note(node, "receiver", name=name, receiver=receiver)
            self.reached.add(node)


def _is_local(node: ast.expr, scope: Scope) -> bool:
    """Whether a call is of a function of the script that has no use for parsers."""
    bound = scope.lookup(node.id) if isinstance(node, ast.Name) else None
    return bound is not None and not isinstance(bound, Imported | Unknown)

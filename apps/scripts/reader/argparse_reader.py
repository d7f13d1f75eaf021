"""Reading a Python script's argparse parser from its syntax tree, without running it.

The reader follows the script the way Python would and keeps track of which name holds
which parser or group, so that arguments come in the order in which argparse would meet
them. What depends on a condition or a loop is left out, with a note: the form shows
nothing that may not be there.
"""

from __future__ import annotations

import ast
import re
from dataclasses import replace

from apps.scripts.problems import Note
from apps.scripts.reader.arguments import Argument, Place, name_of, read_argument
from apps.scripts.reader.literals import code_of, evaluate, known
from apps.scripts.reader.parsers import (
    CommandLine,
    Declared,
    Group,
    Method,
    Opaque,
    Parser,
    ScriptClass,
)
from apps.scripts.reader.scopes import Imported, Known, Scope, Unknown
from apps.scripts.reader.trees import FunctionNode, imported_modules
from apps.scripts.reader.walker import Walker

PARSER = "argparse.ArgumentParser"
PARSE_METHODS = {
    "parse_args",
    "parse_known_args",
    "parse_intermixed_args",
    "parse_known_intermixed_args",
}
WORDS = {
    "ArgumentParser",
    "add_argument",
    "add_argument_group",
    "add_mutually_exclusive_group",
    "add_subparsers",
    "set_defaults",
    *PARSE_METHODS,
}
# What a subclass may not redefine if it is to be read as argparse's own.
OVERRIDES = {"__init__", "add_argument", "convert_arg_line_to_args", *PARSE_METHODS}
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
    flags = [flag for argument in parser.arguments for flag in argument.flags]
    return CommandLine(
        arguments=tuple(parser.arguments),
        exclusives=parser.exclusives,
        description=parser.description,
        file_prefix=parser.file_prefix,
        has_negative_flags=any(NEGATIVE_NUMBER.match(flag) for flag in flags),
        notes=notes,
    )


class Reader(Walker):
    """Follows one script; `notes` says what was not read."""

    def __init__(self, tree: ast.Module) -> None:
        super().__init__(tree, WORDS)
        # By place and kind: a function that is called twice is noted once.
        self.notes: dict[tuple[int, int, str], Note] = {}
        self.parsers: dict[ast.Call, Parser] = {}
        self.reached: set[ast.Call] = set()
        self.imports = imported_modules(tree)
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
                self._note(self.imports[library], "library", library=library)
        return parser

    def _walk_uncalled(self) -> None:
        # A main() that something else calls, or a method: what is called from where
        # is not known, but each can be followed on its own.
        for node in self.relevant:
            if node not in self.entered:
                self.run(node, Scope(self.module))

    def _own_parser(self) -> Parser | None:
        found = list(self.parsers.values())
        parsed = [parser for parser in found if parser.is_parsed] or found
        parents = {parent.node for parser in found for parent in parser.parents}
        own = [parser for parser in parsed if parser.node not in parents]
        if len(own) > 1:
            lines = ", ".join(str(parser.node.lineno) for parser in own)
            self._note(own[0].node, "several_parsers", lines=lines)
        if len(own) != 1:
            return None
        if own[0].own_prefix:
            self._note(own[0].node, "prefix")
            return None
        return own[0]

    def _note_unreached(self) -> None:
        for node in ast.walk(self.tree):
            if not isinstance(node, ast.Call) or node in self.reached:
                continue
            if (
                isinstance(node.func, ast.Attribute)
                and node.func.attr == "add_argument"
            ):
                name = name_of(node, self.module)
                self._note(node, "not_reached", name=name)

    def _note(self, node: ast.AST, code: str, **params: object) -> None:
        self._keep(Note(getattr(node, "lineno", 1), code, params), node)

    def _keep(self, note: Note, node: ast.AST) -> None:
        column = getattr(node, "col_offset", 0)
        self.notes.setdefault((note.line, column, note.code), note)

    # What the walker asks.

    def define_class(self, node: ast.ClassDef, scope: Scope) -> object | None:
        is_parser = False
        for base in node.bases:
            bound = scope.lookup(base.id) if isinstance(base, ast.Name) else None
            own = isinstance(bound, ScriptClass) and bound.is_parser
            is_parser |= own or scope.canonical(base) == PARSER
        defined = {part.name for part in node.body if isinstance(part, FunctionNode)}
        return ScriptClass(is_parser and not defined & OVERRIDES)

    def attribute(self, owner: object, node: ast.Attribute) -> object | None:
        if isinstance(owner, Parser | Group):
            return Method(owner, node.attr)
        return owner if isinstance(owner, Opaque) else None

    def assign_attribute(
        self, owner: object, target: ast.Attribute, value: ast.expr, scope: Scope
    ) -> None:
        if not isinstance(owner, Declared) or target.attr == "completer":
            return
        arguments = owner.parser.arguments
        if owner.argument not in arguments:
            return
        required = known(value, scope)
        index = arguments.index(owner.argument)
        if target.attr == "required" and isinstance(required, bool):
            owner.argument = replace(owner.argument, required=required)
            arguments[index] = owner.argument
            return
        del arguments[index]
        setting = f"{target.attr} = {code_of(value)}"
        self._note(target, "changed", name=owner.argument.name, setting=setting)

    def call(
        self, node: ast.Call, callee: object | None, scope: Scope
    ) -> object | None:
        match callee:
            case Method():
                return self._call_method(node, callee, scope)
            case Opaque():
                self.reached.add(node)
                return callee
            case ScriptClass(is_parser=True):
                return self._new_parser(node, scope)
        if scope.canonical(node.func) == PARSER:
            return self._new_parser(node, scope)
        self._note_unknown_call(node, scope)
        return None

    def _note_unknown_call(self, node: ast.Call, scope: Scope) -> None:
        path = scope.canonical(node.func)
        values = [*node.args, *(word.value for word in node.keywords)]
        handed = any(isinstance(self.result(v), Parser | Group) for v in values)
        if handed and path not in HARMLESS and not _is_local(node.func, scope):
            self._note(node, "passed", function=code_of(node.func))
        if isinstance(node.func, ast.Attribute) and node.func.attr == "add_argument":
            if "argparse" in self.imports:
                receiver = code_of(node.func.value)
                name = name_of(node, scope)
                self._note(node, "receiver", name=name, receiver=receiver)
            self.reached.add(node)

    # Parsers.

    def _new_parser(self, node: ast.Call, scope: Scope) -> Parser:
        parser = Parser(node, self.conditions)
        words = {word.arg: word.value for word in node.keywords}
        if None in words:
            self._note(node, "parser_setting", setting=f"**{code_of(words[None])}")
        text = known(words.get("description"), scope)
        parser.description = text if isinstance(text, str) else None
        if "prefix_chars" in words:
            parser.own_prefix = known(words["prefix_chars"], scope) != "-"
        self._read_file_prefix(parser, words.get("fromfile_prefix_chars"), scope)
        if "argument_default" in words:
            parser.argument_default = evaluate(words["argument_default"], scope)
        self._add_parents(parser, words.get("parents"))
        # The same call, met twice, is the same parser: its first meeting counts, unless
        # only a later one is the one that parses.
        earlier = self.parsers.get(node)
        if earlier is None or not earlier.is_parsed:
            self.parsers[node] = parser
        return parser

    def _read_file_prefix(
        self, parser: Parser, node: ast.expr | None, scope: Scope
    ) -> None:
        prefix = known(node, scope, default=node)
        if isinstance(prefix, str):
            parser.file_prefix = prefix
        elif prefix is not None:
            self._note(parser.node, "parser_setting", setting="fromfile_prefix_chars")

    def _add_parents(self, parser: Parser, node: ast.expr | None) -> None:
        if node is None:
            return
        items = node.elts if isinstance(node, ast.List | ast.Tuple) else [node]
        for item in items:
            parent = self.result(item)
            if not isinstance(parent, Parser):
                self._note(item, "parser_setting", setting=f"parents={code_of(item)}")
                continue
            parser.parents.append(parent)
            parser.arguments.extend(parent.arguments)
            parser.exclusives.update(parent.exclusives)
            parser.defaults.update(parent.defaults)

    def _call_method(
        self, node: ast.Call, method: Method, scope: Scope
    ) -> object | None:
        owner = method.owner
        group = owner if isinstance(owner, Group) else Group(owner)
        match method.name:
            case "add_argument":
                return self._add_argument(node, group, scope)
            case "add_argument_group":
                return self._add_group(node, group, scope)
            case "add_mutually_exclusive_group":
                return self._add_exclusive_group(node, group, scope)
            case "add_subparsers":
                self._note(node, "subcommands")
                return Opaque()
            case "set_defaults":
                self._set_defaults(node, group.parser, scope)
            case name if name in PARSE_METHODS:
                group.parser.is_parsed = True
        return None

    def _add_argument(
        self, node: ast.Call, group: Group, scope: Scope
    ) -> Declared | None:
        self.reached.add(node)
        parser = group.parser
        if not self._is_certain(parser):
            self._note(node, "condition", name=name_of(node, scope))
            return None
        place = Place(
            parser.defaults, parser.argument_default, group.title, group.exclusive
        )
        argument, notes = read_argument(node, scope, place)
        for note in notes:
            self._keep(note, node)
        if argument is None:
            return None
        _take_over_flags(parser.arguments, argument.flags)
        parser.arguments.append(argument)
        return Declared(parser, argument)

    def _add_group(self, node: ast.Call, group: Group, scope: Scope) -> Group:
        words = {word.arg: word.value for word in node.keywords}
        written = node.args[0] if node.args else words.get("title")
        title = known(written, scope)
        return Group(
            group.parser,
            title if isinstance(title, str) else group.title,
            group.exclusive,
        )

    def _add_exclusive_group(self, node: ast.Call, group: Group, scope: Scope) -> Group:
        number = node.lineno * 1000 + node.col_offset
        words = {word.arg: word.value for word in node.keywords}
        required = known(words.get("required"), scope, default=False)
        group.parser.exclusives[number] = bool(required)
        return Group(group.parser, group.title, number)

    def _set_defaults(self, node: ast.Call, parser: Parser, scope: Scope) -> None:
        certain = self._is_certain(parser)
        changed = {
            word.arg: evaluate(word.value, scope)
            if certain
            else Unknown(code_of(word.value))
            for word in node.keywords
            if word.arg
        }
        parser.defaults.update(changed)
        for index, argument in enumerate(parser.arguments):
            if argument.dest in changed:
                default = changed[argument.dest]
                parser.arguments[index] = replace(argument, default=default)

    def _is_certain(self, parser: Parser) -> bool:
        """Whether what is walked now happens to every parser made by the same call."""
        return self.conditions == parser.conditions[: len(self.conditions)]


def _take_over_flags(arguments: list[Argument], flags: tuple[str, ...]) -> None:
    # conflict_handler="resolve": the later argument has the option; without it the
    # script fails when it is started, whatever is read here.
    for argument in list(arguments):
        left = tuple(flag for flag in argument.flags if flag not in flags)
        if left == argument.flags:
            continue
        index = arguments.index(argument)
        arguments[index : index + 1] = [replace(argument, flags=left)] if left else []


def _is_local(node: ast.expr, scope: Scope) -> bool:
    """Whether a call is of a function of the script that has no use for parsers."""
    bound = scope.lookup(node.id) if isinstance(node, ast.Name) else None
    return bound is not None and not isinstance(bound, Imported | Unknown)

"""What a script's calls make of its parsers, groups and sub-commands."""

from __future__ import annotations

import ast
import re
from argparse import SUPPRESS
from dataclasses import replace

from apps.scripts.problems import Note
from apps.scripts.reader.arguments import Argument, Place, name_of, read_argument
from apps.scripts.reader.calls import expanded
from apps.scripts.reader.literals import bound, code_of, evaluate, known
from apps.scripts.reader.parsers import (
    Added,
    Commands,
    Declared,
    Group,
    Method,
    Opaque,
    Parser,
)
from apps.scripts.reader.scopes import Scope, Unknown
from apps.scripts.reader.sequences import items_of
from apps.scripts.reader.walker import Walker

PARSE_METHODS = {
    "parse_args",
    "parse_known_args",
    "parse_intermixed_args",
    "parse_known_intermixed_args",
}

# What can be typed as a command, and told from an option.
COMMAND_NAME = re.compile(r"[^\s-]\S*")


class Building(Walker):
    """Builds parsers as the script's calls do; `notes` says what was not read."""

    def __init__(self, tree: ast.Module, words: set[str]) -> None:
        super().__init__(tree, words)
        # By place, kind and name: a function that is called twice is noted once.
        self.notes: dict[tuple[int, int, str, str], Note] = {}
        self.parsers: list[Parser] = []
        self.reached: set[ast.Call] = set()
        self.parent_calls: set[ast.Call] = set()
        self._exclusives = 0

    def note(self, node: ast.AST, code: str, **params: object) -> None:
        """Say that something at a place was not read."""
        self.keep(Note(getattr(node, "lineno", 1), code, params), node)

    def skip(self, statements: list[ast.stmt]) -> None:
        """What never happens needs no note."""
        for statement in statements:
            calls = (one for one in ast.walk(statement) if isinstance(one, ast.Call))
            self.reached.update(calls)

    def keep(self, note: Note, node: ast.AST) -> None:
        """Keep a note, once for each place."""
        column = getattr(node, "col_offset", 0)
        name = str(note.params.get("name", ""))
        self.notes.setdefault((note.line, column, note.code, name), note)

    # Parsers.

    def new_parser(self, node: ast.Call, scope: Scope) -> Parser:
        """Return the parser that a call of ArgumentParser makes."""
        parser = self._parser(node, scope)
        self.parsers.append(parser)
        return parser

    def _parser(self, call: ast.Call, outer: Scope) -> Parser:
        node, scope = expanded(call, outer)
        parser = Parser(call, self.conditions)
        words = {word.arg: word.value for word in node.keywords}
        if None in words:
            self.note(node, "parser_setting", setting=f"**{code_of(words[None])}")
        text = known(words.get("description"), scope)
        parser.description = text if isinstance(text, str) else None
        if "prefix_chars" in words:
            parser.own_prefix = known(words["prefix_chars"], scope) != "-"
        self._read_file_prefix(parser, words.get("fromfile_prefix_chars"), scope)
        if "argument_default" in words:
            parser.argument_default = evaluate(words["argument_default"], scope)
        self._add_parents(parser, words.get("parents"), scope)
        return parser

    def _read_file_prefix(
        self, parser: Parser, node: ast.expr | None, scope: Scope
    ) -> None:
        prefix = known(node, scope, default=node)
        if isinstance(prefix, str):
            parser.file_prefix = prefix
        elif prefix is not None:
            self.note(parser.node, "parser_setting", setting="fromfile_prefix_chars")

    def _add_parents(self, parser: Parser, node: ast.expr | None, scope: Scope) -> None:
        if node is None:
            return
        if isinstance(node, ast.List | ast.Tuple):
            parents = [self.result(item) or bound(item, scope) for item in node.elts]
        else:
            parents = items_of(bound(node, scope)) or [None]
        for parent in parents:
            if not isinstance(parent, Parser):
                setting = f"parents={code_of(node)}"
                self.note(node, "parser_setting", setting=setting)
                continue
            self.parent_calls.add(parent.node)
            for argument in parent.arguments:
                _take_over_flags(parser.arguments, argument.flags)
                parser.arguments.append(argument)
            parser.exclusives.update(parent.exclusives)
            parser.defaults.update(parent.defaults)
            parser.commands = parser.commands or parent.commands

    def call_method(
        self, node: ast.Call, method: Method, scope: Scope
    ) -> object | None:
        """Follow a call of a parser's method, or of a group's."""
        owner = method.owner
        if isinstance(owner, Commands):
            if method.name == "add_parser":
                return self._add_parser(node, owner, scope)
            return None
        group = owner if isinstance(owner, Group) else Group(owner)
        match method.name:
            case "add_argument":
                return self._add_argument(node, group, scope)
            case "add_argument_group":
                return self._add_group(node, group, scope)
            case "add_mutually_exclusive_group":
                return self._add_exclusive_group(node, group, scope)
            case "add_subparsers":
                return self._add_subparsers(node, group, scope)
            case "set_defaults":
                self._set_defaults(node, group.parser, scope)
            case name if name in PARSE_METHODS:
                within = len(self.conditions)
                before = group.parser.parsed_within
                least = within if before is None else min(before, within)
                group.parser.parsed_within = least
        return None

    # Sub-commands.

    def _add_subparsers(
        self, call: ast.Call, group: Group, outer: Scope
    ) -> Commands | Opaque:
        node, scope = expanded(call, outer)
        parser = group.parser
        words = {word.arg: word.value for word in node.keywords}
        dest = known(words.get("dest"), scope, default=... if "dest" in words else None)
        if not self._is_certain(parser) or None in words or parser.commands:
            self.note(node, "subcommands")
            return Opaque()
        if dest not in (None, SUPPRESS) and not isinstance(dest, str):
            self.note(node, "subcommands")
            return Opaque()
        place = len(parser.arguments)
        parser.commands = Commands(
            parser, call, place, None if dest == SUPPRESS else dest
        )
        if "required" in words:
            self.set_choice(parser.commands, "required", words["required"], scope)
        parser.commands.help = _text(words.get("help"), scope)
        title = _text(words.get("title"), scope)
        described = {"title", "description"} & words.keys()
        parser.commands.group = title or ("subcommands" if described else group.title)
        return parser.commands

    def set_choice(
        self, owner: Commands, name: str, node: ast.expr, scope: Scope
    ) -> None:
        """Set whether a sub-command must be chosen, or where the choice is stored."""
        value = known(node, scope, default=...)
        if name == "required" and isinstance(value, bool | int):
            owner.required = bool(value)
        elif name == "dest" and isinstance(value, str):
            owner.dest = value
        else:
            self.note(node, "parser_setting", setting=f"{name}={code_of(node)}")

    def _add_parser(
        self, call: ast.Call, owner: Commands, outer: Scope
    ) -> Parser | Opaque:
        node, scope = expanded(call, outer)
        words = {word.arg: word.value for word in node.keywords}
        name = known(node.args[0], scope) if node.args else None
        if not isinstance(name, str) or not COMMAND_NAME.fullmatch(name):
            shown = code_of(node.args[0]) if node.args else code_of(node)
            self.note(node, "command", name=shown)
            return Opaque()
        if not self._is_certain(owner.parser):
            self.note(node, "command_condition", name=name)
            return Opaque()
        aliases = known(words.get("aliases"), scope, default=())
        parser = self._parser(call, outer)
        # The call is of add_parser: what hangs on it is no parser of its own.
        text = _text(words.get("help"), scope)
        if text == SUPPRESS:
            text = None
        names = tuple(a for a in aliases if isinstance(a, str))
        owner.added = [one for one in owner.added if one.name != name]
        owner.added.append(Added(name, names, text, parser))
        return parser

    # Arguments.

    def _add_argument(
        self, node: ast.Call, group: Group, scope: Scope
    ) -> Declared | None:
        self.reached.add(node)
        parser = group.parser
        if not self._is_certain(parser):
            self.note(node, "condition", name=name_of(node, scope))
            return None
        place = Place(
            parser.defaults, parser.argument_default, group.title, group.exclusive
        )
        argument, notes = read_argument(node, scope, place)
        for note in notes:
            self.keep(note, node)
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
        self._exclusives += 1
        number = self._exclusives
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


def _text(node: ast.expr | None, scope: Scope) -> str | None:
    text = known(node, scope)
    return text if isinstance(text, str) else None


def _take_over_flags(arguments: list[Argument], flags: tuple[str, ...]) -> None:
    # conflict_handler="resolve": the later argument has the option; without it the
    # script fails when it is started, whatever is read here.
    for argument in list(arguments):
        left = tuple(flag for flag in argument.flags if flag not in flags)
        if left == argument.flags:
            continue
        index = arguments.index(argument)
        arguments[index : index + 1] = [replace(argument, flags=left)] if left else []

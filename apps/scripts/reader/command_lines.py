"""Reading what a Python script takes, whichever library it parses arguments with."""

from __future__ import annotations

import ast
from dataclasses import replace

from apps.scripts.problems import Note
from apps.scripts.reader import argparse_reader
from apps.scripts.reader.click_commands import Command, command_line
from apps.scripts.reader.click_reader import ClickWalker
from apps.scripts.reader.click_walker import ALIASES
from apps.scripts.reader.parsers import CommandLine
from apps.scripts.reader.trees import imported_modules
from apps.scripts.reader.typer_reader import TyperWalker

CLICK = {"click", *ALIASES}


def read_command_line(tree: ast.Module) -> CommandLine:
    """Return what the script's own parser, command or app takes, with notes."""
    imported = imported_modules(tree).keys()
    walker: ClickWalker | None = None
    if "typer" in imported:
        walker = TyperWalker(tree)
    elif CLICK & imported:
        walker = ClickWalker(tree)
    if walker is not None:
        walker.follow_all()
        if commands := walker.found_commands():
            return _own_command(walker, commands)
    return argparse_reader.read_command_line(tree)


def _own_command(walker: ClickWalker, commands: list[Command]) -> CommandLine:
    below = {id(one) for c in commands for _name, sub in c.commands for one in [sub]}
    called = [command for command in commands if command.is_called]
    own = called or [one for one in commands if id(one) not in below]
    if len(own) != 1:
        lines = ", ".join(str(getattr(one.node, "lineno", 1)) for one in own)
        walker.note(own[0].node, "several_commands", lines=lines)
        return CommandLine(notes=_sorted(walker))
    line = command_line(own[0])
    walker.keep_notes_of(own[0])
    return replace(line, notes=_sorted(walker))


def _sorted(walker: ClickWalker) -> tuple[Note, ...]:
    return tuple(sorted(walker.notes.values(), key=lambda note: note.line))

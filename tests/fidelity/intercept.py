"""Runs one program up to where it parses, and prints what argparse knows of it.

Run as a script of its own, with `-m MODULE` or a path: the program ends before it has
parsed anything, so it does nothing. Nothing of the hub is imported here.
"""

from __future__ import annotations

import argparse
import enum
import inspect
import json
import os
import runpy
import sys
from pathlib import Path
from typing import Any

NAMED = {int: "integer", float: "number", bool: "boolean"}
# What is run, before its own command line takes the place of ours.
PROGRAM = sys.argv[1:]
ANNOTATED = {"int": "integer", "float": "number"}


def plain(value: Any) -> Any:
    """Return a value as JSON, or how Python shows it."""
    if isinstance(value, bool | int | float | str | None):
        return getattr(value, "value", value)
    if isinstance(value, Path):
        return str(value)
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if isinstance(value, range):
        return list(value)
    return getattr(value, "value", {"shown": repr(value)})


def type_of(action: argparse.Action) -> str:
    """Return the JSON type that the values of an action have.

    A function says it by what it returns, as it says so itself or when it is tried.
    """
    function: Any = action.type
    if function in NAMED:
        return NAMED[function]
    if not inspect.isfunction(function) or not is_own(function):
        return "string"
    named = function.__annotations__.get("return")
    named = getattr(named, "__name__", named)
    if named in ANNOTATED:
        return ANNOTATED[named]
    if tried(function, "true") is True and tried(function, "false") is False:
        return "boolean"
    numbers = {type(tried(function, text)) for text in ("17", "1")} & {int, float}
    return NAMED[numbers.pop()] if numbers and refuses(function) else "string"


def is_own(function: Any) -> bool:
    """Whether a function is the program's own; what others do is not read."""
    return PROGRAM[0] == "-m" or function.__code__.co_filename == PROGRAM[-1]


def tried(function: Any, text: str) -> Any:
    """Return what a function makes of a text, None where it refuses it."""
    try:
        return function(text)
    except Exception:  # noqa: BLE001 (whatever a script's function may raise)
        return None


def refuses(function: Any) -> bool:
    """Whether what is no decimal number is none to a function either."""
    return all(tried(function, text) is None for text in ("x", "0x10", "1k", ""))


def choices_of(action: argparse.Action) -> Any:
    """Return the texts or numbers that may be given."""
    if action.choices is None:
        values = [plain(member) for member in enum_of(action)]
        return values if values and all(isinstance(v, str) for v in values) else None
    by_name = getattr(action.type, "__name__", "") in ("__getitem__", "by_name")
    return [c.name if by_name else plain(c) for c in action.choices]


def enum_of(action: argparse.Action) -> list[Any]:
    """Return the members of an enum that is the type: only they may be given."""
    return list(action.type) if isinstance(action.type, enum.EnumMeta) else []


def describe(parser: argparse.ArgumentParser, action: argparse.Action) -> Any:
    """Return what argparse knows of one argument."""
    titles = {
        id(one): group.title
        for group in parser._action_groups
        if group not in (parser._positionals, parser._optionals)
        for one in group._group_actions
    }
    exclusive = [
        {
            "required": group.required,
            "dests": [one.dest for one in group._group_actions],
        }
        for group in parser._mutually_exclusive_groups
        if action in group._group_actions
    ]
    const = getattr(action, "const", None)
    return {
        "kind": type(action).__name__,
        "base": [base.__name__ for base in type(action).__mro__],
        "dest": action.dest,
        "flags": list(action.option_strings),
        "nargs": action.nargs,
        "type": type_of(action),
        "choices": choices_of(action),
        "default": plain(action.default),
        "const": plain(const),
        "required": action.required,
        "help": help_of(parser, action),
        "group": titles.get(id(action)),
        "exclusive": exclusive[0] if exclusive else None,
    }


def help_of(parser: argparse.ArgumentParser, action: argparse.Action) -> str:
    """Return the help of an argument with its variables put in."""
    if not action.help or action.help == argparse.SUPPRESS:
        return ""
    text = parser._get_formatter()._expand_help(action)
    return " ".join(text.replace(parser.prog, "the script").split())


def dump(parser: argparse.ArgumentParser) -> Any:
    """Return what a parser, and each of its sub-commands, takes."""
    actions = [a for a in parser._actions if not is_commands(a)]
    commands: Any = None
    for action in filter(is_commands, parser._actions):
        by_parser: dict[int, list[str]] = {}
        for name, sub in action.choices.items():
            by_parser.setdefault(id(sub), []).append(name)
        helps = {choice.dest: choice.help for choice in action._choices_actions}
        commands = {
            "dest": None if action.dest == argparse.SUPPRESS else action.dest,
            "required": action.required,
            "commands": [
                {
                    "name": names[0],
                    "aliases": names[1:],
                    "help": helps.get(names[0]) or "",
                    "parser": dump(action.choices[names[0]]),
                }
                for names in by_parser.values()
            ],
        }
    return {
        "arguments": [describe(parser, action) for action in actions],
        "commands": commands,
        "description": parser.description,
    }


def is_commands(action: argparse.Action) -> bool:
    """Whether an action chooses a sub-command."""
    return isinstance(action, argparse._SubParsersAction)


def main() -> None:
    """Run the program that the command line names."""
    out = os.dup(1)

    def intercept(parser: argparse.ArgumentParser, *_args: Any, **_words: Any) -> None:
        text = json.dumps(dump(parser))
        with os.fdopen(out, "w", encoding="utf-8") as stream:
            stream.write(text)
        os._exit(0)

    for name in ("parse_known_args", "parse_args", "parse_known_intermixed_args"):
        setattr(argparse.ArgumentParser, name, intercept)
    if sys.argv[1] == "-m":
        module = sys.argv[2]
        sys.argv = [module]
        runpy.run_module(module, run_name="__main__", alter_sys=True)
    else:
        path = sys.argv[1]
        sys.argv = [path]
        sys.path[0] = str(Path(path).parent)
        runpy.run_path(path, run_name="__main__")


if __name__ == "__main__":
    main()

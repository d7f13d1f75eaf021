"""Runs a script up to its command; prints what the library knows, as JSON."""

from __future__ import annotations

import contextlib
import enum
import io
import json
import os
import runpy
import sys
import uuid
from typing import Any, Literal

import click
import typer
from typer import core as typer_core
from typer._click.exceptions import ClickException
from typer._coercion import TypeDescriptor

NUMBERS = {int: "integer", float: "number", bool: "boolean"}
REFUSALS = (
    click.ClickException,
    click.exceptions.Exit,
    click.Abort,
    ClickException,
    typer.Exit,
    typer.Abort,
)
RANGES = ("min", "max", "min_open", "max_open")


class Reached(BaseException):
    """The script's command is called."""


def reached(self: Any, *args: Any, **kwargs: Any) -> None:
    raise Reached(self)


click.Command.main = reached  # type: ignore[method-assign,assignment]
typer_core.TyperCommand.main = reached  # type: ignore[method-assign,assignment]
typer_core.TyperGroup.main = reached  # type: ignore[method-assign,assignment]


def command_of(path: str) -> Any:
    """Return the command that a script calls when it is run."""
    sys.argv = [path]
    try:
        runpy.run_path(path, run_name="__main__")
    except Reached as found:
        return found.args[0]
    raise SystemExit(f"{path} calls no command")


def plain(value: Any) -> Any:
    """A value in JSON's types."""
    if isinstance(value, enum.Enum):
        # click's choices are names, typer's are values; both are compared as such.
        return {"name": value.name, "value": value.value}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if isinstance(value, str | int | float | bool) or value is None:
        return value
    if isinstance(value, os.PathLike | uuid.UUID):
        return str(value)
    if hasattr(value, "isoformat"):
        return value.isoformat()
    return getattr(value, "name", str(value))


def describe(command: Any) -> dict[str, Any]:
    """Describe a command and all below it."""
    below = getattr(command, "commands", {})
    return {
        "help": command.help,
        "params": [describe_param(one, command) for one in params_of(command)],
        "commands": {name: describe(one) for name, one in below.items()},
        "stands_alone": bool(getattr(command, "invoke_without_command", False)),
    }


def params_of(command: Any) -> list[Any]:
    """All parameters but those that print something and leave."""
    leaving = ("version_option", "help_option")
    completion = {"install_completion", "show_completion"}
    return [
        one
        for one in command.params
        if not any(w in getattr(one.callback, "__qualname__", "") for w in leaving)
        and one.name not in completion
    ]


def describe_param(param: Any, command: Any) -> dict[str, Any]:
    is_option = param.param_type_name == "option"
    return {
        "name": param.name,
        "option": is_option,
        "opts": list(param.opts) if is_option else [],
        "secondary": list(param.secondary_opts),
        "required": param.required,
        "asks": bool(getattr(param, "prompt", None))
        and (param.required or param.prompt_required),
        "multiple": param.multiple,
        "nargs": param.nargs,
        "count": getattr(param, "count", False),
        "is_flag": getattr(param, "is_flag", False),
        "flag_value": plain(flag_value(param)),
        "hidden": getattr(param, "hidden", False),
        "help": getattr(param, "help", None),
        "optional_value": getattr(param, "_flag_needs_value", False),
        "exposed": param.expose_value,
        **default_of(param, command),
        **type_of(param),
    }


def flag_value(param: Any) -> Any:
    if not getattr(param, "is_flag", False):
        return None
    return getattr(param, "flag_activation_value", True)


def default_of(param: Any, command: Any) -> dict[str, Any]:
    """The default, as the script would get it; whether it is made anew each time."""
    if callable(param.default):
        return {"default": None, "explicit": True, "dynamic": True}
    context = command.context_class(command)
    found = param.get_default(context)
    value = getattr(found, "name", None) if "UNSET" in repr(found) else found
    value = None if "UNSET" in repr(found) else value
    explicit = getattr(param, "_default_explicit", value is not None)
    if value is not None and not callable(getattr(value, "read", None)):
        with contextlib.suppress(Exception):
            value = cast(param, context, value)
    return {"default": plain(value), "explicit": explicit, "dynamic": False}


def cast(param: Any, context: Any, value: Any) -> Any:
    if hasattr(param, "get_runtime_param"):
        return param.get_runtime_param().coerce(value, param=param, ctx=context)
    return param.type_cast_value(context, value)


# Types.


def type_of(param: Any) -> dict[str, Any]:
    """The type of one value; `parts` of each, where they are a tuple."""
    descriptor = getattr(param, "type_descriptor", None)
    if descriptor is not None:
        return typer_type(descriptor, param)
    if param.type.is_composite:
        return {"parts": [click_type(one) for one in param.type.types]}
    return click_type(param.type)


def click_type(one: Any) -> dict[str, Any]:
    found: dict[str, Any] = {"type": "string"}
    for kind, json_type in (
        (click.types.IntParamType, "integer"),
        (click.types.FloatParamType, "number"),
        (click.types.BoolParamType, "boolean"),
    ):
        if isinstance(one, kind):
            found["type"] = json_type
    if isinstance(one, click.types._NumberRangeBase) and not one.clamp:
        found |= {word: getattr(one, word) for word in RANGES}
    if isinstance(one, click.types.FuncParamType):
        returns = getattr(one.func, "__annotations__", {}).get("return")
        found["type"] = {"int": "integer", "float": "number"}.get(
            str(getattr(returns, "__name__", returns)), "string"
        )
    if isinstance(one, click.Choice):
        found |= choices([plain_choice(c, by="name") for c in one.choices])
    return found


def plain_choice(one: Any, by: str) -> Any:
    return getattr(one, by) if isinstance(one, enum.Enum) else one


def choices(values: list[Any]) -> dict[str, Any]:
    if all(type(value) is int for value in values):
        return {"type": "integer", "choices": values}
    return {"type": "string", "choices": [str(value) for value in values]}


def typer_type(descriptor: TypeDescriptor, param: Any) -> dict[str, Any]:
    annotation = descriptor.annotation
    args = getattr(annotation, "__args__", ())
    if descriptor.is_tuple:
        return {"parts": [annotated(one, descriptor, None) for one in args]}
    return annotated(
        args[0] if descriptor.is_list and args else annotation, descriptor, param
    )


def annotated(
    annotation: Any, descriptor: TypeDescriptor, param: Any
) -> dict[str, Any]:
    info = descriptor.parameter_info
    if info.parser is not None:
        return {"type": "string"}
    if isinstance(annotation, type) and issubclass(annotation, enum.Enum):
        return choices([one.value for one in annotation])
    if getattr(annotation, "__origin__", None) is Literal:
        return choices(list(annotation.__args__))
    found: dict[str, Any] = {"type": NUMBERS.get(annotation, "string")}
    if found["type"] in ("integer", "number") and not info.clamp and param is not None:
        found |= {"min": info.min, "max": info.max}
    return found


# Parsing for real.


def parse(command: Any, argv: list[str]) -> dict[str, Any]:
    """What a command line gives: the values of all commands on its way."""
    said = io.StringIO()
    levels: list[dict[str, Any]] = []
    names: list[str] = []
    try:
        with contextlib.redirect_stderr(said), contextlib.redirect_stdout(said):
            context = command.make_context("script", list(argv))
            while True:
                levels.append({k: plain(v) for k, v in context.params.items()})
                rest = [*getattr(context, "_protected_args", []), *context.args]
                if not hasattr(command, "commands") or not rest:
                    break
                name, command, args = command.resolve_command(context, rest)
                names.append(name)
                context = command.make_context(name, args, parent=context)
    except REFUSALS as refused:
        message = getattr(refused, "message", None) or repr(refused)
        return {"refused": f"{message} {said.getvalue()}"}
    values = {name: value for one in levels for name, value in one.items()}
    return {"values": values, "levels": levels, "commands": names}


if __name__ == "__main__":
    command_lines = json.load(sys.stdin)
    sys.stdin = io.StringIO()
    found = command_of(sys.argv[1])
    if command_lines is None:
        answer: Any = describe(found)
    else:
        answer = [parse(found, argv) for argv in command_lines]
    json.dump(answer, sys.stdout)

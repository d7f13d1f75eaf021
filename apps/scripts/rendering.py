"""From checked values to the arguments of a script's command line.

Each value becomes exactly one argument of the script, whatever it holds: options are
rendered as `--name=value` in one element and positionals after `--`, so that no value
can be taken for an option. Where argparse wants the values of an option as elements of
their own (`nargs`), one that begins with a dash is refused.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from apps.scripts.commands import JsonObject, Level, levels, ordered_fields
from apps.scripts.problems import Problem, english, show

# What argparse takes for a negative number, in every version of Python.
NEGATIVE_NUMBER = re.compile(r"-\d+|-\d*\.\d+")
# How argparse itself matches positionals, among them "--": a dash.
ARGPARSE_PATTERNS = {
    None: "(-*A-*)",
    "?": "(-*A?-*)",
    "*": "(-*[A-]*)",
    "+": "(-*A[A-]*)",
    "...": "([-AO]*)",
}
ANY_LENGTH = {"?": "{0,1}", "*": "*", "+": "+", "...": "*"}


class NotRenderable(ValueError):
    """Values that were not validated: `problems` says what is wrong with them."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__(" ".join(english(problem) for problem in problems))
        self.problems = problems


def render_argv(schema: Mapping[str, Any], values: Mapping[str, Any]) -> list[str]:
    """Return the arguments for values that `validate` has passed.

    Only what is given is rendered; the script's own defaults stand for the rest.
    Raises NotRenderable for a name that the schema does not know and for a value that
    no command line carries safely; no such value is ever rendered.
    """
    if problems := rendering_problems(schema, values):
        raise NotRenderable(problems)
    return _rendered(levels(schema, values), extra_arguments(schema, values))


def extra_arguments(schema: Mapping[str, Any], values: Mapping[str, Any]) -> list[str]:
    """Return the arguments that are given beside what the schema knows."""
    names = [n for n, f in schema.get("properties", {}).items() if _kind(f) == "extra"]
    return [text for name in names for text in values.get(name, [])]


def _kind(field: JsonObject) -> str:
    return str(field["x-hub"]["kind"])


def _rendered(parts: list[Level], extra: list[str]) -> list[str]:
    """One parser's options, then its positionals, among them a command with its own."""
    level, *inner = parts
    options: list[str] = []
    positionals: list[str] = []
    for name, field in ordered_fields(level.schema):
        if name not in level.values or _kind(field) == "extra":
            continue
        arguments = _arguments(field, level.values[name])
        if _kind(field) == "command":
            positionals += arguments + (_rendered(inner, extra) if inner else [])
        elif _kind(field) == "positional":
            positionals += arguments
        else:
            options += arguments
    if not inner:
        # Before "--", so that they may be options; they may have a "--" of their own.
        options += extra
    bare = _is_bare(level) or (not inner and "--" in extra)
    if positionals and not bare:
        options.append("--")
    return options + positionals


def _is_bare(level: Level) -> bool:
    """Whether positionals stand without "--" before them.

    Before a command argparse takes it for one.
    """
    return _has_command(level) or _starts_with_rest(level.schema, level.values)


def _has_command(level: Level) -> bool:
    fields = level.schema["properties"]
    return any(_kind(fields[name]) == "command" for name in level.values)


def item_schema(field: Mapping[str, Any], number: int) -> JsonObject:
    """Return the schema of one item of a list, whose items may be of several types."""
    of_its_own = field.get("prefixItems", [])
    items: JsonObject = field["items"]
    return of_its_own[number] if number < len(of_its_own) else items


def is_rendered(field: JsonObject, value: Any) -> bool:
    """Whether a value puts anything onto the command line: a false switch does not."""
    return bool(_arguments(field, value))


def rendering_problems(
    schema: Mapping[str, Any], values: Mapping[str, Any]
) -> list[Problem]:
    """Return what cannot be rendered, though it is of the right type."""
    fields = schema.get("properties", {})
    unknown = [Problem(name, "unknown_none") for name in values if name not in fields]
    if unknown:
        return unknown
    extra = extra_arguments(schema, values)
    parts = levels(schema, values)
    problems = [p for level in parts for p in _level_problems(level, parts, extra)]
    if problems:
        return problems
    for number, level in enumerate(parts):
        if _has_command(level):
            inner = parts[number + 1 :]
            problems += _command_problems(
                level, _rendered(inner, extra) if inner else []
            )
        else:
            problems += _position_problems(level.schema, level.values)
    return problems


def _level_problems(
    level: Level, parts: list[Level], extra: list[str]
) -> Iterator[Problem]:
    bare = _is_bare(level)
    for name, field in ordered_fields(level.schema):
        if name in level.values:
            root = level.schema["x-hub"]
            yield from _field_problems(name, field, level.values[name], root, bare)
    followed = level is parts[-1] and extra and not extra[0].startswith("-")
    if bare or followed:
        yield from _open_list_problems(level.schema, level.values)


def _command_problems(level: Level, inner: list[str]) -> Iterator[Problem]:
    """Find positionals before or after a command that argparse would take otherwise.

    It matches the command, with all that follows it, like a positional.
    """
    marks = ["-" if text == "--" else "O" if text[:1] == "-" else "A" for text in inner]
    if "-" in marks:
        end = marks.index("-") + 1
        marks[end:] = ["A"] * (len(marks) - end)
    pattern, line = "", ""
    meant: list[tuple[str, int]] = []
    for name, field in ordered_fields(level.schema):
        texts = _arguments(field, level.values[name]) if name in level.values else []
        if _kind(field) == "command":
            pattern += "(-*A[-AO]*)"
            line += "A" + "".join(marks)
            meant.append((name, 1 + marks.count("A")))
        elif _kind(field) == "positional":
            pattern += ARGPARSE_PATTERNS.get(
                field["x-hub"].get("nargs"), f"((?:-*A){_length(field)}-*)"
            )
            line += "A" * len(texts)
            meant.append((name, len(texts)))
    match = re.match(pattern, line)
    for index, (name, count) in enumerate(meant):
        if match and match.group(index + 1).count("A") > count:
            later = next(other for other, given in meant[index + 1 :] if given)
            yield Problem(later, "position", {"other": name})
            return


def _field_problems(
    name: str, field: JsonObject, value: Any, root: Mapping[str, Any], bare: bool
) -> Iterator[Problem]:
    """`bare`: positionals stand without "--" before them."""
    kind = field["x-hub"]["kind"]
    if kind in ("switch", "count", "each", "command", "extra", "secret"):
        return
    texts = _texts(field, value)
    # Elements of their own; a single value is rendered as `--name=value`.
    hub = field["x-hub"]
    listed = kind == "list" and len(texts) > 1 and not hub.get("separate")
    positional = kind == "positional"
    for number, text in enumerate(texts):
        params: dict[str, object] = {"value": show(text)}
        if isinstance(value, list):
            params["item"] = number
        prefix = root.get("file_prefix") or ""
        if text == "--":
            # argparse takes it out, or stumbles over it, even as an option's value.
            yield Problem(name, "dashes", params)
        elif _is_refused(text, hub) or (
            (listed or (positional and bare)) and _looks_like_option(text, root)
        ):
            yield Problem(name, "option_like", params)
        elif (listed or positional) and text[:1] and text[0] in prefix:
            yield Problem(name, "file_like", {**params, "prefix": text[0]})


def _open_list_problems(
    schema: Mapping[str, Any], values: Mapping[str, Any]
) -> Iterator[Problem]:
    """Find lists that would go on into positionals that have no "--" before them."""
    for name, field in ordered_fields(schema):
        hub = field["x-hub"]
        is_open = hub["kind"] == "list" and hub["nargs"] in ("*", "+")
        if is_open and name in values and len(values[name]) != 1:
            yield Problem(name, "open_list")


def _is_refused(text: str, hub: Mapping[str, Any]) -> bool:
    """Whether the parser takes even `--name=text` for the option alone, and another."""
    return bool(text[1:]) and text[0] in hub.get("refuses", "")


def _looks_like_option(text: str, root: Mapping[str, Any]) -> bool:
    if not text.startswith("-"):
        return False
    return bool(root.get("negative_flags")) or not NEGATIVE_NUMBER.fullmatch(text)


def _position_problems(
    schema: Mapping[str, Any], values: Mapping[str, Any]
) -> Iterator[Problem]:
    """Find positionals that argparse would hand to another than they are meant for.

    argparse matches all of them at once, each taking as many as it can, so leaving out
    an optional one gives its place to the next.
    """
    fields = [
        (name, field, len(_arguments(field, values[name])) if name in values else 0)
        for name, field in ordered_fields(schema)
        if field["x-hub"]["kind"] == "positional"
    ]
    if any(field["x-hub"].get("fixed") for _name, field, _count in fields):
        yield from _displaced(fields)
        return
    pattern = "".join(f"(A{_length(field)})" for _name, field, _count in fields)
    match = re.match(pattern, "A" * sum(one[2] for one in fields))
    if match is None:
        # A required one is missing, which is another problem.
        return
    for index, taken in enumerate(match.groups()):
        name, _, count = fields[index]
        if len(taken) > count:
            later = next(other for other, _f, c in fields[index + 1 :] if c)
            yield Problem(later, "position", {"other": name})
            return


def _displaced(fields: list[tuple[str, JsonObject, int]]) -> Iterator[Problem]:
    """Find positionals that would be handed what is meant for others.

    Each takes its own number, from the left up to the one that takes any number, then
    from the right; that one has the rest.
    """
    meant = [name for name, _field, count in fields for _ in range(count)]
    sizes = [(name, _fixed_length(field)) for name, field, _count in fields]
    while sizes and sizes[0][1] is not None:
        name, size = sizes.pop(0)
        taken, meant = meant[:size], meant[size:]
        yield from _taken_from(name, taken)
    while sizes and sizes[-1][1] is not None and meant:
        name, size = sizes.pop()
        assert size is not None
        taken, meant = meant[-size:], meant[:-size]
        yield from _taken_from(name, taken)


def _taken_from(name: str, taken: list[str]) -> Iterator[Problem]:
    others = [owner for owner in taken if owner != name]
    if others:
        yield Problem(name, "displaced", {"other": others[0]})


def _fixed_length(field: JsonObject) -> int | None:
    nargs = field["x-hub"].get("nargs")
    if isinstance(nargs, int):
        return nargs
    return None if nargs in ("*", "+") else 1


def _length(field: JsonObject) -> str:
    nargs = field["x-hub"].get("nargs")
    if nargs is None:
        return "{1}"
    return ANY_LENGTH[nargs] if isinstance(nargs, str) else f"{{{nargs}}}"


def _starts_with_rest(schema: Mapping[str, Any], values: Mapping[str, Any]) -> bool:
    """Whether a positional that takes all the rest stands before the first one given.

    argparse would hand it the "--", even when it gets nothing else.
    """
    positionals = [
        (name, field["x-hub"].get("nargs"))
        for name, field in ordered_fields(schema)
        if field["x-hub"]["kind"] == "positional"
    ]
    given = [values.get(name) not in (None, []) for name, _nargs in positionals]
    if True not in given:
        return False
    upto = positionals[: given.index(True) + 1]
    return any(nargs == "..." for _name, nargs in upto)


def _arguments(field: JsonObject, value: Any) -> list[str]:
    hub = field["x-hub"]
    match hub["kind"]:
        case "secret":
            # Everybody on this host may read a command line.
            return []
        case "switch":
            pairs = hub["switches"]
            return [flag for stored, flag in pairs if same(stored, value)]
        case "count":
            return [hub["flag"]] * (int(value) - hub["start"])
        case "each":
            pairs = hub["switches"]
            return [flag for item in value for v, flag in pairs if same(v, item)]
        case "positional" | "command" | "extra":
            return _texts(field, value)
        case "list":
            texts = _texts(field, value)
            # One value fits into the option's own element, where it is safer.
            if len(texts) == 1 and not hub.get("separate"):
                return [f"{hub['flag']}={texts[0]}"]
            return [hub["flag"], *texts]
        case _ if hub.get("separate"):
            return [
                part for text in _texts(field, value) for part in (hub["flag"], text)
            ]
        case _:
            return [f"{hub['flag']}={text}" for text in _texts(field, value)]


def _texts(field: JsonObject, value: Any) -> list[str]:
    # type=bool: every text is true but the empty one.
    words = field["x-hub"].get("words", ["", "true"])
    if isinstance(value, list):
        return [_text(v, item_schema(field, n), words) for n, v in enumerate(value)]
    return [_text(value, field, words)]


def _text(value: Any, schema: JsonObject, words: list[str]) -> str:
    if isinstance(value, bool):
        return words[value]
    if isinstance(value, float):
        if schema.get("type") == "integer":
            # JSON's 5.0 is the integer 5, which int("5.0") would not read.
            return str(int(value))
        # Written out, since -1e-07 would be read as an option.
        return format(Decimal(repr(value)), "f")
    return str(value)


def same(one: Any, other: Any) -> bool:
    """Whether two scalars are the same in JSON, where true is not 1."""
    return isinstance(one, bool) == isinstance(other, bool) and bool(one == other)

"""What click or typer knows of a script's parameters, against what the hub has read."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from apps.scripts.commands import chosen
from apps.scripts.manifest import read_manifest
from apps.scripts.parameters import Declaration, read_parameters
from apps.scripts.rendering import same
from tests.fidelity_click.asking import ask

CORPUS = Path(__file__).parent / "corpus"


@dataclass
class Comparison:
    """One script: `wrong` says of each parameter what was read otherwise."""

    name: str
    count: int = 0
    wrong: dict[str, list[str]] = field(default_factory=dict)
    # Those of `wrong` that would harm: a text where there is a number, a field that
    # may be left empty though the script demands it.
    wrong_types: list[str] = field(default_factory=list)
    lost_required: list[str] = field(default_factory=list)
    # Required, left out, and said so in a note.
    left_out: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @property
    def right(self) -> int:
        """How many parameters are exactly right."""
        return self.count - len(self.wrong)


def scripts() -> list[Path]:
    """Return the scripts of the corpus."""
    return sorted(CORPUS.glob("*.py"))


def read(script: Path) -> Declaration:
    """Read a script as the hub does."""
    source = script.read_text(encoding="utf-8")
    return read_parameters(source, language="python", manifest=read_manifest(source))


def compare(script: Path) -> Comparison:
    """Compare one script, parameter by parameter."""
    result = Comparison(script.stem)
    declaration = read(script)
    result.notes = [f"line {note.line}: {note.text}" for note in declaration.notes]
    _compare_command(ask(script), declaration.schema, {}, "", result)
    return result


def _compare_command(
    real: dict[str, Any],
    schema: dict[str, Any],
    choice: dict[str, str],
    path: str,
    result: Comparison,
) -> None:
    """`choice` are the commands that lead to this one."""
    about = chosen(schema, choice)
    fields = _fields(schema, about, path)
    by_name: dict[str, list[dict[str, Any]]] = {}
    for param in real["params"]:
        by_name.setdefault(param["name"], []).append(param)
    for name, params in by_name.items():
        result.count += 1
        shown = f"{path} {name}".strip()
        field_name = _field_name(name, path, fields)
        if field_name not in fields:
            result.wrong[shown] = ["left out"]
            if _is_required(params):
                result.left_out.append(shown)
            continue
        required = field_name in about["required"]
        wrong = list(_differences(params, fields.pop(field_name), required))
        if wrong:
            result.wrong[shown] = [text for _kind, text in wrong]
        result.wrong_types += [f"{shown}: {t}" for k, t in wrong if k == "type"]
        if _is_required(params) and not required:
            result.lost_required.append(shown)
    for name, one in fields.items():
        if one["x-hub"]["kind"] not in ("command", "extra"):
            result.wrong[f"{path} {name}"] = ["is no parameter of the script"]
            result.count += 1
    if real["commands"]:
        _compare_commands(real, schema, choice, path, result)


def _fields(
    schema: dict[str, Any], about: dict[str, Any], path: str
) -> dict[str, dict[str, Any]]:
    """The fields of one command alone."""
    of_command = [o for o in schema["x-hub"].get("commands", []) if o["name"] == path]
    names = [name for one in of_command for name in one["fields"]]
    if not path:
        fields = schema["properties"].items()
        names = [n for n, one in fields if "" in one["x-hub"].get("commands", [""])]
    return {name: about["properties"][name] for name in names}


def _field_name(name: str, path: str, fields: dict[str, Any]) -> str:
    """A parameter that an outer command has too is called by its own command's."""
    own = f"{path.rpartition(' ')[2].replace('-', '_')}_{name}"
    return own if own in fields else name


def _compare_commands(
    real: dict[str, Any],
    schema: dict[str, Any],
    choice: dict[str, str],
    path: str,
    result: Comparison,
) -> None:
    """The choice of a command counts as one parameter, and so do those of each."""
    known = {one["name"]: one for one in schema["x-hub"].get("commands", [])}
    result.count += 1
    wrong = []
    for name, command in real["commands"].items():
        full = f"{path} {name}".strip()
        about = known.get(full)
        if about is None:
            wrong.append(f"command {full} left out")
            continue
        inner = {**choice, about["field"]: name}
        _compare_command(command, schema, inner, full, result)
        required = about["field"] in chosen(schema, choice)["required"]
        if required == real["stands_alone"]:
            wrong.append(f"required is {required}")
    if wrong:
        result.wrong[f"{path} (command)".strip()] = wrong


def _is_required(params: list[dict[str, Any]]) -> bool:
    return any(param["required"] or param["asks"] for param in params)


def _differences(
    params: list[dict[str, Any]], schema: dict[str, Any], required: bool
) -> Iterator[tuple[str, str]]:
    """Yield what is wrong, and what kind of wrong it is."""
    if required != _is_required(params):
        yield "required", f"required is {required}"
    if all(param["is_flag"] and not param["count"] for param in params):
        yield from _switch(params, schema)
    elif params[0]["count"]:
        yield from _count(params[0], schema)
    else:
        yield from _valued(params[0], schema)
    yield from _default(params, schema, required)
    yield from _said(params[0], schema)


def _switch(
    params: list[dict[str, Any]], schema: dict[str, Any]
) -> Iterator[tuple[str, str]]:
    expected: list[tuple[Any, list[str]]] = []
    for param in params:
        yes = True if param["secondary"] else param["flag_value"]
        expected.append((yes, param["opts"]))
        if param["secondary"]:
            expected.append((False, param["secondary"]))
    expected = [(value, opts) for value, opts in expected if opts]
    found = schema["x-hub"].get("switches", [])
    if len(found) != len(expected):
        yield "type", f"switches are {found}, not {expected}"
    for (value, flag), (stored, opts) in zip(found, expected, strict=False):
        if not same(value, stored) or flag not in opts:
            yield "type", f"{flag} stores {value!r}, not {stored!r} by {opts}"


def _count(param: dict[str, Any], schema: dict[str, Any]) -> Iterator[tuple[str, str]]:
    hub = schema["x-hub"]
    if hub["kind"] != "count" or schema["type"] != "integer" or hub["start"] != 0:
        yield "type", f"is no count: {schema}"
    if hub["flag"] not in param["opts"]:
        yield "flag", f"is {hub['flag']}, not one of {param['opts']}"


def _valued(param: dict[str, Any], schema: dict[str, Any]) -> Iterator[tuple[str, str]]:
    hub = schema["x-hub"]
    is_list = param["multiple"] or param["nargs"] != 1 or "parts" in param
    if (schema.get("type") == "array") != is_list:
        yield "type", f"is of type {schema.get('type')}, list: {is_list}"
        return
    parts = param.get("parts", [param])
    items = schema.get("prefixItems") or [schema.get("items", schema)] * len(parts)
    for part, item in zip(parts, items, strict=True):
        yield from _value(part, item)
    if param["option"] and hub["flag"] not in param["opts"]:
        yield "flag", f"is {hub['flag']}, not one of {param['opts']}"
    if hub["kind"] != _kind(param):
        yield "kind", f"is rendered as {hub['kind']}"
    several = not param["multiple"] and param["nargs"] > 1
    length = [schema.get("minItems"), schema.get("maxItems")]
    if several and length != [param["nargs"]] * 2:
        yield "length", f"has a length other than {param['nargs']}"
    if param["nargs"] == -1 and hub["nargs"] != ("+" if param["required"] else "*"):
        yield "length", f"has nargs {hub['nargs']}"
    if param["optional_value"] != ("refuses" in hub):
        yield "kind", f"the value may be omitted: {param['optional_value']}"


def _kind(param: dict[str, Any]) -> str:
    if not param["option"]:
        return "positional"
    if param["multiple"]:
        return "repeat"
    return "option" if param["nargs"] == 1 and "parts" not in param else "list"


def _value(real: dict[str, Any], schema: dict[str, Any]) -> Iterator[tuple[str, str]]:
    if schema.get("type") != real["type"]:
        yield "type", f"is of type {schema.get('type')}, not {real['type']}"
    if schema.get("enum") != real.get("choices"):
        yield "choices", f"has choices {schema.get('enum')}, not {real.get('choices')}"
    for word, limit, step in (("min", "inimum", 1), ("max", "aximum", -1)):
        bound, is_open = real.get(word), real.get(f"{word}_open")
        wanted: dict[str, Any] = {}
        if bound is not None and is_open and real["type"] == "integer":
            wanted = {f"{word[0]}{limit}": bound + step}
        elif bound is not None:
            name = f"exclusive{word[0].upper()}" if is_open else word[0]
            wanted = {f"{name}{limit}": bound}
        names = (f"{word[0]}{limit}", f"exclusive{word[0].upper()}{limit}")
        found = {name: schema[name] for name in names if name in schema}
        if found != wanted:
            yield "limits", f"has {found}, not {wanted}"


def _default(
    params: list[dict[str, Any]], schema: dict[str, Any], required: bool
) -> Iterator[tuple[str, str]]:
    explicit = [param for param in params if param["explicit"]]
    holds = (explicit or params)[-1]
    wanted = _plain_default(holds["default"], schema)
    if required or holds["dynamic"] or wanted in ([], None):
        wanted = None
    if "enum" in schema and wanted not in schema["enum"]:
        wanted = None
    found = schema.get("default")
    if schema.get("type") == "string" and isinstance(wanted, int | float):
        # A type of the script's own: the text from which it is made.
        wanted = str(wanted)
    if found is None and f", or {wanted} where" in schema.get("description", ""):
        # It depends on the environment, which only words can say.
        wanted = None
    if not (isinstance(found, list) and found == wanted) and not same(found, wanted):
        yield "default", f"has the default {found!r}, not {wanted!r}"


def _plain_default(value: Any, schema: dict[str, Any]) -> Any:
    """A default, of enumerations by the words that the command line takes."""
    if isinstance(value, list):
        return [_plain_default(item, schema.get("items", {})) for item in value]
    if not isinstance(value, dict):
        return value
    choices = schema.get("enum", [])
    return value["name"] if value["name"] in choices else value["value"]


def _said(param: dict[str, Any], schema: dict[str, Any]) -> Iterator[tuple[str, str]]:
    text = " ".join((param["help"] or "").split())
    if not schema.get("description", "").startswith(text.removesuffix("(DEPRECATED)")):
        yield "help", f"is described as {schema.get('description')!r}, not {text!r}"
    if bool(schema["x-hub"].get("hidden")) != bool(param["hidden"]):
        yield "hidden", "is hidden, or not, otherwise"

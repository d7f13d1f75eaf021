"""What argparse knows of a program's arguments, against what the hub has read."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from apps.scripts.commands import chosen
from apps.scripts.manifest import read_manifest
from apps.scripts.parameters import Declaration, read_parameters
from apps.scripts.rendering import same
from tests.fidelity.programs import Program

# What prints something and leaves is nobody's parameter; neither counts.
LEAVING = ("_HelpAction", "_VersionAction")
SWITCHES = ("_StoreTrueAction", "_StoreFalseAction", "_StoreConstAction")


@dataclass
class Comparison:
    """One program's arguments: `wrong` says of each what was read otherwise."""

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

    def add(self, name: str, wrong: list[str]) -> None:
        """Take down what is wrong with an argument that was read."""
        if wrong:
            self.wrong[name] = wrong
        if any(text.startswith("type") for text in wrong):
            self.wrong_types.append(name)
        if "not required" in wrong:
            self.lost_required.append(name)

    @property
    def right(self) -> int:
        """How many arguments are exactly right."""
        return self.count - len(self.wrong)


def compare(program: Program) -> Comparison:
    """Compare one program, argument by argument."""
    result = Comparison(program.name)
    source = program.source()
    declaration = read_parameters(
        source, language="python", manifest=read_manifest(source)
    )
    result.notes = [f"line {note.line}: {note.text}" for note in declaration.notes]
    _compare_parser(program.real_parser(), declaration, {}, "", result)
    return result


def _compare_parser(
    real: Any,
    declaration: Declaration,
    choice: dict[str, str],
    path: str,
    result: Comparison,
) -> None:
    """`choice` are the commands that lead to this parser."""
    schema = chosen(declaration.schema, choice)
    fields = {
        name: about
        for name, about in schema["properties"].items()
        if path in about["x-hub"].get("commands", [""])
    }
    by_dest: dict[str, list[Any]] = {}
    for action in real["arguments"]:
        if action["kind"] not in LEAVING:
            by_dest.setdefault(action["dest"], []).append(action)
    for action in [one for actions in by_dest.values() for one in actions]:
        name = " ".join(filter(None, [path, *(action["flags"] or [action["dest"]])]))
        result.count += 1
        about = _field_of(action, fields)
        if about is None:
            _note_left_out(name, action, declaration, result)
            continue
        required = action["dest"] in schema["required"]
        siblings = by_dest[action["dest"]]
        result.add(name, list(differences(action, siblings, about, required)))
    if real["commands"]:
        _compare_commands(real["commands"], declaration, choice, path, result)


def _note_left_out(
    name: str, action: Any, declaration: Declaration, result: Comparison
) -> None:
    result.wrong[name] = ["left out"]
    if _is_demanded(action):
        noted = declaration.schema["x-hub"].get("extra")
        (result.left_out if noted else result.lost_required).append(name)


def _is_demanded(action: Any) -> bool:
    # argparse calls a positional "*" required, which it is not.
    return action["required"] and (
        bool(action["flags"]) or action["nargs"] not in ("?", "*", "...")
    )


def _field_of(action: Any, fields: dict[str, Any]) -> Any:
    """The field by which an argument is given: mostly the one of its dest."""
    for about in fields.values():
        hub = about["x-hub"]
        if hub.get("dest") == action["dest"] and hub["flag"] in action["flags"]:
            return about
    return fields.get(action["dest"])


def _compare_commands(
    real: Any,
    declaration: Declaration,
    choice: dict[str, str],
    path: str,
    result: Comparison,
) -> None:
    """The choice of a command counts as one argument, and so do those of each."""
    known = {
        one["name"]: one for one in declaration.schema["x-hub"].get("commands", [])
    }
    result.count += 1
    name = f"{path} {real['dest'] or 'command'}".strip()
    wrong = []
    for command in real["commands"]:
        full = f"{path} {command['name']}".strip()
        about = known.get(full)
        if about is None:
            wrong.append(f"command {full} left out")
            _compare_parser(command["parser"], declaration, choice, full, result)
            continue
        if (about["aliases"], about["help"]) != (command["aliases"], command["help"]):
            wrong.append(f"help or aliases of {full}: {about}")
        inner = {**choice, about["field"]: command["name"]}
        _compare_parser(command["parser"], declaration, inner, full, result)
        required = about["field"] in chosen(declaration.schema, choice)["required"]
        if required != real["required"]:
            wrong.append(f"required: {required}")
    if wrong:
        result.wrong[name] = wrong


def differences(
    action: Any, siblings: list[Any], about: Any, required: bool
) -> Iterator[str]:
    """Say what is read otherwise; `siblings` are all the arguments of one dest."""
    hub = about["x-hub"]
    flags = {hub["flag"], *hub.get("aliases", [])}
    flags |= {flag for _value, flag in hub.get("switches", [])}
    covered = len(siblings) > 1 and "switches" not in hub and action is not siblings[0]
    missing = set(action["flags"]) - flags
    if missing and not (covered and set(SWITCHES) & set(action["base"])):
        yield f"options missing: {sorted(missing)}"
    if not action["flags"] and hub["kind"] != "positional":
        yield f"kind: {hub['kind']}"
    yield from _type_differences(action, siblings, about)
    yield from _required_differences(action, siblings, required)
    if action is siblings[0] or "dest" in hub:
        yield from _default_differences(action, about, required)
        yield from _help_differences(action, about)
        if hub["group"] != action["group"]:
            yield f"group: {hub['group']}"


def _type_differences(action: Any, siblings: list[Any], about: Any) -> Iterator[str]:
    base = set(action["base"])
    hub, read = about["x-hub"], about.get("type")
    if base & set(SWITCHES):
        yield from _switch_differences(action, siblings, about)
    elif action["kind"] == "BooleanOptionalAction":
        if read != "boolean":
            yield f"type: {read}, not boolean"
    elif "_CountAction" in base:
        if (hub["kind"], read) != ("count", "integer"):
            yield f"type: {read}, not a count"
    elif "_AppendConstAction" in base:
        if read != "array" or action["const"] not in about["items"]["enum"]:
            yield f"type: {about}"
    else:
        yield from _value_differences(action, about, "_AppendAction" in base)


def _switch_differences(action: Any, siblings: list[Any], about: Any) -> Iterator[str]:
    hub, stored = about["x-hub"], action["const"]
    if "dest" in hub:
        # What it stores is no value of its dest; whether it is given is asked for.
        if about["type"] != "boolean":
            yield f"type: {about['type']}, not boolean"
    elif "switches" in hub:
        values = [value for value, _flag in hub["switches"]]
        if not any(same(value, stored) for value in values):
            yield f"type: {values} are stored, not {stored}"
    elif len(siblings) < 2 or stored not in about.get("enum", [stored]):
        yield f"type: {stored} cannot be given"


def _value_differences(action: Any, about: Any, repeats: bool) -> Iterator[str]:
    nargs, read = action["nargs"], about["x-hub"].get("nargs")
    many = repeats or nargs not in (None, "?")
    value = about.get("items", {}) if many else about
    if many and about.get("type") != "array":
        yield f"type: {about.get('type')}, not array"
    elif value.get("type") != action["type"]:
        yield f"type: {value.get('type')}, not {action['type']}"
    yield from _choices_differences(action, value)
    if nargs != read and not repeats:
        yield f"nargs: {read}, not {nargs}"
    if isinstance(nargs, int) and about.get("maxItems") != nargs:
        yield f"nargs: {about.get('maxItems')}, not {nargs}"


def _choices_differences(action: Any, value: Any) -> Iterator[str]:
    if (wanted := action["choices"]) is None:
        if "enum" in value:
            yield f"choices: {value['enum']}"
        return
    read = value.get("enum")
    if read is None and "maximum" in value:
        read = list(range(value["minimum"], value["maximum"] + 1))
    # None among the choices is for the default; no text becomes it.
    if read != [choice for choice in wanted if choice is not None]:
        yield f"choices: {read}, not {wanted}"


def _required_differences(
    action: Any, siblings: list[Any], required: bool
) -> Iterator[str]:
    exclusive = action["exclusive"]
    alone = exclusive and exclusive["required"] and len(set(exclusive["dests"])) == 1
    wanted = any(map(_is_demanded, siblings))
    if (wanted or alone) and not required:
        yield "not required"
    elif required and not (wanted or alone):
        yield "required, though it is not"


def _default_differences(action: Any, about: Any, required: bool) -> Iterator[str]:
    default = action["default"]
    if "dest" in about["x-hub"]:
        # The default is that of the field that is called as the dest is.
        return
    text = about.get("description", "")
    if "default" in about:
        if about["default"] != default and not _from_text(about, default):
            yield f"default: {about['default']}, not {default}"
        return
    if required or default in (None, [], "==SUPPRESS=="):
        return
    if "adds_to" in about["x-hub"]:
        if about["x-hub"]["adds_to"] != default:
            yield f"default: {about['x-hub']['adds_to']}, not {default}"
        return
    shown = default if isinstance(default, str) else str(default)
    if isinstance(default, dict) and "default" in text.lower():
        return
    if isinstance(default, list):
        shown = ", ".join(map(str, default))
    if shown not in text:
        yield f"default: none, not {default}"


def _from_text(about: Any, default: Any) -> bool:
    # argparse passes a text through the type.
    return isinstance(default, str) and str(about["default"]) == default


def _help_differences(action: Any, about: Any) -> Iterator[str]:
    read = about.get("description", "")
    if not read.startswith(action["help"]):
        yield f"help: {read!r}, not {action['help']!r}"

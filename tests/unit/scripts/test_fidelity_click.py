"""What is read of click and typer scripts is what click and typer know of them."""

from __future__ import annotations

import pytest

from apps.scripts.commands import chosen, command_fields
from apps.scripts.parameters import render_argv, validate
from tests.fidelity_click.asking import ask
from tests.fidelity_click.compare import compare, read, scripts
from tests.unit.scripts.test_fidelity import HOSTILE

# Of the arguments of the corpus; the documentation names the figures.
FLOOR = 0.95
# What a type of the script's own, or its need of a date, takes.
SPECIAL = {
    "duration": "60",
    "even": 4,
    "key": "1b4e28ba-2fa1-41d2-883f-0016d3cca427",
    "click_key": "1b4e28ba-2fa1-41d2-883f-0016d3cca427",
    "day": "2025-01-31",
    "when": "2025-01-31",
    "since": "2025-01-31",
    "until": "2025-01-31",
    "size": "3",
    "checked": 3,
    "called": "CALLED",
    "name": "a_name",
    "price": "2.5",
    "file": "/dev/null",
    "out": "/dev/null",
    "ratio": 0.25,
}


@pytest.fixture(scope="module")
def comparisons():
    return [compare(script) for script in scripts()]


def test_at_least_95_percent_of_the_arguments_are_exactly_right(comparisons):
    count = sum(one.count for one in comparisons)
    right = sum(one.right for one in comparisons)
    assert count > 200
    assert right / count >= FLOOR, [one.wrong for one in comparisons]


def test_no_argument_is_read_with_a_wrong_type(comparisons):
    assert [text for one in comparisons for text in one.wrong_types] == []


def test_no_required_argument_is_taken_for_an_optional_one(comparisons):
    assert [name for one in comparisons for name in one.lost_required] == []


def test_a_required_argument_that_is_left_out_has_a_note(comparisons):
    assert [one.name for one in comparisons if one.left_out and not one.notes] == []


@pytest.mark.parametrize("script", scripts(), ids=lambda script: script.stem)
def test_a_value_of_every_parameter_arrives_in_the_script(script):
    schema = read(script).schema
    cases = [case for choice in _choices(schema) for case in _cases(schema, choice)]
    assert [p for _name, values in cases for p in validate(schema, values)] == []

    answers = ask(script, [render_argv(schema, values) for _name, values in cases])

    for (name, values), answer in zip(cases, answers, strict=True):
        if answer.get("refused", "").startswith("Exit"):
            # A --version of the script's own: it prints something and leaves.
            continue
        assert "levels" in answer, (name, values, answer)
        names = [name, *(name.removeprefix(f"{c}_") for c in answer["commands"])]
        arrived = [one[n] for one in answer["levels"] for n in names if n in one]
        assert not arrived or any(_same(a, values[name]) for a in arrived), (
            name,
            values,
            answer,
        )


def _choices(schema):
    """Values that choose each command; the script's own alone where that may be."""
    by_name = {one["name"]: one for one in schema["x-hub"].get("commands", [])}
    for path in ["", *by_name]:
        words = path.split()
        above = [" ".join(words[: n + 1]) for n in range(len(words))]
        choice = {by_name[p]["field"]: by_name[p]["value"] for p in above}
        about = chosen(schema, choice)
        open_choice = set(command_fields(schema)) & set(about["required"]) - set(choice)
        if not open_choice:
            yield choice


def _cases(schema, choice):
    """For each parameter, values with which a command line is complete."""
    about = chosen(schema, choice)
    fields = {
        name: one
        for name, one in about["properties"].items()
        if one["x-hub"]["kind"] not in ("command", "extra")
    }
    given = {name: _value(name, one) for name, one in fields.items()}
    # click hands out positionals in order, so that none of them can be left out.
    needed = [n for n in fields if fields[n]["x-hub"]["kind"] == "positional"]
    needed += [name for name in about["required"] if name in fields]
    values = {**choice, **{name: given[name] for name in needed}}
    return [(name, {**values, name: given[name]}) for name in fields]


def _value(name, field):
    """A value that differs from the default, where there is a choice."""
    kind = field["x-hub"]["kind"]
    if kind == "switch":
        values = [value for value, _flag in field["x-hub"]["switches"]]
        others = [value for value in values if value != field.get("default")]
        return (others or values)[0]
    if field.get("type") == "array":
        number = max(field.get("minItems", 2), 1)
        items = field.get("prefixItems") or [field["items"]] * number
        return [_value("", item | {"x-hub": {"kind": ""}}) for item in items]
    if name in SPECIAL and "enum" not in field:
        special = SPECIAL[name]
        convert = {"integer": int, "number": float}.get(field["type"], str)
        return convert(special)
    if "enum" in field:
        return field["enum"][-1]
    least = field.get("minimum", field.get("exclusiveMinimum", 0))
    most = field.get("maximum", field.get("exclusiveMaximum", least + 5))
    return {
        "integer": max(least, min(least + 3, int(most))),
        "number": (least + most) / 2 + 0.0,
        "boolean": False,
        "string": "-v x" if "refuses" not in field["x-hub"] else "v x",
    }[field["type"]]


def _same(arrived, value):
    if isinstance(value, list):
        pairs = zip(arrived, value, strict=True)
        return all(_same(one, other) for one, other in pairs)
    if isinstance(arrived, dict):
        return value in (arrived["name"], arrived["value"])
    if isinstance(value, str) and not isinstance(arrived, str):
        return str(arrived) == value
    if isinstance(value, str) and arrived.startswith(value):
        return True
    return type(arrived) is type(value) and arrived == value


TEXTS = {
    "click": """
import click

@click.command()
@click.option("--text", "-t")
@click.option("-s", "short")
@click.option("--many", multiple=True)
@click.option("-m", "short_many", multiple=True)
@click.option("--pair", nargs=2)
@click.option("--mixed", type=(str, int))
@click.option("--admin", is_flag=True)
@click.argument("first")
@click.argument("rest", nargs=-1)
def main(**values): ...

main()
""",
    "typer": """
import typer
from typing import Annotated

def main(
    first: str,
    rest: Annotated[list[str], typer.Argument()] = None,
    text: str = "",
    short: Annotated[str, typer.Option("-s")] = "",
    many: list[str] = [],
    short_many: Annotated[list[str], typer.Option("-m")] = [],
    pair: tuple[str, str] = ("", ""),
    mixed: tuple[str, int] = ("", 1),
    admin: bool = False,
): ...

typer.run(main)
""",
}


@pytest.mark.parametrize("library", TEXTS)
def test_any_text_arrives_as_that_one_value(library, tmp_path):
    script = tmp_path / "script.py"
    script.write_text(TEXTS[library], encoding="utf-8")
    schema = read(script).schema
    cases = [
        {
            "first": text,
            "rest": [text, "b"],
            "text": text,
            "short": text,
            "many": [text, text],
            "short_many": [text],
            "pair": [text, text],
            "mixed": [text, -5],
        }
        for text in HOSTILE
    ]
    assert [p for case in cases for p in validate(schema, case)] == []

    answers = ask(script, [render_argv(schema, case) for case in cases])

    arrived = [
        {name: answer.get("values", answer).get(name, answer) for name in case}
        for case, answer in zip(cases, answers, strict=True)
    ]
    assert arrived == cases
    assert all(answer["values"]["admin"] is False for answer in answers)


PROMPTS = """
import click

@click.command()
@click.option("--asked", prompt=True)
@click.option("--suggested", prompt=True, default="x")
@click.option("--only-when-named", prompt=True, prompt_required=False)
@click.confirmation_option()
def main(**values): ...

main()
"""


def test_what_click_would_ask_for_must_be_given(tmp_path):
    script = tmp_path / "script.py"
    script.write_text(PROMPTS, encoding="utf-8")
    schema = read(script).schema
    given = {"asked": "a", "suggested": "b", "yes": True}
    assert schema["required"] == list(given)
    fewer = [{k: v for k, v in given.items() if k != name} for name in given]
    lines = [render_argv(schema, values) for values in (given, *fewer)]

    complete, *asked = ask(script, lines)

    assert "values" in complete
    assert all("Abort" in answer["refused"] for answer in asked)

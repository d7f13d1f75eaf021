"""Values of every kind arrive in the scripts of the corpus as they were given."""

from __future__ import annotations

import random
from typing import Any

import pytest

from apps.scripts.commands import chosen
from apps.scripts.parameters import render_argv, validate
from apps.scripts.rendering import _texts
from tests.fidelity.programs import Program, own_programs
from tests.unit.scripts.harness import parse_for_real
from tests.unit.scripts.samples import read
from tests.unit.scripts.test_fidelity import HOSTILE

ROUNDS = 60
PROGRAMS = {program.name: program for program in own_programs()}


def value_of(schema: dict[str, Any], dice: random.Random) -> Any:
    """Return a value that a schema takes."""
    if "enum" in schema:
        return dice.choice(schema["enum"])
    match schema.get("type"):
        case "boolean":
            return dice.random() < 0.5
        case "integer":
            return dice.randint(schema.get("minimum", -50), schema.get("maximum", 99))
        case "number":
            return dice.choice([0.5, 3, 1e-07, 1e300])
        case "array":
            least = schema.get("minItems", 0)
            count = dice.randint(least, schema.get("maxItems", least + 2))
            return [value_of(schema["items"], dice) for _ in range(count)]
    return dice.choice(HOSTILE)


def values_for(schema: dict[str, Any], dice: random.Random) -> dict[str, Any] | None:
    """Return values that the hub takes, None where it refused all that were tried."""
    for _attempt in range(40):
        values: dict[str, Any] = {}
        for _level in range(3):
            held = chosen(schema, values)
            for name, field in held["properties"].items():
                wanted = name in held["required"] or dice.random() < 0.3
                if name not in values and wanted and field["x-hub"]["kind"] != "extra":
                    values[name] = value_of(field, dice)
        if not validate(schema, values):
            return values
    return None


def expected(field: dict[str, Any], value: Any) -> Any:
    """Return what argparse stores, with no types applied."""
    hub = field["x-hub"]
    if hub["kind"] in ("switch", "count", "each"):
        return value
    texts = _texts(field, value)
    return texts if isinstance(value, list) else texts[0]


def misfits(schema: dict[str, Any], values: dict[str, Any], stored: Any) -> list[Any]:
    """Return what did not arrive as it was given."""
    found = []
    for name, field in chosen(schema, values)["properties"].items():
        hub = field["x-hub"]
        if name not in values or "dest" in hub or name not in stored:
            continue
        wanted, arrived = expected(field, values[name]), stored[name]
        if isinstance(arrived, list) and hub.get("adds_to"):
            arrived = arrived[len(hub["adds_to"]) :]
        if name in ("upper", "uppers"):
            wanted, arrived = str(wanted).upper(), str(arrived).upper()
        # A switch that is not given leaves nothing, which is as good as false or 0.
        if wanted != arrived and (wanted or arrived is not None):
            found.append((name, values[name], arrived))
    return found


@pytest.mark.parametrize("name", PROGRAMS)
def test_what_is_rendered_arrives_as_it_was_given(name, tmp_path):
    program: Program = PROGRAMS[name]
    schema = read(program.source()).schema
    # The same values each time: a failure must be there again.
    dice = random.Random(name)
    made = [values_for(schema, dice) for _ in range(ROUNDS)]
    cases = [values for values in made if values is not None]
    assert len(cases) > ROUNDS / 2
    lines = [render_argv(schema, values) for values in cases]
    if name == "beyond.py":
        lines = [["--released=1", *line] for line in lines]

    answers = parse_for_real(program.source(), lines, tmp_path, raw=True)

    for values, line, answer in zip(cases, lines, answers, strict=True):
        assert "values" in answer, (line, answer)
        assert misfits(schema, values, answer["values"]) == [], line

"""A script is data: reading it ends soon and takes little, whatever it says."""

from __future__ import annotations

import time

import pytest

from apps.scripts.parameters import validate
from tests.unit.scripts.samples import read

DOUBLING = "\n".join(
    ["A0 = ['x', 'y']"] + [f"A{n + 1} = [*A{n}, *A{n}]" for n in range(60)]
)
NESTING = "\n".join(["A0 = ['x']"] + [f"A{n + 1} = [A{n}, A{n}]" for n in range(60)])
TEXTS = "\n".join(
    ["A0 = 'xy'"] + [f"A{n + 1} = f'{{A{n}}}{{A{n}}}'" for n in range(60)]
)
FORMATS = "\n".join(
    ["A0 = 'xy'"] + [f"A{n + 1} = '%s%s' % (A{n}, A{n})" for n in range(60)]
)
MERGES = "\n".join(
    ["A0 = 'xy'"] + [f"A{n + 1} = ''.join([A{n}, A{n}])" for n in range(60)]
)
LOOPS = "for a in range(199):\n    for b in range(199):\n        for c in range(199):\n"


@pytest.mark.parametrize(
    "code",
    [
        DOUBLING,
        NESTING,
        TEXTS,
        FORMATS,
        MERGES,
        f"{LOOPS}            parser.add_argument(f'--a{{a}}{{b}}{{c}}')",
        "X = [1 for a in range(999) for b in range(999) for c in range(999)]",
        "X = [1 for a in range(999) for b in range(999) for c in range(999) if 0]",
        "X = [[[1 for a in range(999)] for b in range(999)] for c in range(999)]",
        "X = " + "list(zip(" * 30 + "'ab'" + "))" * 30,
        "X = " + "x." * 70 + "y",
        "X = " + "f(" * 75 + "1" + ")" * 75,
    ],
)
def test_reading_ends_soon(code):
    last = code.rpartition(" = ")[0].rpartition("\n")[2] or "X"
    name = last if last.isidentifier() else "X"
    source = (
        "import argparse\nparser = argparse.ArgumentParser()\n"
        f"{code}\nparser.add_argument('--a', default={name}, help=f'{{{name}}}')\n"
        "parser.parse_args()\n"
    )
    began = time.process_time()
    schema = read(source).schema
    assert time.process_time() - began < 10
    assert "a" in schema["properties"]
    assert len(str(schema["properties"]["a"])) < 300_000


@pytest.mark.parametrize(
    ("settings", "given"),
    [
        ("type=int, choices=range(0, 10**9, 7)", 7),
        ("type=int, choices=range(2**200)", 7),
        ("type=int, choices=range(10**9), help='%(choices)s'", 7),
    ],
)
def test_endless_choices_are_not_listed(settings, given):
    began = time.process_time()
    schema = read(
        "import argparse\nparser = argparse.ArgumentParser()\n"
        f"parser.add_argument('--a', {settings})\nparser.parse_args()\n"
    ).schema
    assert validate(schema, {"a": given}) == []
    assert time.process_time() - began < 10


@pytest.mark.parametrize("name", ["a", "--a"])
def test_more_values_than_a_parameter_holds_are_not_read(name):
    found = read(
        "import argparse\nparser = argparse.ArgumentParser()\n"
        f"parser.add_argument('{name}', nargs=2**40)\nparser.parse_args()\n"
    )
    assert [note.code for note in found.notes] == ["setting"]
    assert list(found.schema["properties"]) == ["extra_arguments"]

"""Python that cannot be read ends in a sentence, never in a crash."""

from __future__ import annotations

import pytest

from apps.scripts.manifest import Manifest
from apps.scripts.parameters import ParametersError, SyntaxProblem, read_parameters
from tests.unit.scripts.samples import read


@pytest.mark.parametrize(
    ("source", "line", "sentence"),
    [
        ("x = 1\ndef f(:\n", 2, r"Line 2: This is not valid Python: invalid syntax\."),
        ("if True:\nx\n", 2, "Line 2: This is not valid Python: expected an indented"),
        ("print 'x'\n", 1, "Line 1: This is not valid Python: Missing parentheses"),
    ],
)
def test_a_script_that_does_not_parse_names_the_line(source, line, sentence):
    with pytest.raises(SyntaxProblem, match=sentence) as info:
        read_parameters(source, language="python", manifest=Manifest())
    assert info.value.line == line


@pytest.mark.parametrize("source", ["x = '\0'\n", "(" * 5000, f"x = {'-' * 200_000}1"])
def test_what_no_parser_survives_is_a_sentence_too(source):
    with pytest.raises(ParametersError, match=r"Python|nested too deeply"):
        read_parameters(source, language="python", manifest=Manifest())


DEEP = {
    "an expression": "x = " + " + ".join(["'x'"] * 900),
    "a chain of calls": "x = y" + ".z()" * 200,
    "a chain of elif": "if x == 0:\n    pass\n"
    + "".join(f"elif x == {n}:\n    pass\n" for n in range(500)),
    "a chain of and": "x = " + "(a and " * 150 + "a" + ")" * 150,
    "an f-string at the bottom": "x = " + "f(" * 78 + "f'x{a:{b}}{c}y'" + ")" * 78,
    "nested lists": "x = " + "[" * 90 + "]" * 90,
}


@pytest.mark.parametrize("what", DEEP)
def test_depth_elsewhere_in_a_script_does_not_matter(what):
    source = (
        f"import argparse\n{DEEP[what]}\nparser = argparse.ArgumentParser()\n"
        "parser.add_argument('--a')\nparser.parse_args()\n"
    )
    assert list(read(source).schema["properties"]) == ["a"]


@pytest.mark.parametrize(
    "expression",
    [
        " + ".join(["'x'"] * 800),
        "10 ** 10 ** 10",
        "2 ** 100000000",
        "'x' * 10 ** 12",
        "[0] * 10 ** 12",
        "list(range(10 ** 12))",
        "'%999999999d' % 1",
        "1 / 0",
        "int('x')",
        "int('9' * 5000)",
        "sorted([1, 'x'])",
        "{[]: 1}",
        "'x'.split('')",
        "range(0, 5, 0)",
    ],
)
def test_an_expression_that_would_compute_for_long_is_only_described(expression):
    source = (
        "import argparse\nparser = argparse.ArgumentParser()\n"
        f"parser.add_argument('--a', type=int, default={expression})\n"
        "parser.parse_args()\n"
    )
    schema = read(source).schema["properties"]["a"]
    assert "default" not in schema
    assert schema["type"] == "integer"


def test_an_invalid_escape_in_a_script_is_its_own_affair():
    assert read("x = '\\d'\n").notes == ()


def test_other_languages_are_not_parsed():
    assert read("if [ -f x ]; then echo; fi\n", "other").schema["properties"] == {}

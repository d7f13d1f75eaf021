"""Python that cannot be read ends in a sentence, never in a crash."""

from __future__ import annotations

import pytest

from apps.scripts.manifest import Manifest
from apps.scripts.parameters import ParametersError, SyntaxProblem, read_parameters
from tests.unit.scripts.samples import read


@pytest.mark.parametrize(
    ("source", "line", "sentence"),
    [
        ("x = 1\ndef f(:\n", 2, "Line 2: This is not valid Python: invalid syntax."),
        ("if True:\nx\n", 2, "Line 2: This is not valid Python: expected an indented"),
        ("print 'x'\n", 1, "Line 1: This is not valid Python: Missing parentheses"),
        ("x = '\0'\n", None, "This is not "),
        ("(" * 5000, None, ""),
        ("x = " + "-" * 200_000 + "1", None, ""),
    ],
)
def test_a_script_that_does_not_parse_names_the_line(source, line, sentence):
    with pytest.raises(SyntaxProblem, match=sentence.replace("(", r"\(")) as info:
        read_parameters(source, language="python", manifest=Manifest())
    assert isinstance(info.value, ParametersError)
    assert line is None or info.value.line == line


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

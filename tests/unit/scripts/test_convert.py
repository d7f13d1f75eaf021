"""Texts of a form or a command line on their way to typed values."""

from __future__ import annotations

import pytest

from apps.scripts.parameters import convert, english
from tests.unit.scripts.samples import read_lines

SCHEMA = read_lines(
    "add = parser.add_argument",
    "add('--text')",
    "add('--limit', type=int)",
    "add('--ratio', type=float)",
    "add('--force', action='store_true')",
    "add('--tag', action='append')",
    "add('--sizes', nargs='+', type=int)",
    "add('--mixed', action='store_const', const=1, default='off')",
    f"add('--either', action='store_const', const=True, default='{'x' * 60}')",
).schema


@pytest.mark.parametrize(
    ("strings", "values"),
    [
        ({"text": "5"}, {"text": "5"}),
        ({"text": ""}, {"text": ""}),
        ({"text": "a\r\nb"}, {"text": "a\nb"}),
        ({"limit": "5"}, {"limit": 5}),
        ({"limit": " -5 "}, {"limit": -5}),
        ({"ratio": "0.5"}, {"ratio": 0.5}),
        ({"ratio": "5"}, {"ratio": 5}),
        ({"ratio": "-1e-3"}, {"ratio": -0.001}),
        ({"force": "true"}, {"force": True}),
        ({"force": "On"}, {"force": True}),
        ({"force": "0"}, {"force": False}),
        ({"tag": "a"}, {"tag": ["a"]}),
        ({"tag": "a\r\nb"}, {"tag": ["a", "b"]}),
        ({"tag": ["a\nb", "c"]}, {"tag": ["a\nb", "c"]}),
        ({"sizes": ["1", "2"]}, {"sizes": [1, 2]}),
        ({"mixed": "1"}, {"mixed": 1}),
        ({"mixed": "off"}, {"mixed": "off"}),
        ({"either": "true"}, {"either": True}),
        ({"either": "True"}, {"either": True}),
        ({"either": "x" * 60}, {"either": "x" * 60}),
    ],
)
def test_a_text_becomes_a_value_of_the_parameters_type(strings, values):
    converted, problems = convert(SCHEMA, strings)
    assert (converted, problems) == (values, [])
    assert list(map(type, converted.values())) == list(map(type, values.values()))


@pytest.mark.parametrize(
    ("strings", "sentence"),
    [
        ({"limit": "5.5"}, 'limit: must be a whole number, such as 5; got "5.5".'),
        ({"limit": ""}, 'limit: must be a whole number, such as 5; got "".'),
        ({"limit": "1_000"}, "limit: must be a whole number"),
        ({"limit": "٣"}, "limit: must be a whole number"),
        ({"limit": "9" * 5000}, "limit: must be a finite number"),
        ({"limit": ["1", "2"]}, "limit: takes one value, got 2."),
        ({"ratio": "nan"}, 'ratio: must be a number, such as 0.5; got "nan".'),
        ({"ratio": "1e999"}, "ratio: must be a finite number, got inf."),
        ({"force": "maybe"}, 'force: must be true or false, got "maybe".'),
        ({"sizes": ["1", "x"]}, 'sizes: must be a whole number, such as 5; got "x".'),
        ({"mixed": "2"}, 'mixed: must be one of 1, "off"; got "2".'),
        ({"nope": "2"}, "nope: is not a parameter of this script"),
        ({"text": "a\0"}, "text: must not hold the NUL character"),
    ],
)
def test_a_text_that_is_no_such_value_is_a_problem(strings, sentence):
    _values, problems = convert(SCHEMA, strings)
    assert [english(problem)[: len(sentence)] for problem in problems] == [sentence]


def test_what_is_right_is_kept_beside_what_is_wrong():
    values, problems = convert(SCHEMA, {"limit": "x", "text": "a", "nope": "b"})
    assert values == {"text": "a"}
    assert [problem.field for problem in problems] == ["limit", "nope"]


def test_a_field_given_in_the_wrong_form_is_not_also_missing():
    schema = read_lines("parser.add_argument('--a', type=int, required=True)").schema
    _values, problems = convert(schema, {"a": "x"})
    assert [problem.code for problem in problems] == ["not_integer"]


def test_a_group_with_a_member_in_the_wrong_form_is_not_also_missing():
    schema = read_lines(
        "group = parser.add_mutually_exclusive_group(required=True)",
        "group.add_argument('--a', type=int)",
        "group.add_argument('--b', type=int)",
    ).schema
    _values, problems = convert(schema, {"a": "x"})
    assert [problem.code for problem in problems] == ["not_integer"]

"""Values against a schema: each problem names its field and the way out."""

from __future__ import annotations

import copy
import json

import pytest

from apps.scripts.parameters import (
    MAX_BYTES,
    MESSAGES,
    NOTES,
    english,
    validate,
)
from tests.unit.scripts.samples import read, read_lines

SCHEMA = read_lines(
    "add = parser.add_argument",
    "add('--text')",
    "add('--limit', type=int, choices=range(1, 100))",
    "add('--ratio', type=float)",
    "add('--mode', choices=['fast', 'slow'])",
    "add('--force', action='store_true')",
    "add('--tag', action='append')",
    "add('--pair', nargs=2, type=int)",
    "add('-v', '--verbose', action='count')",
    "add('--level', type=int, choices=[1, 2])",
).schema


def said(values: object, schema: dict = SCHEMA) -> list[str]:
    return [english(problem) for problem in validate(schema, values)]


RIGHT = [
    {},
    {"text": ""},
    {"text": "line\nand\ttab 🚀"},
    {"limit": 5},
    {"limit": 5.0},
    {"ratio": 5},
    {"ratio": -0.5},
    {"force": False},
    {"tag": ["a", "a"]},
    {"pair": [1, -2]},
    {"verbose": 0},
    {"text": "x" * MAX_BYTES},
]


@pytest.mark.parametrize("values", RIGHT)
def test_what_the_script_takes_has_no_problem(values):
    assert said(values) == []


WRONG = [
    ({"text": 5}, "text: must be text in quotes, got 5."),
    ({"text": None}, "text: must be text in quotes, got null."),
    ({"text": {"a": [1]}}, "text: must be text in quotes, got {…}."),
    ({"text": ["a"]}, "text: must be text in quotes, got […]."),
    ({"limit": "5"}, 'limit: must be a whole number without quotes, got "5".'),
    ({"limit": True}, "limit: must be a whole number without quotes, got true."),
    ({"limit": 5.5}, "limit: must be a whole number without quotes, got 5.5."),
    ({"limit": 0}, "limit: must be at least 1, got 0."),
    ({"limit": 100}, "limit: must be at most 99, got 100."),
    ({"ratio": "1"}, 'ratio: must be a number without quotes, got "1".'),
    ({"ratio": False}, "ratio: must be a number without quotes, got false."),
    ({"ratio": float("nan")}, "ratio: must be a finite number, got nan."),
    ({"ratio": float("inf")}, "ratio: must be a finite number, got inf."),
    ({"force": 1}, "force: must be true or false without quotes, got 1."),
    ({"force": "yes"}, 'force: must be true or false without quotes, got "yes".'),
    ({"mode": "Fast"}, 'mode: must be one of "fast", "slow"; got "Fast".'),
    ({"level": True}, "level: must be a whole number without quotes, got true."),
    ({"tag": "a"}, 'tag: must be a list in square brackets, got "a".'),
    ({"tag": []}, "tag: must have at least 1 items, got 0."),
    ({"tag": ["a", 5]}, "tag: must be text in quotes, got 5."),
    ({"pair": [1]}, "pair: must have at least 2 items, got 1."),
    ({"pair": [1, 2, 3]}, "pair: must have at most 2 items, got 3."),
    ({"verbose": -1}, "verbose: must be at least 0, got -1."),
    ({"verbose": 33}, "verbose: must be at most 32, got 33."),
    ({"limt": 5}, "limt: is not a parameter of this script; did you mean limit?"),
    ({"out-of": 5}, "out-of: is not a parameter of this script; it takes text, limit,"),
    ({"a\nb": 5}, r"a\nb: is not a parameter of this script"),
    ({"\ud800": 5}, r"\ud800: is not a parameter of this script"),
    ({"text": "a\0b"}, r'text: must not hold the NUL character, got "a\x00b".'),
    ({"text": "\ud800"}, r"text: must be valid Unicode without lone surrogates"),
    ({"text": "a\rb"}, "text: must hold no control characters but newline and tab"),
    ({"text": "\x1b[2J"}, "text: must hold no control characters"),
    ({"text": "\x9b"}, "text: must hold no control characters"),
    ({"tag": ["a", "b\0"]}, "tag: must not hold the NUL character"),
    ({"text": "--"}, 'text: must not be "--" alone'),
    ({"text": "é" * (MAX_BYTES // 2 + 1)}, "text: is 8194 bytes long; at most 8192"),
    ({"tag": ["x" * 5000, "y" * 5000]}, "tag: is 10002 bytes long; at most 8192"),
    ({"tag": [""] * 9000}, "tag: is 9000 bytes long"),
    ({"limit": 10**5000}, "limit: is 8193 bytes long"),
    ([], "The parameters must be a JSON object of names and values"),
    (None, "The parameters must be a JSON object"),
    ("limit=5", 'The parameters must be a JSON object .* got "limit=5".'),
    (
        {str(n): n for n in range(65)},
        "65 parameters were given; a run takes at most 64",
    ),
    (
        {str(n): "x" * 8000 for n in range(9)},
        "The parameters are 72009 bytes long together; at most 65536 are taken",
    ),
]


@pytest.mark.parametrize(("values", "sentence"), WRONG)
def test_what_it_does_not_take_is_said_in_a_sentence(values, sentence):
    (problem,) = said(values)
    assert problem.startswith(sentence) or sentence.split(" .* ")[-1] in problem
    problem.encode()


def test_every_wrong_field_is_named_at_once():
    values = {"limit": 0, "mode": 1, "nope": 1}
    assert [problem.field for problem in validate(SCHEMA, values)] == [
        "limit",
        "mode",
        "nope",
    ]


def test_a_wrong_item_of_a_list_is_numbered():
    (problem,) = validate(SCHEMA, {"pair": [1, "2"]})
    assert problem.params["item"] == 1


def test_a_missing_parameter_is_named_once():
    schema = read_lines("parser.add_argument('--a', required=True)").schema
    assert said({}, schema) == ["a: must be given."]
    assert said({"a": 5}, schema) == ["a: must be text in quotes, got 5."]


def test_a_script_that_takes_nothing_says_so():
    schema = read("print()").schema
    assert said({"a": 1}, schema) == [
        "a: is not a parameter of this script, which takes none."
    ]
    assert said({}, {}) == []


FORMATS = {
    "uri": (
        ["http://127.0.0.1:9999/feed.xml", "https://例え.jp/ü?q=1#x", "ftp://[::1]/"],
        [
            "",
            "feed.xml",
            "//host/x",
            "http://",
            "http:///x",
            "http://:80/",
            "http://[::1",
            "http://h:x/",
            "http://h:99999/",
            "http://a b/",
            "http://a\nb/",
            "mailto:a@b.c",
        ],
    ),
    "date": (
        ["2024-02-29"],
        ["", "2023-02-29", "20240229", "2024-W01-1", "2024-2-9", "２０２４-02-29"],
    ),
    "email": (
        ["a@b.example", "a+b@host", "ü@例え.jp"],
        ["", "a", "@b", "a@", "a@b@c", "a b@c", "a@b..c", "a@.c", "a@c."],
    ),
    "path": (["x", "/a b/ü", "-"], ["", " ", "a\nb"]),
}


@pytest.mark.parametrize("name", FORMATS)
def test_a_format_is_really_checked(name):
    schema = read_lines("parser.add_argument('--a')").schema
    schema["properties"]["a"]["format"] = name
    right, wrong = FORMATS[name]
    assert [said({"a": text}, schema) for text in right] == [[]] * len(right)
    assert [p.code for text in wrong for p in validate(schema, {"a": text})] == [
        f"format_{name}"
    ] * len(wrong)


def test_a_pattern_is_searched_for_unless_it_is_anchored():
    schema = read_lines("parser.add_argument('--a')").schema
    schema["properties"]["a"]["pattern"] = "b+"
    assert said({"a": "abbc"}, schema) == []
    assert said({"a": "ac"}, schema) == ['a: must match the pattern b+; got "ac".']


EXCLUSIVE = (
    "group = parser.add_mutually_exclusive_group(required={required})",
    "group.add_argument('--json', action='store_true')",
    "group.add_argument('--csv', action='store_true')",
    "group.add_argument('--to')",
)


@pytest.mark.parametrize(
    ("values", "required", "sentences"),
    [
        ({}, False, []),
        ({"json": False, "csv": False}, False, []),
        ({"json": True, "csv": False}, True, []),
        ({"json": True, "to": "x"}, False, ["to: cannot be given together with json"]),
        ({}, True, ["One of these must be given: json, csv, to."]),
        ({"json": False}, True, ["One of these must be given: json, csv, to."]),
        ({"to": 5}, True, ["to: must be text in quotes"]),
    ],
)
def test_of_a_mutually_exclusive_group_one_is_given(values, required, sentences):
    lines = [line.format(required=required) for line in EXCLUSIVE]
    problems = said(values, read_lines(*lines).schema)
    assert len(problems) == len(sentences)
    assert all(map(str.startswith, problems, sentences))


def test_a_required_group_of_one_dest_makes_it_required():
    schema = read_lines(
        "group = parser.add_mutually_exclusive_group(required=True)",
        "group.add_argument('--on', dest='power', action='store_true')",
        "group.add_argument('--off', dest='power', action='store_false')",
    ).schema
    assert schema["required"] == ["power"]
    assert said({"power": False}, schema) == []


def test_an_optional_positional_cannot_be_skipped():
    schema = read_lines(
        "parser.add_argument('first', nargs='?')",
        "parser.add_argument('second', nargs='*')",
    ).schema
    assert said({"first": "x", "second": ["y"]}, schema) == []
    (problem,) = said({"second": ["y"]}, schema)
    assert problem.startswith("second: would be taken for first, which comes before it")


def test_the_schema_survives_a_database_that_reorders_keys():
    def reordered(value):
        if isinstance(value, dict):
            return {key: reordered(value[key]) for key in sorted(value, reverse=True)}
        return [reordered(item) for item in value] if isinstance(value, list) else value

    stored = reordered(json.loads(json.dumps(SCHEMA)))
    assert [said(values, stored) for values in RIGHT] == [[]] * len(RIGHT)


def test_validating_changes_nothing():
    values = {"tag": ["a"], "limit": 5.0}
    before = copy.deepcopy((SCHEMA, values))
    validate(SCHEMA, values)
    assert (SCHEMA, values) == before


def test_every_sentence_is_one():
    for text in [*MESSAGES.values(), *NOTES.values()]:
        assert text.endswith((".", "?"))

"""From values to texts and back: the same value, or no text at all."""

from __future__ import annotations

import pytest

from apps.scripts.parameters import convert
from apps.scripts.texts import lines_of, to_field, to_text

HUB = {"kind": "option", "flag": "--x", "order": 0}
LIST = {"kind": "repeat", "flag": "--x", "order": 0}


def about(kind, **more):
    return {"type": kind, "x-hub": HUB, **more}


def listed(kind="string", **more):
    return {"type": "array", "items": {"type": kind, **more}, "x-hub": LIST}


def read_back(schema, text):
    return convert({"properties": {"x": schema}}, {"x": text})[0].get("x")


NASTY = ["$(id)", "; rm -rf /", "--admin", "a\nb", 'it\'s "so"', "🙂", " two ", "-1"]


@pytest.mark.parametrize("value", NASTY)
def test_a_text_says_itself(value):
    assert to_text("x", about("string"), value) == value
    assert to_field("x", about("string"), value) == value


@pytest.mark.parametrize(
    ("schema", "value", "text"),
    [
        (about("integer"), 5, "5"),
        (about("integer"), 5.0, "5"),
        (about("integer"), -(10**30), str(-(10**30))),
        (about("number"), 1e-07, "1e-07"),
        (about("number"), 5, "5"),
        (about("boolean"), True, "true"),
        (about("boolean"), False, "false"),
        ({"enum": [1, "a", None], "x-hub": HUB}, 1, "1"),
    ],
)
def test_a_typed_value_is_read_back_as_it_was(schema, value, text):
    assert to_text("x", schema, value) == text
    assert read_back(schema, text) == value


def test_a_list_has_an_item_a_line():
    assert to_field("x", listed(), ["a", "", "b c"]) == "a\n\nb c"
    assert to_field("x", listed("integer"), [1, 2]) == "1\n2"
    assert to_text("x", listed(), ["a\nb", ""]) == ["a\nb", ""]


@pytest.mark.parametrize("value", [[], [""], ["a", ""], ["a\nb"]])
def test_a_list_that_lines_cannot_say_has_no_text(value):
    assert to_field("x", listed(), value) is None


@pytest.mark.parametrize(
    ("schema", "value"),
    [
        # The first of two choices that read alike would be taken.
        ({"enum": ["1", 1], "x-hub": HUB}, 1),
        # A browser would end the line another way.
        (about("string"), "a\r\nb"),
    ],
)
def test_a_value_that_would_become_another_has_no_text(schema, value):
    assert to_text("x", schema, value) is None


def test_an_empty_text_is_no_text_of_a_form():
    assert to_field("x", about("string"), "") is None
    assert to_text("x", about("string"), "") == ""


@pytest.mark.parametrize(
    ("schema", "value", "text"),
    [(about("integer"), "many", "many"), (about("integer", maximum=3), 9, "9")],
)
def test_what_is_wrong_is_said_all_the_same(schema, value, text):
    assert to_field("x", schema, value) == text


def test_empty_lines_at_the_end_are_no_items():
    assert lines_of("a\r\n\r\nb\r\n\r\n") == ["a", "", "b"]
    assert lines_of("\n") == []

"""What a script printed, as choices."""

from __future__ import annotations

import pytest

from apps.scripts.choosing import (
    MAX_LINES,
    Choice,
    NoChoices,
    choices_of,
    not_chosen,
    read_lines,
)


def test_each_line_is_a_choice_and_a_tab_begins_its_label():
    text = "web1\nweb2\tThe second\r\n\n   \nweb1\tagain\nx\ta\tb\x1b\u202e\n漢"
    assert read_lines(text) == [
        ("web1", "web1"),
        ("web2", "The second"),
        ("x", "a b"),
        ("漢", "漢"),
    ]


def test_a_list_has_a_thousand_lines_at_most():
    lines = [str(number) for number in range(MAX_LINES)]
    assert len(read_lines("\n".join(lines * 2))) == MAX_LINES
    with pytest.raises(NoChoices):
        read_lines("\n".join([*lines, "one more"]))


@pytest.mark.parametrize(
    ("about", "text", "value"),
    [
        ({"type": "string"}, "5", "5"),
        ({"type": "integer"}, "5", 5),
        ({"type": "number"}, "0.5", 0.5),
        ({"type": "array", "items": {"type": "integer"}}, "7", 7),
    ],
)
def test_values_are_of_the_parameters_type(about, text, value):
    assert choices_of(about, [(text, "label")]) == [Choice(value, "label")]


@pytest.mark.parametrize(
    ("about", "text", "code"),
    [
        ({"type": "integer"}, "five", "not_integer"),
        ({"type": "integer", "maximum": 4}, "5", "maximum"),
        ({"type": "string", "pattern": "^w"}, "db", "pattern"),
        ({"type": "string"}, "a\x1bb", "control"),
        ({"type": "string"}, "--", "dashes"),
    ],
)
def test_a_value_that_the_parameter_refuses_spoils_the_list(about, text, code):
    with pytest.raises(NoChoices) as raised:
        choices_of(about, [("web", "web"), (text, text)][about["type"] == "integer" :])
    assert raised.value.problem.code == code


def test_what_is_not_among_them_is_named():
    choices = [Choice("a", "a"), Choice(1, "one")]
    assert not_chosen(choices, "a") == []
    assert not_chosen(choices, [1.0, "a"]) == []
    assert not_chosen(choices, ["a", "A", "1", True]) == ["A", "1", True]

"""What changed between two files: records that are new or gone, lines that differ."""

from __future__ import annotations

import json

import pytest

from apps.runs.previews.comparing import Side, compare
from apps.runs.previews.pairing import pair_names


def side(content, name="a.json", *, size=None):
    if not isinstance(content, str | bytes):
        content = json.dumps(content, indent=1)
    data = content.encode() if isinstance(content, str) else content
    return Side(name, "", data, len(data) if size is None else size)


def records(old, new):
    return compare(side(old), side(new)).records


def feed(*ids, **more):
    return {"items": [{"id": f"i{n}", "title": f"Item {n}", **more} for n in ids]}


def test_new_and_gone_records_are_told_by_their_ids():
    found = records(feed(*range(1, 9)), feed(*range(2, 12)))

    assert found.summary == "3 new, 1 gone, 7 the same"
    assert (found.name, found.key) == ("items", "id")
    assert [row.cells[1].text for row in found.added.rows] == [
        "Item 9",
        "Item 10",
        "Item 11",
    ]
    assert [row.cells[0].text for row in found.removed.rows] == ["i1"]


def test_a_record_that_changed_is_told_with_its_fields():
    found = records(feed(1, 2, price=3), feed(1, 2, price=3) | feed(1, price=4))

    assert found.summary == "0 new, 1 changed, 1 gone, 0 the same"
    assert found.changed[0].label == "Item 1"
    assert found.changed[0].fields == [("price", "3", "4")]


@pytest.mark.parametrize("key", ["id", "guid", "link", "url", "name"])
def test_several_keys_may_tell_records_apart(key):
    found = records([{key: "a", "n": 1}], [{key: "a", "n": 2}, {key: "b"}])

    assert (found.key, found.new, found.other) == (key, 1, 1)


def test_a_key_that_is_not_everywhere_or_not_unique_tells_nothing():
    old = [{"id": 1, "link": "a"}, {"id": 1, "link": "b"}]

    assert records(old, old[:1]).key == "link"
    assert records([{"id": None, "name": "x"}], [{"id": 2, "name": "x"}]).key == "name"


def test_without_a_key_all_of_a_record_tells_it():
    found = records([{"x": 1}, {"x": 1}, {"x": 2}], [{"x": 1}, {"x": 3}])

    assert found.key == ""
    assert found.summary == "1 new, 2 gone, 1 the same"


def test_a_list_that_was_empty_counts():
    assert records({"items": []}, feed(1, 2)).summary == "2 new, 0 gone, 0 the same"
    assert records(feed(1, 2), {"items": []}).summary == "0 new, 2 gone, 0 the same"


@pytest.mark.parametrize(
    ("old", "new"), [([1], [2]), ({"a": [{"x": 1}]}, {"b": 1}), ("{", "[1]"), ([], [])]
)
def test_without_records_lines_are_compared(old, new):
    comparison = compare(side(old), side(new))

    assert comparison.records is None
    assert comparison.difference is not None


def test_json_in_one_long_line_is_compared_value_by_value():
    old = json.dumps([{"id": n, "text": "x" * 50} for n in range(100)])
    new = old.replace('"id": 7,', '"id": 700,')

    comparison = compare(side(old), side(new))

    changed = [line.text.strip() for line in comparison.lines if line.sign.strip()]
    assert changed == ['"id": 7,', '"id": 700,']


@pytest.mark.parametrize("name", ["a.txt", "a.csv", "a.md"])
def test_text_is_compared_line_by_line(name):
    comparison = compare(side("a\nb\nc\n", name), side("a\nB\nc\nd\n", name))

    assert [(line.sign, line.text) for line in comparison.lines[1:]] == [
        (" ", "a"),
        ("−", "b"),
        ("+", "B"),
        (" ", "c"),
        ("+", "d"),
    ]


def test_long_differences_and_large_files_say_what_is_left_out():
    old, new = "a\n" * 3000, "b\n" * 3000

    comparison = compare(side(old, "a.txt", size=10**6), side(new, "a.txt"))

    assert len(comparison.lines) == 2000
    assert comparison.notes == [
        "Only the first 5.9\xa0KB of each were compared.",
        "The first 2000 lines of the difference are shown.",
    ]


def test_too_many_lines_are_not_compared_and_that_is_said():
    comparison = compare(side("a\n" * 30_000, "a.txt"), side("b\n" * 30_000, "a.txt"))

    assert comparison.lines == []
    assert comparison.notes == ["Too many lines differ to be compared line by line."]


def test_pictures_are_for_the_eye_and_other_files_are_not_compared():
    gif = b"GIF89a\1\0\1\0\0\0\0"

    assert compare(side(gif, "a.gif"), side(gif, "a.gif")).is_of_pictures
    comparison = compare(side(b"\0", "a.zip"), side("x", "a.txt"))
    assert comparison.notes == ["Files of this kind are not compared; download both."]


def test_endless_nesting_breaks_nothing():
    deep = "[" * 900 + "]" * 900

    assert compare(side(f'[{{"a": {deep}}}]'), side('[{"a": 1}]')).difference
    assert compare(side("[" * 100_000), side("[1]")).difference


@pytest.mark.parametrize(
    ("mine", "theirs", "pairs"),
    [
        (["a.csv"], ["a.csv", "b.csv"], {"a.csv": "a.csv"}),
        (["x-20261127.json"], ["x-20261126.json"], {"x-20261127.json": "x-20261126.json"}),
        (["r-1.csv", "r-2.csv"], ["r-1.csv"], {"r-1.csv": "r-1.csv"}),
        (["r-3.csv"], ["r-1.csv", "r-2.csv"], {}),
        (["x-7Z-2.json"], ["x-5Z.json"], {"x-7Z-2.json": "x-5Z.json"}),
        (["a.csv"], ["b.csv"], {}),
    ],
)  # fmt: skip
def test_files_belong_together_by_their_names_but_for_numbers(mine, theirs, pairs):
    assert pair_names(mine, theirs) == pairs


def test_the_line_ends_that_both_files_have_are_no_part_of_their_lines():
    found = compare(side("id\r\n1\r\n", "a.csv"), side("id\r\n2\r\n", "a.csv"))
    assert [line.text for line in found.lines[1:]] == ["id", "1", "2"]


def test_line_ends_that_changed_are_seen():
    found = compare(side("id\n", "a.csv"), side("id\r\n", "a.csv"))
    assert (found.difference.added, found.difference.removed) == (1, 1)
    assert found.lines[1].text != found.lines[2].text

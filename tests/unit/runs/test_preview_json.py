"""JSON files as trees that fold, and lists of records as tables."""

from __future__ import annotations

import json

import pytest

from apps.runs.previews import Kind, look
from apps.runs.previews import trees as limits


def seen(value, *, name="a.json", raw=None, size=None):
    data = json.dumps(value).encode() if raw is None else raw
    return look(name, "application/json", data, size or len(data))


def test_each_value_stands_in_the_tree_with_its_type():
    tree = seen(
        {"name": "x", "n": 1.50, "ok": True, "none": None, "l": [1], "o": {}}
    ).tree

    for title, text in (
        ("text", "&quot;x&quot;"),
        ("number", "1.5"),
        ("yes or no", "true"),
        ("nothing", "null"),
    ):
        assert f'title="{title}">{text}</span>' in tree
    assert "list, 1 item" in tree
    assert "object, 0 keys" in tree


def test_it_folds_without_a_script():
    tree = seen({"inner": {"deep": {"deeper": {"value": 1}}}}).tree

    assert tree.count("<details open>") == 2
    assert tree.count("<details>") == 2
    assert "<summary>" in tree
    assert "onclick" not in tree


def test_what_a_file_holds_is_text():
    hostile = "</span><script>alert(1)</script>"

    preview = seen([{hostile: hostile}])

    assert "<script" not in preview.tree
    assert preview.tree.count("&lt;script&gt;") == 2


def test_numbers_are_shown_as_they_are_written():
    raw = b"[1.10, 123456789012345678901234567890, 1e999, " + b"9" * 5000 + b", NaN]"

    tree = seen(None, raw=raw).tree

    for text in ("1.10<", "123456789012345678901234567890<", "1e999<", "NaN<"):
        assert f">{text}" in tree


def test_addresses_are_links_and_nothing_else_is():
    tree = seen(
        ["https://example.org/a?b=1", "javascript:alert(1)", "see https://x"]
    ).tree

    assert tree.count("href=") == 1
    assert 'rel="nofollow noopener noreferrer" href="https://example.org/a?b=1"' in tree


def test_half_a_surrogate_pair_breaks_no_page():
    preview = seen(None, raw=b'[{"\\ud800": "\\udfff\\u0000"}]')

    preview.tree.encode("utf-8")
    preview.grid.head[0].encode("utf-8")
    assert "\N{SYMBOL FOR NULL}" in preview.tree


def test_flat_records_are_a_table_too():
    preview = seen(
        [{"host": "a", "free": 3}, {"host": "b", "url": "https://b.example"}]
    )

    assert preview.tree
    assert preview.grid.head == ["host", "free", "url"]
    first, second = preview.grid.rows
    assert [cell.text for cell in first.cells] == ["a", "3", ""]
    assert [cell.is_number for cell in first.cells] == [False, True, False]
    assert second.cells[2].href == "https://b.example"


def test_records_within_a_document_are_a_table_under_its_name():
    preview = seen({"count": 2, "items": [{"id": 1}, {"id": 2}], "few": [{"x": 1}]})

    assert preview.grid_name == "items"
    assert len(preview.grid.rows) == 2


@pytest.mark.parametrize("value", [[1, 2], [], [{"a": [1]}], {"a": 1}, "x", [{}]])
def test_what_is_not_flat_records_is_a_tree_alone(value):
    assert seen(value).grid is None


def test_long_lists_and_texts_are_cut_and_say_so():
    preview = seen({"list": [0] * 500, "text": "x" * 3000})

    assert "… and 300 more" in preview.tree
    assert "x" * 2001 not in preview.tree
    assert any("the rest is counted only" in note for note in preview.notes)
    assert "1 text is longer than 2000 characters and was cut." in preview.notes


def test_a_tree_has_an_end_however_much_there_is():
    preview = seen([[0] * 100 for _ in range(100)])

    assert preview.tree.count("<li") < limits.MAX_NODES + 100
    assert any("2000 values" in note for note in preview.notes)


def test_deep_nesting_is_cut_and_says_so():
    preview = seen(None, raw=b"[" * 60 + b"1" + b"]" * 60)

    assert preview.tree.count("<details") == limits.MAX_DEPTH
    assert "What is nested deeper than 20 levels is counted only." in preview.notes


def test_endless_nesting_is_shown_as_text():
    preview = seen(None, raw=b"[" * 200_000)

    assert preview.text.startswith("[[[")
    assert preview.notes[0] == "It is nested too deeply to be read."


def test_what_is_no_json_is_shown_as_text_with_the_reason():
    preview = seen(None, raw=b'{"a": }')

    assert preview.text == '{"a": }'
    assert preview.notes[0].startswith("It is no valid JSON: Expecting value")


def test_a_large_file_is_shown_as_text():
    preview = seen(None, raw=b'{"a": "' + b"x" * 100, size=10**7)

    assert preview.kind is Kind.JSON
    assert preview.text.startswith('{"a": "xxx')
    assert preview.notes[0] == "It is too large to be read as JSON."
    assert "9.5" in preview.notes[1]


@pytest.mark.parametrize("name", ["a.jsonl", "A.NDJSON"])
def test_one_value_a_line_is_a_list(name):
    preview = seen(None, name=name, raw=b'{"a": 1}\n\n{"a": 2}\n')

    assert [row.cells[0].text for row in preview.grid.rows] == ["1", "2"]


def test_of_a_large_file_of_lines_the_whole_ones_are_shown():
    preview = seen(None, name="a.jsonl", raw=b'{"a": 1}\n{"a": 2}\n{"a"', size=10**7)

    assert len(preview.grid.rows) == 2


def test_a_byte_order_mark_does_not_matter():
    assert seen(None, raw=b"\xef\xbb\xbf[1]").tree
    assert seen(None, raw="\ufeff[1]".encode("utf-16-le")).tree

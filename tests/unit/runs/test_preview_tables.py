"""Files of cells as tables, whatever stands between the cells."""

from __future__ import annotations

import pytest

from apps.runs.previews import Kind, look
from apps.runs.previews.grids import find_delimiter


def grid(text, *, name="a.csv", size=None):
    preview = seen(text, name=name, size=size)
    assert preview.grid is not None
    return preview.grid


def seen(text, *, name="a.csv", size=None):
    data = text if isinstance(text, bytes) else text.encode()
    return look(name, "text/csv", data, size or len(data))


def cells(found):
    return [[cell.text for cell in row.cells] for row in found.rows]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_is_found(delimiter):
    lines = ["name|size|note", "a|1|x", "b|2|y"]
    text = "\n".join(line.replace("|", delimiter) for line in lines)

    found = grid(text)

    assert found.head == ["name", "size", "note"]
    assert cells(found) == [["a", "1", "x"], ["b", "2", "y"]]


def test_commas_within_numbers_do_not_mislead():
    assert find_delimiter("name;size\na;1,5\nb;2,5\nc;3,25\n") == ";"
    assert find_delimiter("text;n\na, b, c, d;1\ne;2\nf, g;3\n") == ";"


def test_the_name_of_a_file_says_that_tabs_part_it():
    assert grid("a,b\tc,d\n1,2\t3,4\n", name="x.TSV").head == ["a,b", "c,d"]


def test_quotes_hold_delimiters_and_line_ends():
    found = grid('name,text\r\n"a, b","one\r\ntwo ""three"""\r\n')

    assert cells(found) == [["a, b", 'one\ntwo "three"']]


def test_without_a_head_columns_have_numbers():
    found = grid("1,2\n3,4\n")

    assert found.head == ["1", "2"]
    assert len(found.rows) == 2


def test_ragged_rows_are_filled_up_and_marked():
    found = grid("a,b,c\n1,2,3\n1\n1,2,3,4\n")

    assert [row.is_odd for row in found.rows] == [False, True, True]
    assert {len(row.cells) for row in found.rows} == {4}
    assert found.notes == [
        "2 rows have another number of cells than 3; they are marked."
    ]


def test_what_is_a_number_is_known():
    found = grid("n,m\n-1.5,12 %\n1e5,x1\n")

    assert [[c.is_number for c in row.cells] for row in found.rows] == [
        [True, True],
        [True, False],
    ]


def test_rows_columns_and_cells_have_limits_that_are_told():
    line = ",".join(["x" * 400] * 40)
    found = grid("\n".join([line] * 302))

    assert len(found.rows) == 200
    assert len(found.head) == len(found.rows[0].cells) == 30
    assert len(found.rows[0].cells[0].text) == 301
    assert found.notes == [
        "The first 200 of its 301 rows are shown.",
        "The first 30 of its 40 columns are shown.",
    ]


def test_of_a_large_file_the_last_piece_of_a_row_is_left_out():
    preview = seen("a,b\n1,2\n3,", size=10**7)

    assert cells(preview.grid) == [["1", "2"]]
    assert preview.notes[0].startswith("Only the first ")


def test_a_file_of_one_endless_line_is_shown_as_text():
    preview = seen("a," * 100_000, size=50 * 2**20)

    assert preview.grid is None
    assert preview.text.endswith("…")
    assert preview.notes[0] == "It cannot be read as a table."


def test_chinese_from_a_spreadsheet_can_be_read():
    preview = seen("名称,数量\n服务器,3\n数据库,5\n".encode("gb18030"))

    assert preview.grid.head == ["名称", "数量"]
    assert "It is no UTF-8 and was read as GB18030." in preview.notes


def test_a_field_without_end_is_shown_as_text():
    preview = seen('a,b\n"' + "x" * 200_000)

    assert preview.text.startswith("a,b\n")
    assert preview.notes[0] == "It cannot be read as a table."
    assert preview.kind is Kind.TABLE


@pytest.mark.parametrize("text", ["\n", "\n\n \n", "x"])
def test_a_file_of_next_to_nothing_is_shown(text):
    assert seen(text).is_shown


def test_an_address_is_a_link_and_nothing_else_is():
    found = grid("a,b\nhttps://example.org/,javascript:alert(1)\n")

    assert [cell.href for cell in found.rows[0].cells] == ["https://example.org/", ""]

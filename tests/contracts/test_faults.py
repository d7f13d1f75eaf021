"""The table of faults is complete, and each row is shown by a test that is there."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

import pytest

from tests.contracts.sources import ROOT, python_files, syntax

PAGE = Path("docs/faults.md")
FAULTS = Path("tests/faults")
ROW = re.compile(r"^\| (\d+) \| (.+?) \| (.*?) ?\| (.+) \|$", re.MULTILINE)
SHOWN_BY = re.compile(r"`([\w/]+\.py)(?:::(\w+))?`")
ROWS = 70
MOST_LEFT_OUT = 6
# These have to be shown.
DEMANDED = {*range(1, 26), *range(30, 33), *range(47, 55)}


@cache
def table() -> dict[int, tuple[str, str]]:
    """Return by row what happens and what shows it."""
    found = ROW.findall((ROOT / PAGE).read_text(encoding="utf-8"))
    numbers = [int(number) for number, *_ in found]
    assert len(numbers) == len(set(numbers)), "a row is there twice"
    return {int(number): (then, shown) for number, _fails, then, shown in found}


def left_out() -> dict[int, str]:
    """Return by row why no test shows it."""
    return {
        number: shown.partition("left out:")[2].strip()
        for number, (_then, shown) in table().items()
        if "left out:" in shown
    }


@cache
def functions_of(path: Path) -> dict[str, ast.FunctionDef]:
    return {
        node.name: node
        for node in ast.walk(syntax(path))
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
    }


def marked(node: ast.AST) -> set[int]:
    """Return the rows that marks below this node name."""
    return {
        call.args[0].value
        for call in ast.walk(node)
        if isinstance(call, ast.Call)
        and isinstance(call.func, ast.Attribute)
        and call.func.attr == "fault"
        and call.args
        and isinstance(call.args[0], ast.Constant)
    }


def test_every_row_is_in_the_table_once():
    assert sorted(table()) == list(range(1, ROWS + 1))


def test_at_most_six_rows_are_left_out_and_each_says_why():
    assert len(left_out()) <= MOST_LEFT_OUT
    assert not set(left_out()) & DEMANDED
    assert all(why.endswith(".") and len(why) > 40 for why in left_out().values())


def test_what_happens_is_a_sentence_in_every_row():
    silent = [n for n, (then, _) in table().items() if not then.endswith(".")]
    assert set(silent) == set(left_out())


@pytest.mark.parametrize("number", range(1, ROWS + 1))
def test_what_shows_a_row_is_there(number):
    shown = SHOWN_BY.findall(table()[number][1])
    assert shown or number in left_out(), f"nothing shows row {number}"
    for name, test in shown:
        path = Path("tests") / name
        if test:
            assert test in functions_of(path), f"{path} has no {test}"
        else:
            assert number in marked(syntax(path)), f"{path} has no mark of row {number}"


def test_every_mark_is_in_the_table():
    files = [path for path in python_files("tests") if path.is_relative_to(FAULTS)]
    missing = [
        f"{path}: {number}"
        for path in files
        for number in sorted(marked(syntax(path)))
        if f"`{path.relative_to('tests')}`" not in table()[number][1]
    ]
    assert not missing

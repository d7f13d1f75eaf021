"""What could not be read may be given all the same, in the user's own words."""

from __future__ import annotations

import pytest

from apps.scripts.parameters import NotRenderable, render_argv, validate
from tests.unit.scripts.harness import parse_for_real
from tests.unit.scripts.samples import codes, read

SOURCE = """
import argparse, os
parser = argparse.ArgumentParser()
parser.add_argument("--a")
parser.add_argument("--many", nargs="*")
if "HOME_OF_NOBODY" not in os.environ:
    parser.add_argument("--hidden", type=int)
parser.add_argument("file", nargs="?")
parser.parse_args()
"""
WHOLE = SOURCE.replace("if ", "if True or ").replace("os.environ:", "():")


def test_a_script_that_was_read_only_in_part_takes_extra_arguments():
    schema = read(SOURCE).schema
    field = schema["properties"]["extra_arguments"]
    assert schema["x-hub"]["extra"] is True
    assert (field["type"], field["items"]) == ("array", {"type": "string"})
    assert (field["x-hub"]["kind"], field["x-hub"]["anonymous"]) == ("extra", False)


def test_a_script_that_was_read_as_a_whole_takes_none():
    schema = read(WHOLE).schema
    assert "extra" not in schema["x-hub"]
    assert [p.code for p in validate(schema, {"extra_arguments": ["--x"]})] == [
        "unknown"
    ]
    with pytest.raises(NotRenderable):
        render_argv(schema, {"extra_arguments": ["--x"]})


def test_a_choice_that_cannot_be_read_leaves_nothing_out():
    source = WHOLE.replace('"--a"', '"--a", choices=load()')
    declaration = read(source)
    assert codes(declaration) == ["choices"]
    assert "extra_arguments" not in declaration.schema["properties"]


@pytest.mark.parametrize(
    ("values", "argv"),
    [
        (["--hidden=5"], ["--a=x", "--hidden=5", "--", "-f"]),
        (["--hidden", "5"], ["--a=x", "--hidden", "5", "--", "-f"]),
        ([], ["--a=x", "--", "-f"]),
    ],
)
def test_extra_arguments_stand_before_the_positionals(values, argv, tmp_path):
    schema = read(SOURCE).schema
    given = {"a": "x", "file": "-f", "extra_arguments": values}
    assert validate(schema, given) == []
    assert render_argv(schema, given) == argv
    (answer,) = parse_for_real(SOURCE, [argv], tmp_path)
    assert (answer["values"]["a"], answer["values"]["file"]) == ("x", "-f")


def test_extra_arguments_may_end_the_options_themselves():
    schema = read(SOURCE).schema
    assert render_argv(schema, {"a": "x", "extra_arguments": ["--", "-f"]}) == [
        "--a=x",
        "--",
        "-f",
    ]


@pytest.mark.parametrize(
    ("extra", "code"),
    [
        (["a\0b"], "nul"),
        (["\x1b"], "control"),
        ("--hidden=5", "type_array"),
        ([5], "type_string"),
        (["x"] * 65, "max_items"),
        (["x" * 9000], "too_long"),
    ],
)
def test_extra_arguments_are_checked_like_everything_else(extra, code):
    problems = validate(read(SOURCE).schema, {"extra_arguments": extra})
    assert [problem.code for problem in problems] == [code]


def test_an_open_list_would_take_an_extra_argument_for_its_own():
    schema = read(SOURCE).schema
    values = {"many": ["a", "b"], "extra_arguments": ["c"]}
    assert [problem.code for problem in validate(schema, values)] == ["open_list"]
    assert validate(schema, {**values, "extra_arguments": ["--hidden=5"]}) == []


def test_a_script_that_reads_sys_argv_itself_takes_extra_arguments():
    declaration = read("import sys\nprint(sys.argv[1:])\n")
    assert codes(declaration) == ["argv"]
    assert list(declaration.schema["properties"]) == ["extra_arguments"]


def test_the_name_a_script_was_started_by_is_no_argument():
    assert read("import sys\nprint(sys.argv[0])\n").notes == ()

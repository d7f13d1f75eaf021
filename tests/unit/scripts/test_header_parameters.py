"""The header's parameter tables: over Python's arguments, or all there is."""

from __future__ import annotations

import pytest

from apps.scripts.manifest import ManifestError
from apps.scripts.parameters import render_argv, validate
from tests.unit.scripts.samples import codes, read


def header(name: str, *lines: str) -> str:
    text = [f"[tool.automation-hub.parameters.{name}]", *lines]
    return "\n".join(["# /// script", *(f"# {line}" for line in text), "# ///", ""])


def python(table: str, *arguments: str) -> str:
    lines = "\n".join(f"parser.add_argument({argument})" for argument in arguments)
    return (
        f"{table}import argparse\nfrom lib import conv\n"
        f"parser = argparse.ArgumentParser()\n{lines}\nparser.parse_args()\n"
    )


def property_of(source: str, name: str = "a", language: str = "python"):
    return read(source, language).schema["properties"][name]


REFINED = [
    ("label = 'Items'", "'--a'", {"title": "Items"}),
    ("help = 'More'", "'--a', help='Less'", {"description": "More"}),
    ("minimum = 1", "'--a', type=int", {"minimum": 1}),
    ("minimum = 1", "'--a', type=int, choices=range(5, 90)", {"minimum": 5}),
    ("maximum = 9", "'--a', type=int, choices=range(5, 90)", {"maximum": 9}),
    ("pattern = '^x'", "'--a'", {"pattern": "^x"}),
    ("format = 'uri'", "'--a'", {"format": "uri"}),
    ("choices = ['x']", "'--a', choices=['x', 'y']", {"enum": ["x"]}),
    ("choices = [1, 2]", "'--a', type=int", {"enum": [1, 2]}),
    ("type = 'integer'", "'--a', type=conv", {"type": "integer"}),
    ("type = 'integer'", "'--a', type=int", {"type": "integer"}),
    (
        "minimum = 1",
        "'--a', type=int, nargs='+'",
        {"items": {"type": "integer", "minimum": 1}},
    ),
    ("type = 'array'", "'--a', action='append'", {"type": "array"}),
]


@pytest.mark.parametrize(("line", "argument", "expected"), REFINED)
def test_a_table_refines_what_the_code_says(line, argument, expected):
    schema = property_of(python(header("a", line), argument))
    assert {key: schema.get(key) for key in expected} == expected


def test_a_table_can_demand_a_parameter_and_keep_it_from_anonymous_callers():
    source = python(header("a", "required = true", "anonymous = false"), "'--a'")
    schema = read(source).schema
    assert schema["required"] == ["a"]
    assert schema["properties"]["a"]["x-hub"]["anonymous"] is False


MISFITS = [
    ("b", "label = 'x'", "'--a'", "parameter that the script has not; known are a."),
    ("aa", "label = 'x'", "'--aab'", "has not; did you mean 'aab'"),
    ("a", "default = 'x'", "'--a'", "has a default, but the script's code decides it"),
    ("a", "required = false", "'--a', required=True", "the script's code demands it"),
    ("a", "type = 'string'", "'--a', type=int", "in the script's code it is integer"),
    ("a", "type = 'array'", "'--a'", "has type array, but .* it is string"),
    ("a", "type = 'integer'", "'--a', choices=['1']", "its choices are texts"),
    ("a", "choices = ['z']", "'--a', choices=['x']", "choice that does not fit, 'z'"),
    ("a", "choices = ['1']", "'--a', type=int", "must be of type integer"),
    ("a", "minimum = 1", "'--a'", "has minimum, which is for integer and number"),
    ("a", "pattern = 'x'", "'--a', type=int", "pattern, which is for string, but"),
    ("a", "format = 'uri'", "'--a', type=float", "format, which is for string, but"),
    ("a", "choices = [true]", "'--a', action='store_true'", "choices, which is for"),
]


@pytest.mark.parametrize(("name", "line", "argument", "sentence"), MISFITS)
def test_a_table_that_does_not_fit_the_code_is_an_error(name, line, argument, sentence):
    source = python(header(name, line), argument)
    with pytest.raises(ManifestError, match=sentence) as info:
        read(source)
    place = f"Line 2: [tool.automation-hub.parameters.{name}] "
    assert str(info.value).startswith(place)


def test_a_table_for_an_argument_that_could_not_be_read_is_a_note():
    source = python(header("a", "minimum = 1"), "*names")
    assert codes(read(source)) == ["overlay", "name"]


DECLARED = [
    ("", {"type": "string"}, "option"),
    (
        "type = 'integer'\ndefault = 5\nminimum = 1",
        {"default": 5, "minimum": 1},
        "option",
    ),
    ("type = 'number'\ndefault = 5", {"type": "number", "default": 5}, "option"),
    ("choices = ['x', 'y']\ndefault = 'x'", {"enum": ["x", "y"]}, "option"),
    ("type = 'boolean'", {"type": "boolean"}, "switch"),
    ("type = 'boolean'\ndefault = false", {"default": False}, "switch"),
    (
        "type = 'array'\ndefault = ['x']\nchoices = ['x', 'y']",
        {"items": {"type": "string", "enum": ["x", "y"]}, "default": ["x"]},
        "repeat",
    ),
]


@pytest.mark.parametrize(("lines", "expected", "kind"), DECLARED)
def test_in_other_languages_a_table_is_the_declaration(lines, expected, kind):
    schema = property_of(header("a_b", *lines.split("\n")), "a_b", "other")
    assert {key: schema.get(key) for key in expected} == expected
    assert (schema["x-hub"]["kind"], schema["x-hub"]["flag"]) == (kind, "--a-b")


UNDECLARABLE = [
    ("default = 5", "would refuse: a: must be text in quotes, got 5"),
    ("type = 'integer'\ndefault = '5'", "would refuse: a: must be a whole number"),
    ("type = 'integer'\ndefault = 0\nminimum = 1", "must be at least 1, got 0"),
    ("choices = ['x']\ndefault = 'y'", 'must be one of "x"; got "y"'),
    ("format = 'uri'\ndefault = 'here'", "must be a full address"),
    ("default = 'x'\nrequired = true", "is required, so it can have no default"),
    ("type = 'boolean'\ndefault = true", "could never turn off"),
    ("type = 'array'\ndefault = 'x'", "must be a list"),
    ("type = 'array'\nminimum = 1", "minimum, which is for integer and number"),
    ("type = 'integer'\nchoices = ['x']", "a choice that does not fit, 'x'; it must"),
]


@pytest.mark.parametrize(("lines", "sentence"), UNDECLARABLE)
def test_a_declaration_that_contradicts_itself_is_an_error(lines, sentence):
    with pytest.raises(ManifestError, match=sentence):
        read(header("a", *lines.split("\n")), "other")


def test_a_declared_name_must_make_an_option():
    with pytest.raises(ManifestError, match="is not a name for an option"):
        read(header("a-b", "label = 'x'"), "other")


def test_declared_parameters_are_rendered_as_options():
    source = (
        header("path").removesuffix("# ///\n")
        + "# [tool.automation-hub.parameters.dry_run]\n# type = 'boolean'\n"
        + "# [tool.automation-hub.parameters.skip]\n# type = 'array'\n# ///\n"
    )
    schema = read(source, "other").schema
    values = {"skip": ["a b", "--x"], "path": "$(id)", "dry_run": True}
    assert validate(schema, values) == []
    assert render_argv(schema, values) == [
        "--path=$(id)",
        "--dry-run",
        "--skip=a b",
        "--skip=--x",
    ]


def test_a_shell_script_without_a_header_takes_nothing():
    assert read("#!/bin/sh\necho\n", "other").schema["properties"] == {}

"""Sub-commands: one field that chooses, and the fields of what is chosen."""

from __future__ import annotations

import textwrap

import pytest
from jsonschema import Draft202012Validator

from apps.scripts.parameters import chosen, convert, english, render_argv, validate
from tests.unit.scripts.harness import parse_for_real
from tests.unit.scripts.samples import codes, read

SOURCE = textwrap.dedent(
    """
    import argparse
    parser = argparse.ArgumentParser()
    parser.add_argument("--verbose", "-v", action="store_true")
    parser.add_argument("--config", nargs="+")
    parser.add_argument("site", type=int)
    commands = parser.add_subparsers(dest="command", required=True, title="Commands")
    get = commands.add_parser("get", aliases=["g"], help="Fetch one")
    get.add_argument("url")
    get.add_argument("--limit", type=int, required=True)
    get.add_argument("--verbose", "-v", action="store_true")
    put = commands.add_parser("put")
    put.add_argument("--limit", choices=["low", "high"])
    put.add_argument("files", nargs="*")
    either = put.add_mutually_exclusive_group()
    either.add_argument("--fast", action="store_true")
    either.add_argument("--slow", action="store_true")
    remote = commands.add_parser("remote")
    inner = remote.add_subparsers()
    add = inner.add_parser("add")
    add.add_argument("name")
    parser.parse_args()
    """
)
GET = {"site": 1, "command": "get", "url": "u", "limit": 5}
PUT = {"site": 1, "command": "put"}


@pytest.fixture(scope="module")
def schema():
    return read(SOURCE).schema


def test_the_schema_says_which_command_a_field_belongs_to(schema):
    fields = schema["properties"]
    assert fields["command"]["enum"] == ["get", "put", "remote"]
    assert fields["command"]["x-hub"]["kind"] == "command"
    assert fields["command"]["x-hub"]["group"] == "Commands"
    assert {name: about["x-hub"].get("commands") for name, about in fields.items()} == {
        "verbose": ["", "get"],
        "config": None,
        "site": None,
        "command": None,
        "url": ["get"],
        "limit": ["get", "put"],
        "files": ["put"],
        "fast": ["put"],
        "slow": ["put"],
        "remote_command": ["remote"],
        "name": ["remote add"],
    }
    assert schema["required"] == ["site", "command"]
    first, *others = schema["x-hub"]["commands"]
    assert first == {
        "name": "get",
        "field": "command",
        "value": "get",
        "aliases": ["g"],
        "help": "Fetch one",
        "description": "",
        "fields": ["url", "limit", "verbose"],
        "required": ["url", "limit"],
        "exclusive": [],
    }
    assert [one["name"] for one in others] == ["put", "remote", "remote add"]


def test_a_field_of_two_commands_is_what_the_chosen_one_says(schema):
    assert chosen(schema, GET)["properties"]["limit"]["type"] == "integer"
    assert chosen(schema, PUT)["properties"]["limit"]["enum"] == ["low", "high"]
    assert "limit" not in chosen(schema, {})["properties"]


RIGHT = [
    (GET, ["1", "get", "--limit=5", "--", "u"]),
    ({**GET, "verbose": True}, ["1", "get", "--limit=5", "--verbose", "--", "u"]),
    ({**GET, "url": "--x"}, ["1", "get", "--limit=5", "--", "--x"]),
    (PUT, ["1", "put"]),
    ({**PUT, "verbose": True, "site": -5}, ["--verbose", "-5", "put"]),
    (
        {**PUT, "config": ["a"], "limit": "low", "files": ["-x", "b"], "fast": True},
        ["--config=a", "1", "put", "--limit=low", "--fast", "--", "-x", "b"],
    ),
    (
        {"site": 1, "command": "remote", "remote_command": "add", "name": "n"},
        ["1", "remote", "add", "--", "n"],
    ),
    ({"site": 1, "command": "remote"}, ["1", "remote"]),
]


@pytest.mark.parametrize(("values", "argv"), RIGHT)
def test_a_command_stands_between_the_scripts_arguments_and_its_own(
    schema, values, argv, tmp_path
):
    assert validate(schema, values) == []
    assert render_argv(schema, values) == argv
    (answer,) = parse_for_real(SOURCE, [argv], tmp_path)
    stored = answer["values"]
    assert {k: stored[k] for k in values if k in stored} == {
        k: v for k, v in values.items() if k in stored
    }


WRONG = [
    ({"site": 1}, ["command: must be given."]),
    ({"site": 1, "limit": 5}, ["command: must be given."]),
    (
        {"site": 1, "command": "got"},
        ['command: must be one of "get", "put", "remote"; got "got".'],
    ),
    ({"site": 1, "command": "get", "limit": 5}, ["url: must be given."]),
    (
        {**GET, "files": ["a"]},
        [
            (
                "files: belongs to the command put, but get is chosen; leave it out, or "
                "choose that command with command."
            )
        ],
    ),
    ({**PUT, "limit": 5}, ["limit: must be text in quotes, got 5."]),
    (
        {**PUT, "fast": True, "slow": True},
        ["slow: cannot be given together with fast; choose one."],
    ),
    (
        {**PUT, "config": ["a", "b"]},
        [
            (
                "config: must be a single item here: the script would take what follows it "
                "on the command line for more of them."
            )
        ],
    ),
    (
        {**PUT, "remote_command": "add"},
        [
            (
                "remote_command: belongs to the command remote, but put is chosen; leave it "
                "out, or choose that command with command."
            )
        ],
    ),
]


@pytest.mark.parametrize(("values", "sentences"), WRONG)
def test_what_does_not_fit_the_command_is_said(schema, values, sentences):
    assert [english(problem) for problem in validate(schema, values)] == sentences


def test_without_a_command_its_fields_are_not_taken():
    source = SOURCE.replace("required=True, title", "title")
    problems = validate(read(source).schema, {"site": 1, "limit": 5})
    assert [english(problem) for problem in problems] == [
        "limit: belongs to the command get, put; choose it with command."
    ]


def test_any_other_validator_takes_what_the_hub_takes(schema):
    Draft202012Validator.check_schema(schema)
    validator = Draft202012Validator(schema)
    for values, _argv in RIGHT:
        assert list(validator.iter_errors(values)) == []
    by_rule_of_argparse = {"fast", "config"}
    for values, _sentences in WRONG:
        if by_rule_of_argparse.isdisjoint(values):
            assert list(validator.iter_errors(values)) != []


def test_texts_become_what_the_chosen_command_takes(schema):
    texts = {"site": "1", "command": "get", "limit": "5", "url": "u"}
    assert convert(schema, texts) == (GET, [])
    texts = {"site": "1", "command": "put", "limit": "low"}
    assert convert(schema, texts) == ({**PUT, "limit": "low"}, [])


def test_a_positional_that_argparse_would_take_for_the_command_is_refused():
    source = SOURCE.replace('"site", type=int', '"site", nargs="?"')
    schema = read(source).schema
    assert validate(schema, {"command": "put"}) == []
    problems = validate(schema, {"command": "put", "files": ["a"]})
    assert [english(problem) for problem in problems] == [
        (
            "command: would be taken for site, which comes before it on the script's "
            "command line; give site too, or leave this out."
        )
    ]


@pytest.mark.parametrize("site", ["--verbose", "-x", "--"])
def test_what_stands_before_the_command_cannot_look_like_an_option(site):
    schema = read(SOURCE.replace('"site", type=int', '"site"')).schema
    assert len(validate(schema, {**PUT, "site": site})) == 1


def test_the_choice_has_a_name_of_its_own_where_its_dest_is_taken():
    source = SOURCE.replace('"url"', '"command"')
    fields = read(source).schema["properties"]
    assert fields["subcommand"]["x-hub"]["kind"] == "command"
    assert fields["command"]["x-hub"]["commands"] == ["get"]


def test_a_header_refines_a_parameter_in_every_command_that_has_it():
    header = (
        "# /// script\n# [tool.automation-hub.parameters.verbose]\n"
        '# label = "Say more"\n# ///\n'
    )
    schema = read(header + SOURCE).schema
    assert chosen(schema, PUT)["properties"]["verbose"]["title"] == "Say more"
    assert chosen(schema, GET)["properties"]["verbose"]["title"] == "Say more"


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("commands.add_parser(load()).add_argument('--a')", "command"),
        ("if load():\n    commands.add_parser('x')", "command_condition"),
    ],
)
def test_a_command_that_is_not_certain_is_left_out_with_a_note(line, code):
    source = SOURCE.replace("parser.parse_args()", f"{line}\nparser.parse_args()")
    declaration = read(source)
    assert codes(declaration) == [code]
    assert len(declaration.schema["x-hub"]["commands"]) == 4
    assert declaration.schema["x-hub"]["extra"] is True

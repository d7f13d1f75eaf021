"""Secrets in a header: how they are given, and which marks a script broken."""

from __future__ import annotations

import pytest

from apps.scripts.manifest import ManifestError
from apps.scripts.parameters import convert, english, render_argv, validate
from apps.scripts.secrecy import HIDDEN, STORED, hidden, secret_names, veiled
from tests.unit.scripts.samples import read


def script(*lines: str, arguments: tuple[str, ...] = ()) -> str:
    """A Python script whose header describes `password`."""
    table = ["[tool.automation-hub.parameters.password]", *lines]
    head = "\n".join(["# /// script", *(f"# {line}" for line in table), "# ///"])
    added = "\n".join(f"parser.add_argument({argument})" for argument in arguments)
    return (
        f"{head}\nimport argparse\nparser = argparse.ArgumentParser()\n{added}\n"
        "parser.parse_args()\n"
    )


ENV = ("secret = true", 'env = "DB_PASSWORD"')
STDIN = ("secret = true", "stdin = true")


@pytest.mark.parametrize("language", ["python", "other"])
@pytest.mark.parametrize(
    ("lines", "way"),
    [
        (ENV, {"env": "DB_PASSWORD"}),
        (STDIN, {"stdin": True}),
        (('secret = {env = "DB_PASSWORD"}',), {"env": "DB_PASSWORD"}),
        (("secret = {stdin = true}",), {"stdin": True}),
    ],
)
def test_a_secret_is_text_that_only_goes_in(language, lines, way):
    schema = read(script(*lines), language).schema
    about = schema["properties"]["password"]
    assert about["type"] == "string"
    assert about["writeOnly"] is True
    hub = {"kind": "secret", "flag": None, "group": None, "anonymous": False}
    assert about["x-hub"] == {**hub, "order": 0, **way}
    assert secret_names(schema) == ["password"]


def test_a_secret_never_gets_onto_the_command_line():
    source = script(
        *ENV, arguments=("'--password', help='Of the database'", "'--host'")
    )
    schema = read(source).schema
    values = {"password": "hunter2", "host": "db"}
    assert validate(schema, values) == []
    assert render_argv(schema, values) == ["--host=db"]
    assert schema["properties"]["password"]["description"] == "Of the database"


def test_the_default_of_an_option_that_is_a_secret_is_not_told():
    source = script(*ENV, arguments=("'--password', default='hunter2'",))
    assert "default" not in read(source).schema["properties"]["password"]


def test_an_option_that_is_a_secret_excludes_no_other():
    source = script(*ENV).replace(
        "parser.parse_args()",
        "group = parser.add_mutually_exclusive_group(required=True)\n"
        "group.add_argument('--password')\ngroup.add_argument('--token-file')\n"
        "parser.parse_args()",
    )
    schema = read(source).schema
    assert schema["x-hub"]["exclusive"] == []
    assert schema["required"] == ["token_file"]


@pytest.mark.parametrize(
    ("lines", "arguments", "sentence"),
    [
        (("secret = true",), (), "could only go on the command line"),
        (("secret = true",), ("'--password'",), "could only go on the command line"),
        ((*ENV, "stdin = true"), (), "has both env and stdin"),
        (('env = "A"',), (), "has env, which is for secrets; add secret = true"),
        (("stdin = true",), (), "has stdin, which is for secrets"),
        ((*ENV, 'default = "x"'), (), "has default, which a secret cannot have"),
        ((*ENV, 'choices = ["abcd"]'), (), "has choices, which a secret cannot"),
        ((*ENV, 'type = "integer"'), (), "but a secret is text"),
        (("secret = 1",), (), "secret must be true or false"),
        (("secret = {}",), (), "secret must be true"),
        (('secret = {env = "x"}',), (), "wrong env: it must name variables in capital"),
        (("secret = true", 'env = "HUB_RUN_ID"'), (), "which the hub sets"),
        (("secret = true", 'env = "LD_LIBRARY_PATH"'), (), "what its interpreter does"),
        (("secret = true", 'env = "PYTHONPATH"'), (), "decides what code is loaded"),
        (ENV, ("'--password', required=True",), "demands it on the command line"),
        (ENV, ("'password'",), "no option with one text"),
        (ENV, ("'--password', action='append'",), "no option with one text"),
        (ENV, ("'--password', type=int",), "no option with one text"),
        (ENV, ("'--password', action='store_true'",), "no option with one text"),
    ],
)
def test_a_secret_that_cannot_be_given_safely_breaks_the_script(
    lines, arguments, sentence
):
    with pytest.raises(ManifestError, match=sentence) as caught:
        read(script(*lines, arguments=arguments))
    assert caught.value.line


def test_two_secrets_do_not_share_a_place():
    for way in (ENV, STDIN):
        second = ["[tool.automation-hub.parameters.token]", *way]
        with pytest.raises(ManifestError, match="as the secret password is"):
            read(script(*way, *second), "other")


def test_a_secret_is_not_given_in_a_variable_that_the_header_sets():
    source = script(*ENV).replace(
        "# [tool",
        '# [tool.automation-hub]\n# environment = {DB_PASSWORD = "x"}\n# [tool',
        1,
    )
    with pytest.raises(ManifestError, match="is given in DB_PASSWORD, as environment"):
        read(source)


@pytest.mark.parametrize(
    ("value", "sentence"),
    [
        ("abc", "must have at least 4 characters besides blanks at its ends."),
        ("hunter2 " + HIDDEN[0], "stands for what is hidden"),
        ("hunter2 \x07", "must hold no control characters"),
        ("hunter2 " * 2000, "is 16000 bytes long"),
        (["hunter2"], "must be text in quotes"),
        (STORED, "must be text in quotes"),
        (12345678, "must be text in quotes"),
        ("hunter3", "must match the pattern"),
    ],
)
def test_what_is_wrong_with_a_secret_is_said_without_quoting_it(value, sentence):
    schema = read(script(*ENV, "pattern = '^hunter2'")).schema
    problems = validate(schema, {"password": value})
    told = " ".join(english(problem) for problem in problems)
    assert sentence in told
    assert not any(text in told for text in ("hunter2 ", "hunter3", "123456", "abc"))
    assert not any("hunter3" in str(problem) for problem in problems)


def test_a_secret_of_several_lines_is_taken():
    schema = read(script(*ENV, "multiline = true")).schema
    assert schema["properties"]["password"]["x-hub"]["multiline"] is True
    values, problems = convert(schema, {"password": "first line\r\nsecond"})
    assert (values, problems) == ({"password": "first line\nsecond"}, [])


def test_what_people_see_of_values_has_dots_for_secrets():
    schema = read(script(*ENV, arguments=("'--host'",))).schema
    given = {"password": "hunter2", "host": "db"}
    assert hidden(schema, given) == {"password": HIDDEN, "host": "db"}
    assert hidden(schema, {"host": "db"}) == {"host": "db"}
    assert veiled({"password": STORED, "host": "db"}) == {
        "password": HIDDEN,
        "host": "db",
    }

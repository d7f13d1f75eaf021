"""Header keys about a script as a whole: environment, confirm, dry_run; multiline."""

from __future__ import annotations

import pytest

from apps.scripts.manifest import ManifestError, read_manifest
from tests.unit.scripts.samples import codes, read


def header(*lines: str) -> str:
    text = ["# /// script", "# [tool.automation-hub]", *(f"# {x}" for x in lines)]
    return "\n".join([*text, "# ///", ""])


def parser(*arguments: str) -> str:
    added = "\n".join(f"p.add_argument({argument})" for argument in arguments)
    return f"import argparse\np = argparse.ArgumentParser()\n{added}\np.parse_args()\n"


def test_the_variables_of_a_script_are_read():
    manifest = read_manifest(
        header(
            "[tool.automation-hub.environment]",
            'REGION = "eu"',
            'LD_LIBRARY_PATH = "/opt/oracle"',
            'MESSAGE = "two\\nlines, and \\"quotes\\""',
        )
    )
    assert manifest.environment == {
        "REGION": "eu",
        "LD_LIBRARY_PATH": "/opt/oracle",
        "MESSAGE": 'two\nlines, and "quotes"',
    }


MANY = ", ".join(f'V{n} = "x"' for n in range(65))


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ('environment = "A=1"', "environment must be a table of names and texts"),
        ('environment = {region = "eu"}', "capital letters, .* got 'region'"),
        ('environment = {"A=B" = "eu"}', "capital letters"),
        ("environment = {PORT = 5432}", "must have texts in quotes; PORT is 5432"),
        ('environment = {HUB_RUN_ID = "x"}', "must not set HUB_RUN_ID, which the hub"),
        ('environment = {PATH = "/x"}', "must not set PATH, which the hub sets"),
        ('environment = {LD_PRELOAD = "x"}', "decides what code is loaded"),
        ('environment = {PYTHONPATH = "x"}', "decides what code is loaded"),
        ('environment = {BELL = "\\u0007"}', "no control characters.*BELL"),
        (f'environment = {{LONG = "{"x" * 4097}"}}', "has 4097 bytes in LONG"),
        (f"environment = {{{MANY}}}", "has 65 variables; at most 64"),
        ('confirm = ""', "confirm must be text of 1 to 500 characters"),
        (f'confirm = "{"x" * 501}"', "confirm must be text of 1 to 500 characters"),
        ("confirm = true", "confirm must be text"),
        ('dry_run = "--dry run"', "dry_run must be one option"),
        ("dry_run = true", "dry_run must be one option"),
    ],
)
def test_a_wrong_key_is_told_with_its_line(line, sentence):
    with pytest.raises(ManifestError, match=sentence) as caught:
        read_manifest(header('title = "x"', line))
    assert caught.value.line == 4


def test_a_question_may_have_several_lines():
    manifest = read_manifest(header('confirm = "Delete it?\\nThere is no way back."'))
    assert manifest.confirm == "Delete it?\nThere is no way back."


@pytest.mark.parametrize("wanted", ["--dry-run", "dry_run"])
@pytest.mark.parametrize(
    "argument",
    [
        "'--dry-run', '-n', action='store_true'",
        "'--dry-run', action=argparse.BooleanOptionalAction, default=False",
    ],
)
def test_the_dry_run_is_named_by_its_option_or_its_name(wanted, argument):
    source = header(f'dry_run = "{wanted}"') + parser(argument, "'--host'")
    assert read(source).dry_run == "dry_run"


def test_the_dry_run_of_another_language_is_a_boolean_parameter():
    table = ["[tool.automation-hub.parameters.dry_run]", 'type = "boolean"']
    assert read(header('dry_run = "--dry-run"', *table), "other").dry_run == "dry_run"


@pytest.mark.parametrize(
    ("argument", "sentence"),
    [
        (
            "'--dry', action='store_true'",
            "which the script has not; did you mean 'dry'",
        ),
        ("'--dry-run'", "which is no switch: it must be an option without a value"),
        ("'--dry-run', type=int", "which is no switch"),
        ("'--dry-run', action='count'", "which is no switch"),
    ],
)
def test_a_dry_run_that_is_no_switch_breaks_the_script(argument, sentence):
    with pytest.raises(ManifestError, match=sentence) as caught:
        read(header('dry_run = "dry_run"') + parser(argument))
    assert caught.value.line == 3


def test_a_dry_run_that_could_not_be_read_is_noted():
    source = header('dry_run = "dry_run"') + parser("'--a', **more")
    declaration = read(source)
    assert declaration.dry_run == ""
    assert "overlay" in codes(declaration)


def test_text_of_several_lines_is_marked():
    table = ["[tool.automation-hub.parameters.body]", "multiline = true"]
    about = read(header(*table) + parser("'--body'")).schema["properties"]["body"]
    assert about["x-hub"]["multiline"] is True


@pytest.mark.parametrize(
    "argument", ["'--body', type=int", "'--body', choices=['a']", "'--body', nargs='+'"]
)
def test_only_free_text_has_several_lines(argument):
    table = ["[tool.automation-hub.parameters.body]", "multiline = true"]
    with pytest.raises(ManifestError, match="multiline, which is for free text"):
        read(header(*table) + parser(argument))

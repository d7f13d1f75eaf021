"""What a header may say, and what is said of a wrong one."""

from __future__ import annotations

import pytest

from apps.scripts.manifest import (
    Manifest,
    ManifestError,
    ParameterOverlay,
    read_manifest,
)


def header(*lines: str) -> str:
    text = ["# /// script", "# [tool.automation-hub]", *(f"# {x}" for x in lines)]
    return "\n".join([*text, "# ///", ""])


def test_every_key_is_read():
    manifest = read_manifest(
        header(
            'title = "Backup"',
            'description = "One line.\\nAnother."',
            'tags = ["db", "nightly"]',
            "anonymous = true",
            "timeout_s = 600",
            'queue = "gpu-2"',
            "max_running = 2",
            'group = "database"',
            'artifacts = ["*.json", "out/**/*.md"]',
            'interpreter = "/usr/bin/bash"',
        )
    )
    assert manifest == Manifest(
        title="Backup",
        description="One line.\nAnother.",
        tags=("db", "nightly"),
        anonymous=True,
        timeout_s=600,
        queue="gpu-2",
        max_running=2,
        group="database",
        artifacts=("*.json", "out/**/*.md"),
        interpreter="/usr/bin/bash",
        has_header=True,
    )


def test_every_key_of_a_parameter_is_read():
    manifest = read_manifest(
        header(
            "[tool.automation-hub.parameters.limit]",
            'label = "Items"',
            'help = "How many."',
            'type = "integer"',
            "default = 3",
            "required = false",
            "choices = [1, 3, 5]",
            "minimum = 1",
            "maximum = 5.5",
            "anonymous = false",
            "[tool.automation-hub.parameters.url]",
            'pattern = "^https"',
            'format = "uri"',
        )
    )
    assert manifest.parameters["limit"] == ParameterOverlay(
        label="Items",
        help="How many.",
        type="integer",
        default=3,
        required=False,
        choices=(1, 3, 5),
        minimum=1,
        maximum=5.5,
        anonymous=False,
        line=3,
    )
    assert manifest.parameters["url"] == ParameterOverlay(
        pattern="^https", format="uri", line=13
    )


def test_parameters_may_be_written_inline():
    manifest = read_manifest(header('parameters.limit = {label = "Items"}'))
    assert manifest.parameters["limit"].label == "Items"


WRONG = [
    ("anonimous = true", "unknown key 'anonimous'; did you mean 'anonymous'?"),
    ("x = 1", "unknown key 'x'; known are title, description,"),
    ("title = 5", r"title must be text of 1 to 120 characters"),
    ('title = ""', r"title must be text"),
    (f'title = "{"x" * 121}"', r"title must be text of 1 to 120 characters"),
    (r'title = "a\u0007b"', "title must hold no control characters"),
    (r'title = "a\nb"', "title must hold no control characters"),
    ('tags = "db"', "tags must be a list of at most 20 values"),
    ('tags = ["db", 5]', r"tags has a wrong value \(number 2\): it must be text"),
    ('anonymous = "yes"', "anonymous must be true or false, got 'yes'"),
    ("anonymous = 1", "anonymous must be true or false, got 1"),
    ("timeout_s = 0", r"timeout_s must be a whole number of seconds from 1 to 604800"),
    ("timeout_s = 604801", "timeout_s must be .* got 604801; for ten minutes"),
    ("timeout_s = true", "timeout_s must be .* got true"),
    ("timeout_s = 1.5", "timeout_s must be .* got 1.5"),
    ('queue = "GPU 1"', "queue must be the name of a queue"),
    ('queue = "a\\n"', "queue must be the name of a queue"),
    ("max_running = 0", "max_running must be a whole number from 1 to 1000, got 0"),
    ("max_running = 1001", "max_running must be .* got 1001; for no limit leave it"),
    ("max_running = true", "max_running must be .* got true"),
    ('max_running = "1"', "max_running must be .* got '1'"),
    ('group = "The DB"', 'group must be the name of a group: .* such as "database"'),
    ('group = ""', "group must be the name of a group"),
    ('artifacts = ["/etc/*"]', r"artifacts has a wrong value \(number 1\): .*relative"),
    ('artifacts = ["a/../b"]', "without '..'"),
    ('artifacts = ["..\\\\b"]', "without '..'"),
    ('artifacts = ["~/x"]', "relative"),
    ('artifacts = ["."]', "must name files"),
    ('artifacts = ["./"]', "must name files"),
    ('artifacts = ["rss/**x"]', "alone between slashes"),
    ('interpreter = "bash -e"', "one program without arguments"),
    ('interpreter = "bin/bash"', "one program without arguments"),
    ('interpreter = ""', "one program without arguments"),
    ("parameters = 5", "parameters must be tables"),
]


@pytest.mark.parametrize(("line", "sentence"), WRONG)
def test_a_wrong_key_is_an_error_that_names_it_and_its_line(line, sentence):
    with pytest.raises(ManifestError, match=sentence) as info:
        read_manifest(header('description = "x"', line))
    assert str(info.value).startswith("Line 4: [tool.automation-hub] ")
    assert info.value.line == 4


WRONG_OF_PARAMETERS = [
    ("labl = 'x'", "unknown key 'labl'; did you mean 'label'?"),
    ("type = 'int'", "type must be one of string, integer, number, boolean, array"),
    ("format = 'url'", "format must be one of uri, date, email, path; got 'url'"),
    ("pattern = '('", "pattern is not a valid regular expression: .*unterminated"),
    ("pattern = 5", "pattern must be a regular expression"),
    ("choices = []", "choices must not be empty"),
    ("choices = ['a', 'a']", "choices names the same value twice"),
    ("choices = [['a']]", r"choices has a wrong value \(number 1\)"),
    ("choices = 'abc'", "choices must be a list"),
    ("minimum = '1'", "minimum must be a number, got '1'"),
    ("minimum = true", "minimum must be a number, got true"),
    ("maximum = nan", "maximum must be a number, got nan"),
    ("maximum = inf", "maximum must be a number, got inf"),
    ("default = 2024-01-01", "default must be text in quotes, a number"),
    ("default = {a = 1}", "default must be text in quotes, a number"),
    ("required = 1", "required must be true or false"),
    ("anonymous = 0", "anonymous must be true or false"),
]


@pytest.mark.parametrize(("line", "sentence"), WRONG_OF_PARAMETERS)
def test_a_wrong_key_of_a_parameter_is_an_error_with_its_line(line, sentence):
    with pytest.raises(ManifestError, match=sentence) as info:
        read_manifest(header("[tool.automation-hub.parameters.limit]", line))
    place = "Line 4: [tool.automation-hub.parameters.limit] "
    assert str(info.value).startswith(place)


def test_a_minimum_above_the_maximum_is_an_error():
    with pytest.raises(ManifestError, match="minimum 5 above maximum 1; swap them"):
        read_manifest(header("parameters.limit = {minimum = 5, maximum = 1}"))


def test_true_and_one_are_different_choices():
    manifest = read_manifest(header("parameters.x = {choices = [1, true]}"))
    assert manifest.parameters["x"].choices == (1, True)


@pytest.mark.parametrize("name", ["a b", "ü", "x" * 65, "5x", ""])
def test_a_parameters_name_is_checked(name):
    with pytest.raises(ManifestError, match="has a parameter named"):
        read_manifest(header(f'parameters."{name}" = {{label = "x"}}'))


def test_a_parameter_must_be_a_table():
    with pytest.raises(ManifestError, match="limit must be a table: write"):
        read_manifest(header("parameters.limit = 5"))


def test_a_misspelt_table_is_found_where_it_stands():
    with pytest.raises(ManifestError, match="'paramters'; did you mean") as info:
        read_manifest(header("[tool.automation-hub.paramters.limit]", "minimum = 1"))
    assert info.value.line == 3

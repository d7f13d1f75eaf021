"""A value that is validated and rendered arrives in the script as just that value."""

from __future__ import annotations

import pytest

from apps.scripts.parameters import render_argv, validate
from tests.unit.scripts.harness import parse_for_real
from tests.unit.scripts.samples import SAMPLES, read

HOSTILE = [
    "",
    " ",
    "-",
    "-5",
    "-x",
    "-n7",
    "--admin",
    "--mode=slow",
    "--mode slow",
    "-- x",
    "---",
    "--help",
    "$(id)",
    "`id`",
    "; rm -rf /",
    "| cat /etc/passwd",
    "a\nb",
    "tab\there",
    "'\"",
    "\\",
    "a=b",
    "*",
    "~",
    "%s %(default)s",
    "@/etc/passwd",
    "🚀 日本語",
]
MODE = {"mode": "fast"}
SOURCE = {"source": "s", "count": 1, "two": ["x", "y"]}
# For lists whose items are elements of their own, a first item keeps them lists.
PLAIN_HOSTILE = [text for text in HOSTILE if not text.startswith("-")]

CASES = {
    "options": [
        MODE,
        *({**MODE, "text": text} for text in HOSTILE),
        # A Path takes out what does not matter to it, such as a slash at the end.
        *({**MODE, "target": path} for path in ("--admin/x", "-5", "$(id)/🚀 b")),
        *({**MODE, "maybe": text} for text in HOSTILE),
        *({**MODE, "tag": [text, "b"]} for text in HOSTILE),
        *({**MODE, "more": ["a", text]} for text in HOSTILE),
        *({**MODE, "lenient": text} for text in HOSTILE),
        {**MODE, "n": -5, "limit": 3, "ratio": -1e-07, "level": 2, "size": [-1, 2]},
        {**MODE, "n": 0, "limit": 7.0, "ratio": 5, "truth": True},
        {**MODE, "n": 10**40, "ratio": 1e300, "truth": False},
    ],
    "switches": [
        {},
        {"force": True, "color": False, "cache": False, "wipe": False},
        {"force": False, "color": True, "cache": True, "wipe": True},
        {"verbose": 3, "depth": 4, "size": 100, "power": False},
        {"verbose": 0, "depth": 2, "size": 1, "power": True},
    ],
    "lists": [
        {},
        *({"names": ["a", text, "c"]} for text in PLAIN_HOSTILE),
        *({"names": [text]} for text in HOSTILE),
        *({"one": [text]} for text in HOSTILE),
        *({"pair": [text, ""], "rest": ["r"]} for text in PLAIN_HOSTILE),
        *({"rest": [text, text]} for text in HOSTILE),
        {"any": [], "names": ["a"]},
        {"any": ["a", "b"], "names": ["c"], "rest": ["--names", "d"]},
        {"ints": [-1, 2, -3], "floats": [-1e-07, -0.5, 1e300], "rest": ["-9"]},
        {"rest": []},
    ],
    "positionals": [
        SOURCE,
        *({**SOURCE, "source": text} for text in HOSTILE),
        *({**SOURCE, "two": [text, text], "count": -5} for text in HOSTILE),
        *({**SOURCE, "maybe": text, "files": [text]} for text in HOSTILE),
        {**SOURCE, "flag": True, "maybe": "m"},
    ],
    "command": [
        {"host": "h"},
        *({"host": text, "command": ["ls", text]} for text in HOSTILE),
        *({"host": "h", "command": [text, "-l"]} for text in HOSTILE),
    ],
    "rest_only": [{"dry": True, "command": ["ls", "a", "🚀 x"]}, {"command": []}],
    "rest_first": [
        {"last": "x"},
        {"dry": True, "last": "-5"},
        {"names": ["a"], "last": "b"},
    ],
    "from_file": [
        *({"text": text} for text in HOSTILE),
        *({"names": [text], "files": ["-x", "f"]} for text in HOSTILE),
    ],
    "negative": [{"one": True, "ints": [5, 6]}, {"ints": [-5]}],
}


@pytest.mark.parametrize("name", CASES)
def test_every_value_arrives_as_it_was_given(name, tmp_path):
    schema = read(SAMPLES[name]).schema
    assert [p for values in CASES[name] for p in validate(schema, values)] == []
    command_lines = [render_argv(schema, values) for values in CASES[name]]

    answers = parse_for_real(SAMPLES[name], command_lines, tmp_path)

    arrived = [
        {key: answer.get("values", answer).get(key, answer) for key in values}
        for values, answer in zip(CASES[name], answers, strict=True)
    ]
    assert arrived == CASES[name]


@pytest.mark.parametrize("name", SAMPLES)
def test_a_default_in_the_schema_is_what_the_script_has_when_nothing_is_given(
    name, tmp_path
):
    schema = read(SAMPLES[name]).schema
    values = CASES[name][0]
    (answer,) = parse_for_real(SAMPLES[name], [render_argv(schema, values)], tmp_path)

    defaults = {
        dest: field["default"]
        for dest, field in schema["properties"].items()
        if "default" in field and dest not in values
    }
    assert {dest: answer["values"][dest] for dest in defaults} == defaults


@pytest.mark.parametrize("name", SAMPLES)
def test_what_is_read_is_what_argparse_itself_knows(name, tmp_path):
    declaration = read(SAMPLES[name])
    argv = render_argv(declaration.schema, CASES[name][0])
    (answer,) = parse_for_real(SAMPLES[name], [argv], tmp_path)
    known = {
        action["dest"]: action
        for action in answer["actions"]
        if action["kind"] not in ("_HelpAction", "_VersionAction")
    }
    fields = declaration.schema["properties"]

    assert declaration.notes == ()
    assert list(fields) == list(known)
    assert set(declaration.schema["required"]) == {
        dest for dest, action in known.items() if action["required"] is True
    }
    for dest, action in known.items():
        value = fields[dest].get("items", fields[dest])
        assert action["choices"] in (None, value.get("enum"))
        assert action["type"] in ("string", value["type"])


@pytest.mark.parametrize(
    ("name", "values", "code"),
    [
        ("options", {**MODE, "text": "--"}, "dashes"),
        ("options", {**MODE, "tag": ["a", "--"]}, "dashes"),
        ("positionals", {**SOURCE, "source": "--"}, "dashes"),
        ("lists", {"names": ["a", "--admin"]}, "option_like"),
        ("lists", {"names": ["-x", "a"]}, "option_like"),
        ("lists", {"pair": ["a", "-5x"]}, "option_like"),
        ("rest_only", {"command": ["ls", "-l"]}, "option_like"),
        ("rest_first", {"last": "--dry"}, "option_like"),
        ("rest_first", {"names": ["a", "b"], "last": "c"}, "open_list"),
        ("rest_first", {"names": [], "last": "c"}, "open_list"),
        ("negative", {"ints": [1, -5]}, "option_like"),
        ("from_file", {"names": ["a", "@/etc/passwd"]}, "file_like"),
        ("from_file", {"files": ["@/etc/passwd"]}, "file_like"),
    ],
)
def test_what_no_command_line_carries_safely_is_refused(name, values, code):
    schema = read(SAMPLES[name]).schema
    assert [problem.code for problem in validate(schema, values)] == [code]

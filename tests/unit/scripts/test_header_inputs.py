"""Parameters that come from elsewhere: `file` and `choices_from` in a header."""

from __future__ import annotations

import pytest

from apps.scripts.inputs import resolved
from apps.scripts.manifest import ManifestError
from apps.scripts.parameters import validate
from tests.unit.scripts.samples import read
from tests.unit.scripts.test_header_parameters import header, property_of, python

UPLOAD = "0190a0b0-0000-7000-8000-000000000001"


@pytest.mark.parametrize(
    ("line", "kept"),
    [
        ("file = true", {"file": True}),
        (
            "file = {accept = ['.CSV', '.csv', '.tar.gz'], max_bytes = 10}",
            {"file": True, "accept": [".csv", ".tar.gz"], "max_bytes": 10},
        ),
    ],
)
@pytest.mark.parametrize(
    "argument",
    [
        "'--a'",
        "'a'",
        "'--a', type=argparse.FileType('r')",
        "'--a', type=Path, default=Path('x.csv')",
    ],
)
def test_a_file_is_given_by_the_id_of_an_upload(line, kept, argument):
    source = python(header("a", line), argument).replace(
        "import argparse", "import argparse\nfrom pathlib import Path"
    )
    schema = read(source).schema
    about = schema["properties"]["a"]
    assert {key: about["x-hub"].get(key) for key in kept} == kept
    # The script's own default is a path, and no upload.
    assert "default" not in about
    assert validate(schema, {"a": UPLOAD}) == []
    for wrong in ("data.csv", UPLOAD.upper(), "../../etc/passwd", ""):
        assert [p.code for p in validate(schema, {"a": wrong})] == ["format_upload"]


def test_a_list_may_be_of_files():
    schema = read(python(header("a", "file = true"), "'a', nargs='+'")).schema
    assert validate(schema, {"a": [UPLOAD, UPLOAD]}) == []
    [problem] = validate(schema, {"a": [UPLOAD, "x"]})
    assert (problem.code, problem.params["item"]) == ("format_upload", 1)


def test_without_file_it_is_any_text():
    about = property_of(python(header("a", "file = false"), "'--a'"))
    assert "file" not in about["x-hub"]


FULL = {"parameters": {}, "cache_s": 60, "timeout_s": 30, "strict": True}


@pytest.mark.parametrize(
    ("line", "kept"),
    [
        ("choices_from = 'db/hosts.py'", {"script": "db/hosts.py", **FULL}),
        (
            """choices_from = {script = 'hosts.py', parameters = {env = '{b}', n = [1]}, \
cache_s = 10, timeout_s = 5, strict = false}""",
            {
                "script": "hosts.py",
                "parameters": {"env": "{b}", "n": [1]},
                "cache_s": 10,
                "timeout_s": 5,
                "strict": False,
            },
        ),
    ],
)
@pytest.mark.parametrize("argument", ["'--a'", "'a', type=int", "'--a', nargs='*'"])
def test_choices_of_another_script_are_annotated(line, kept, argument):
    source = python(header("a", line), argument, "'--b'")
    assert property_of(source)["x-hub"]["choices_from"] == kept


MISFITS = [
    ("file = 1", "'--a'", "file must be true, or a table"),
    ("file = {accepts = ['.x']}", "'--a'", "unknown key 'accepts'"),
    ("file = {accept = []}", "'--a'", "a list of 1 to 20 endings"),
    ("file = {accept = ['csv']}", "'--a'", "begin with a dot"),
    ("file = {max_bytes = 0}", "'--a'", "from 1 to"),
    ("file = true", "'--a', type=int", "is for text"),
    ("file = true", "'--a', action='store_true'", "is for text"),
    ("file = true", "'--a', choices=['x']", "file and choices"),
    ("file = true\n# pattern = 'x'", "'--a'", "file and pattern"),
    ("file = true\n# format = 'path'", "'--a'", "file and format"),
    ("file = true\n# choices_from = 'x.py'", "'--a'", "file and choices_from"),
    ("choices_from = ''", "'--a'", "choices_from must be text"),
    ("choices_from = ['x']", "'--a'", "must be the name of a script"),
    ("choices_from = '/bin/ls'", "'--a'", "in the scripts folder"),
    ("choices_from = '../x.py'", "'--a'", "in the scripts folder"),
    ("choices_from = {cache_s = 60}", "'--a'", "names no script"),
    ("choices_from = {script = 'x.py', cache = 1}", "'--a'", "unknown key 'cache'"),
    ("choices_from = {script = 'x.py', cache_s = 1}", "'--a'", "from 10 to 86400"),
    ("choices_from = {script = 'x.py', timeout_s = 301}", "'--a'", "from 1 to 300"),
    ("choices_from = {script = 'x.py', parameters = 1}", "'--a'", "a table of at most"),
    (
        "choices_from = {script = 'x.py', parameters = {p = {q = 1}}}",
        "'--a'",
        "must be text",
    ),
    ("choices_from = 'x.py'", "'--a', choices=['x']", "choices of its own"),
    ("choices_from = 'x.py'", "'--a', action='store_true'", "is for string"),
    (
        "choices_from = {script = 'x.py', parameters = {p = '{hots}'}}",
        "'--a'), parser.add_argument('--host'",
        "no parameter of this script; did you mean 'host'?",
    ),
    (
        "choices_from = {script = 'x.py', parameters = {p = '{a}'}}",
        "'--a'",
        "waits for itself (a > a)",
    ),
]


@pytest.mark.parametrize(("line", "argument", "sentence"), MISFITS)
def test_what_does_not_fit_breaks_the_script_at_its_line(line, argument, sentence):
    with pytest.raises(ManifestError) as raised:
        read(python(header("a", line), argument))
    assert sentence in str(raised.value)
    assert raised.value.line in (2, 3, 4)


def test_a_circle_of_parameters_is_named():
    lines = ["choices_from = {script = 'x.py', parameters = {p = '{b}'}}"]
    for name, other in (("b", "c"), ("c", "a")):
        source = (
            f"choices_from = {{script = 'x.py', parameters = {{p = '{{{other}}}'}}}}"
        )
        lines += [f"[tool.automation-hub.parameters.{name}]", source]
    with pytest.raises(ManifestError, match=r"waits for itself \(a > b > c > a\)"):
        read(python(header("a", *lines), "'--a'", "'--b'", "'--c'"))


def test_what_many_parameters_wait_for_is_found_quickly():
    """Each waits for all that come after it: the ways are too many to be walked."""
    names = [f"p{number}" for number in range(60)]
    lines = []
    for at, name in enumerate(names):
        passed = ", ".join(f"{n} = '{{{n}}}'" for n in names[at + 1 : at + 30])
        lines += [
            f"[tool.automation-hub.parameters.{name}]",
            f"choices_from = {{script = 'x.py', parameters = {{{passed}}}}}",
        ]
    arguments = [f"'--{name}'" for name in names]
    source = python(header(names[0], *lines[1:]), *arguments)
    assert len(read(source).schema["properties"]) == 60


def test_in_other_languages_the_header_alone_declares_them():
    source = header("a", "file = true", "required = true")
    about = property_of(source, language="other")
    assert about["x-hub"]["file"] is True


def test_references_become_values():
    given = {"env": "{env}", "all": ["{env}", "x", 1], "text": "{env}!"}
    assert resolved(given, {"env": "prod"}) == (
        {"env": "prod", "all": ["prod", "x", 1], "text": "{env}!"},
        [],
    )
    assert resolved(given, {})[1] == ["env"]

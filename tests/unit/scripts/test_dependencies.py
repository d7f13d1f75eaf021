"""What a script says it needs: the top of its PEP 723 block."""

from __future__ import annotations

import pytest

from apps.scripts.dependencies import NoRequirement, normalise
from apps.scripts.manifest import ManifestError, read_manifest


def source(*lines: str) -> str:
    return "\n".join(["#!/usr/bin/env python3", "# /// script", *lines, "# ///", ""])


def test_they_are_kept_as_written():
    manifest = read_manifest(
        source('# requires-python = ">=3.11"', '# dependencies = ["HTTPX >= 0.27"]')
    )

    assert manifest.needs.requirements == ("HTTPX >= 0.27",)
    assert manifest.needs.requires_python == ">=3.11"
    assert not manifest.has_header


def test_they_stand_beside_the_hubs_table():
    manifest = read_manifest(
        source(
            '# dependencies = ["httpx"]', "# [tool.automation-hub]", '# title = "Fetch"'
        )
    )

    assert (manifest.title, manifest.needs.requirements) == ("Fetch", ("httpx",))


def test_a_block_of_another_tools_says_nothing():
    needs = read_manifest(source("# [tool.uv]", "# exclude-newer = 2026-01-01")).needs

    assert needs.requirements == ()


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("HTTPX", "httpx"),
        ("Zope.Interface", "zope-interface"),
        ("a_b--c", "a-b-c"),
        ("httpx>=0.27,<1", "httpx < 1 , >= 0.27"),
        ("httpx>=1", "httpx (>=1)"),
        ("httpx>=1,", "httpx>=1"),
        ("a[B,c_d]", "a[c-d, b]"),
        ("a[]", "a"),
        ("a ; python_version<'3.12'", "a;  python_version<'3.12'"),
        ("a@https://h/a.whl", "a @ https://h/a.whl"),
    ],
)
def test_what_means_the_same_has_one_spelling(one, other):
    assert normalise(one) == normalise(other)


@pytest.mark.parametrize(
    "text",
    [
        "a===1.0+local",
        "a~=1.2,!=1.2.5",
        "a==1.*",
        "a @ git+https://host/a.git@v1",
        "a @ git+ssh://git@host/a.git",
        "a @ file:///srv/wheels/a-1.0-py3-none-any.whl",
        "a[x]>=1; sys_platform == 'linux' and (python_version not in '3.9' or extra=='y')",
    ],
)
def test_what_pep_508_allows_is_taken(text):
    assert normalise(normalise(text)) == normalise(text)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("httpx=>1", "did you mean 'httpx>=1'"),
        ("httpx=1", "did you mean 'httpx==1'"),
        ("httpx 1", "write a name and its versions"),
        ("httpx>=", "write a name and its versions"),
        ("a[b;c]", "write a name and its versions"),
        ("-r requirements.txt", "is an option"),
        ("--index-url=https://elsewhere", "is an option"),
        ("--", "is an option"),
        ("./local", "is a path or file"),
        ("/srv/a.whl", "is a path or file"),
        ("requirements.txt", "is a path or file"),
        ("a @ ./local", "is no address"),
        ("a @ https://ann:secret@host/a.whl", "holds a password"),
        ("a @ git+https://secret@host/a.git", "holds a password"),
        ("a; import_os == '1'", "has a condition that cannot be read"),
        ("a;", "write a name and its versions"),
        ("", "1 to 500 characters"),
        ("a\nb", "1 to 500 characters"),
        ("a" * 501, "1 to 500 characters"),
    ],
)
def test_what_is_no_requirement_is_said(text, said):
    with pytest.raises(NoRequirement, match=said.replace("(", r"\(")) as caught:
        normalise(text)

    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    ("lines", "line", "said"),
    [
        (['# dependencies = "httpx"'], 3, "must be a list of texts"),
        (["# dependencies = [1]"], 3, "must be a list of texts"),
        (['# dependencies = ["a",', '#   "b=>1",', "# ]"], 4, "did you mean 'b>=1'"),
        (['# dependancies = ["a"]'], 3, "did you mean 'dependencies'?"),
        (['# requires_python = ">=3"'], 3, "did you mean 'requires-python'?"),
        (["# requires-python = 3.11"], 3, "must be text in quotes"),
        (['# requires-python = "3.11"'], 3, "names no versions"),
        (['# requires-python = ""'], 3, "names no versions"),
        ([f"# dependencies = {['a'] * 101}"], 3, "100 are allowed"),
    ],
)
def test_what_is_wrong_is_named_with_its_line(lines, line, said):
    with pytest.raises(ManifestError) as caught:
        read_manifest(source(*lines))

    assert caught.value.line == line
    assert said in str(caught.value)

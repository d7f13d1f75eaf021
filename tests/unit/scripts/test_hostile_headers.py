"""A header is data: reading it ends soon, and what it says fits a sentence."""

from __future__ import annotations

import time

import pytest

from apps.scripts.manifest import ManifestError, read_manifest

HUB = "[tool.automation-hub]"
TABLE = "[tool.automation-hub.parameters.p{}]\nhelp = 'x'\n"


def header(*lines: str) -> str:
    body = "\n".join(lines).split("\n")
    return "\n".join(["# /// script", *(f"# {line}" for line in body), "# ///", ""])


@pytest.mark.parametrize(
    "source",
    [
        # A line that may be read as the head of a table in very many ways.
        header(HUB, 'description = """', "[" + " " * 1500 + "x", '"""', "x = 1"),
        header(HUB, 'description = """', "[" * 1500 + "x", '"""', "x = 1"),
        header(HUB, ".".join(["a"] * 30_000) + " = 1"),
        header("[" + ".".join(["a"] * 30_000) + "]"),
        header(HUB, *(TABLE.format(n) for n in range(1000)), "x = 1"),
        header(HUB, *(TABLE.format(number) for number in range(20_000))),
        header(HUB, "tags = " + "[" * 30_000),
        header(HUB, "'" + "title" * 10_000 + "' = 1"),
    ],
    ids=range(8),
)
def test_reading_ends_soon(source):
    began = time.process_time()
    with pytest.raises(ManifestError) as info:
        read_manifest(source)
    assert time.process_time() - began < 10
    assert len(str(info.value)) < 1000


def test_a_header_that_is_too_long_says_so():
    with pytest.raises(ManifestError, match=r"Line 1: The header has \d+ bytes; at mo"):
        read_manifest(header(HUB, *["# a remark"] * 10_000))


def test_a_key_that_is_too_long_names_its_line():
    with pytest.raises(ManifestError, match=r"Line 3: .* more than 500 dots"):
        read_manifest(header(HUB, "a" + ".a" * 600 + " = 1"))


@pytest.mark.parametrize("key", ["\\u0000", "\\u202e", "a\\nb"])
def test_a_key_that_cannot_be_shown_is_written_out(key):
    with pytest.raises(ManifestError) as info:
        read_manifest(header(HUB, f'"{key}" = 1'))
    assert str(info.value).isprintable()


@pytest.mark.parametrize(
    ("lines", "key", "line"),
    [
        ([HUB, "title = 5"], "title", 3),
        ([HUB, "", "title=5"], "title", 4),
        (["[ tool . 'automation-hub' ]", "title = 5"], "title", 3),
        ([HUB, "[tool.automation-hub.parameters.a]", "help = 5"], "help", 4),
        ([HUB, "parameters.a.help = 5"], "help", None),
        ([HUB, "title = 'x'", "[tool.automation-hub.environment]", "A = 5"], "A", 4),
    ],
)
def test_what_is_wrong_is_named_with_its_line(lines, key, line):
    with pytest.raises(ManifestError, match=key) as info:
        read_manifest(header(*lines))
    assert info.value.line == line

"""Where a script's header stands in its file, as PEP 723 has it."""

from __future__ import annotations

import textwrap

import pytest

from apps.scripts.manifest import ManifestError, read_manifest


def script(text: str) -> str:
    return textwrap.dedent(text).lstrip("\n")


HEADER = """\
# /// script
# [tool.automation-hub]
# title = "Found"
# ///
"""


@pytest.mark.parametrize(
    "source",
    [
        HEADER,
        HEADER.rstrip("\n"),
        HEADER.replace("\n", "\r\n"),
        "\ufeff" + HEADER,
        "#!/usr/bin/env bash\nset -e\n" + HEADER + "echo\n",
        # An empty comment line may lack the space after its mark.
        HEADER.replace("# title", "#\n# title"),
        # Blocks of other types are none of ours.
        HEADER + "\n# /// other\n# title = 1\n# ///\n",
        # The comment goes on after the block's end.
        HEADER + "#\n# Exit status: 0.\n",
        # An empty block is no block.
        "# /// script\n# ///\n\n" + HEADER,
        # A marker that is never closed is only a comment.
        "# /// script\n# not ours\n\n" + HEADER,
    ],
)
def test_the_header_is_found(source):
    assert read_manifest(source).title == "Found"


@pytest.mark.parametrize(
    "source",
    [
        "",
        "echo\n",
        # Not at the beginning of a line.
        script(
            """
            if true; then
                # /// script
                # [tool.automation-hub]
                # title = "No"
                # ///
            fi
            """
        ),
        "#/// script\n# [tool.automation-hub]\n# ///\n",
        "# /// script\n# dependencies = ['httpx']\n# ///\n",
        "# /// script\n# [tool.other]\n# title = 1\n# ///\n",
        "# /// other\n# [tool.automation-hub]\n# title = 'x'\n# ///\n",
        "# /// other\n# [tool.automation-hub]\n# title = 'x'\n",
    ],
)
def test_a_file_without_the_hubs_table_has_no_header(source):
    manifest = read_manifest(source)
    assert not manifest.has_header
    assert manifest.title == ""


def test_the_last_closing_marker_of_a_comment_ends_the_block():
    source = script(
        """
        # /// script
        # [tool.automation-hub]
        # title = "Shows a marker"
        # description = '''
        # ///
        # is how it ends'''
        # ///
        """
    )
    assert read_manifest(source).description == "///\nis how it ends"


def test_two_script_blocks_are_an_error_that_names_both_lines():
    with pytest.raises(ManifestError, match=r"Line 6: There is a second .* line 1\."):
        read_manifest(HEADER + "\n" + HEADER)


@pytest.mark.parametrize(
    "source",
    [
        HEADER.replace("# ///\n", ""),
        # A line without its mark ends the comment.
        HEADER.replace("# title", "title"),
        HEADER.replace("# title", "#title"),
    ],
)
def test_a_header_that_is_never_closed_is_an_error(source):
    with pytest.raises(ManifestError, match=r"Line 1: The block .* has no end") as info:
        read_manifest(source)
    assert info.value.line == 1


def test_wrong_toml_names_the_line_of_the_file():
    source = "#!/bin/sh\n\n" + HEADER.replace('"Found"', '"Found')
    with pytest.raises(ManifestError, match=r"Line 5: .*not valid TOML") as info:
        read_manifest(source)
    assert info.value.line == 5


@pytest.mark.parametrize(
    "line", ["title = 1979-13-45", f"timeout_s = {'9' * 5000}", "tags = " + "[" * 5000]
)
def test_toml_that_no_reader_survives_is_an_error_too(line):
    with pytest.raises(ManifestError):
        read_manifest(f"# /// script\n# [tool.automation-hub]\n# {line}\n# ///\n")


def test_the_hubs_key_must_be_a_table():
    with pytest.raises(ManifestError, match=r"must be a table"):
        read_manifest("# /// script\n# [tool]\n# automation-hub = 5\n# ///\n")


def test_a_long_comment_full_of_openings_is_read_quickly():
    source = "# /// script\n" * 100_000
    assert not read_manifest(source).has_header

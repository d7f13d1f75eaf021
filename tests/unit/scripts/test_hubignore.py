"""The patterns of .hubignore, which are those of a .gitignore."""

from __future__ import annotations

import pytest

from apps.scripts.ignoring import Pattern, ignored_by, read_patterns


def ignores(text, name, folder=()):
    """Whether a .hubignore in `folder` leaves out `name`, a folder with a slash."""
    found = read_patterns(text.splitlines(), folder)
    patterns = [one for one in found if isinstance(one, Pattern)]
    parts = name.rstrip("/").split("/")
    return bool(ignored_by(patterns, parts, is_folder=name.endswith("/")))


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("old.py", "old.py"),
        ("old.py", "db/old.py"),
        ("/old.py", "old.py"),
        ("db/old.py", "db/old.py"),
        ("*.py", "db/a.py"),
        ("a?c.sh", "abc.sh"),
        ("[a-c].py", "b.py"),
        ("[!a-c].py", "d.py"),
        ("[^a-c].py", "d.py"),
        ("[]a].py", "].py"),
        ("lib/", "db/lib/"),
        ("lib", "lib/"),
        ("lib", "lib"),
        ("**/old.py", "a/b/old.py"),
        ("a/**", "a/b/c.py"),
        ("a/**/b.py", "a/b.py"),
        ("a/**/b.py", "a/x/y/b.py"),
        ("**", "anything.py"),
        (r"\*.py", "*.py"),
        (r"\#1.py", "#1.py"),
        (r"\!.py", "!.py"),
        ("# a comment\n\nold.py", "old.py"),
        ("old.py  ", "old.py"),
        ("ends\\ ", "ends "),
        ("old.py\r\n", "old.py"),
        ("*.py\n!keep.py\nkeep.py", "keep.py"),
        ("备份.sh", "db/备份.sh"),
    ],
)
def test_a_pattern_names(text, name):
    assert ignores(text, name)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("", "a.py"),
        ("#a.py", "a.py"),
        ("/old.py", "db/old.py"),
        ("db/old.py", "x/db/old.py"),
        ("*.py", "a.pyc"),
        ("a*.sh", "a/b.sh"),
        ("OLD.py", "old.py"),
        ("lib/", "lib"),
        ("a/**", "a/"),
        (r"\*.py", "a.py"),
        ("[a-c].py", "d.py"),
        ("a.y", "axy"),
        ("*.py\n!keep.py", "keep.py"),
    ],
)
def test_a_pattern_does_not_name(text, name):
    assert not ignores(text, name)


def test_a_file_in_a_folder_speaks_of_that_folder_alone():
    assert ignores("/a.py", "db/a.py", folder=("db",))
    assert not ignores("a.py", "a.py", folder=("db",))
    assert not ignores("*.py", "web/a.py", folder=("db",))


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("a[b.py", "bracket"),
        ("[[:alpha:]].py", "bracket"),
        ("[z-a].py", "range"),
        ("a\\", "backslash"),
        ("!", "empty"),
        ("//", "empty"),
        ("../a.py", "dots"),
    ],
)
def test_a_wrong_pattern_is_told_with_its_line(text, code):
    [(line, said, wrong)] = read_patterns(["# first", text], ())

    assert (line, said, wrong.code) == (2, text, code)


def test_many_stars_cost_nothing():
    assert not ignores("*a" * 20 + "b", "a" * 255)

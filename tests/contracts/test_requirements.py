"""What we use is said with its reason, and pinned so that nothing else gets in."""

from __future__ import annotations

import re

import pytest

from tests.contracts.sources import ROOT

SOURCES = ["requirements.in", "requirements-dev.in"]
LOCKS = ["requirements.txt", "requirements-dev.txt"]
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


def lines_of(name: str) -> list[str]:
    """Return the lines of a requirements file."""
    return (ROOT / name).read_text(encoding="utf-8").splitlines()


def name_in(line: str) -> str:
    """Return the package that a line requires, or "" for any other line."""
    match = NAME.match(line)
    return re.sub(r"[-_.]+", "-", match.group()).lower() if match else ""


def pins(name: str) -> dict[str, str]:
    """Return what a lock pins: each package with everything said about it."""
    found: dict[str, str] = {}
    package = ""
    for line in lines_of(name):
        package = name_in(line) or package
        if package and not line.lstrip().startswith("#"):
            found[package] = found.get(package, "") + line + "\n"
    return found


def direct(name: str) -> list[str]:
    """Return the packages that a requirements file asks for."""
    return [package for line in lines_of(name) if (package := name_in(line))]


@pytest.mark.parametrize("name", SOURCES)
def test_every_requirement_has_its_reason_above_it(name):
    explained, without = False, []
    for line in lines_of(name):
        if package := name_in(line):
            without += [] if explained else [package]
        else:
            # A reason holds for all lines below it, up to a blank one.
            explained = line.startswith("#")
    assert without == [], f"Say in {name} what each is for"


@pytest.mark.parametrize("lock", LOCKS)
def test_every_pin_is_exact_and_has_hashes(lock):
    loose = [
        package
        for package, said in pins(lock).items()
        if not re.search(r"==[^*\s]+", said) or "--hash=sha256:" not in said
    ]
    assert loose == []


@pytest.mark.parametrize(("source", "lock"), list(zip(SOURCES, LOCKS, strict=True)))
def test_every_requirement_is_in_its_lock(source, lock):
    assert set(direct(source)) - set(pins(lock)) == set(), "Run make lock."


def test_both_locks_agree_on_what_they_share():
    main, dev = (pins(lock) for lock in LOCKS)
    versions = {
        package: (main[package].split()[0], dev[package].split()[0])
        for package in main.keys() & dev.keys()
    }
    assert {p: both for p, both in versions.items() if both[0] != both[1]} == {}


@pytest.mark.parametrize("name", SOURCES + LOCKS)
def test_no_requirements_file_says_where_packages_come_from(name):
    text = (ROOT / name).read_text(encoding="utf-8")
    for word in ("://", "index-url", "find-links", "trusted-host", "@ file"):
        assert word not in text, f"{name} names a package host."

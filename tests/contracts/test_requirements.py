"""What we use is said with its reason, and pinned so that nothing else gets in."""

from __future__ import annotations

import re
from importlib.metadata import PackageNotFoundError, requires

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


def extras_asked_for(package: str) -> list[tuple[str, str]]:
    """Return (package, extra) of all that an installed package requires of others.

    What it requires only for an extra of its own is left out.
    """
    try:
        asked = [line.partition(";") for line in requires(package) or []]
    except PackageNotFoundError:  # for another platform or Python
        return []
    return [
        (name_in(line), extra.strip())
        for line, _, condition in asked
        if "extra" not in condition
        for extras in re.findall(r"\[(.+)\]", line)
        for extra in extras.split(",")
    ]


@pytest.mark.parametrize("lock", LOCKS)
def test_a_pin_names_the_extras_that_others_require_of_it(lock):
    # Without them pip looks for the newest release, and refuses it for want of a hash.
    pinned = pins(lock)
    missing = [
        f"{other}[{extra}], for {package}"
        for package in pinned
        for other, extra in extras_asked_for(package)
        if other in pinned and extra not in pinned[other].partition("==")[0]
    ]
    assert missing == []


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

"""Tests about tests: every management command is called by one."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.contracts.sources import ROOT, python_files

# call_command("name"), hub.manage("name"), [*MANAGE, "name"], manage.py name
CALLS = re.compile(
    r"""(?:call_command\(|\.manage\(|\*MANAGE,|manage\.py["']?,?)\s*["']?([a-z_]\w*)"""
)


def commands() -> list[str]:
    """Return the names of the project's own commands."""
    return [
        path.stem
        for path in python_files("apps")
        if path.parts[-3:-1] == ("management", "commands") and path.stem != "__init__"
    ]


def called() -> set[str]:
    """Return what the tests call."""
    here = Path(__file__).resolve()
    return {
        name
        for path in python_files("tests")
        if ROOT / path != here
        for name in CALLS.findall((ROOT / path).read_text(encoding="utf-8"))
    }


def test_every_command_is_called_by_a_test():
    assert commands(), "No command was found; does this test look in the right place?"
    assert set(commands()) - called() == set()


@pytest.mark.parametrize(
    "line",
    [
        'call_command("sync_scripts")',
        'call_command(\n        "sync_scripts",',
        'hub.manage("sync_scripts", "--quiet")',
        '[*MANAGE, "sync_scripts"]',
        '[sys.executable, "manage.py", "sync_scripts"]',
        "python manage.py sync_scripts",
    ],
)
def test_a_call_is_recognised(line):
    assert CALLS.findall(line) == ["sync_scripts"]

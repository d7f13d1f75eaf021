"""What every file of the project keeps to."""

from __future__ import annotations

import ast
import re

import pytest

from tests.contracts.sources import ROOT, project_files, python_files, syntax

MAX_LINES = 400
# A script is one file, so that it can be copied to a host and run there by hand.
MAX_SCRIPT_LINES = 600
MAX_FUNCTION_LINES = 60
# Written apart, so that this file does not name what it forbids.
MACHINE_PATHS = re.compile(
    rb"(?<![\w./-])/(?:" + rb"work/\w+|root|home/\w+|Users/\w+" + rb")(?![\w-])"
)
PACKAGE_HOSTS = re.compile(rb"\b(?:pypi|pythonhosted|npmjs)\.(?:org|com)\b")


def listed(found: list[str]) -> str:
    """Return a failure's message: what was found, one a line."""
    return "\n".join(["Found:", *found])


@pytest.mark.parametrize(
    "pattern", [MACHINE_PATHS, PACKAGE_HOSTS], ids=["machine", "package host"]
)
def test_no_file_names_a_machine_or_a_package_host(pattern):
    found = [
        f"{path}: {match.group().decode()}"
        for path in project_files()
        for match in pattern.finditer((ROOT / path).read_bytes())
    ]
    assert not found, listed(found)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (b"cd /" + b"work/main", True),
        (b"'/" + b"home/ann/hub'", True),
        (b"/" + b"root", True),
        (b"templates/" + b"work/main", False),
        (b"/" + b"workspace", False),
    ],
)
def test_a_path_of_a_machine_is_recognised(text, found):
    assert bool(MACHINE_PATHS.search(text)) is found


def test_no_python_file_is_too_long():
    lengths = {
        path: len((ROOT / path).read_text(encoding="utf-8").splitlines())
        for path in python_files()
        if "migrations" not in path.parts
    }
    found = [
        f"{path}: {n} lines"
        for path, n in lengths.items()
        if n > (MAX_SCRIPT_LINES if path.parts[0] == "scripts" else MAX_LINES)
    ]
    assert not found, listed(found)


def test_no_function_is_too_long():
    found = []
    for path in python_files():
        for node in ast.walk(syntax(path)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                length = (node.end_lineno or node.lineno) - node.lineno + 1
                if length > MAX_FUNCTION_LINES:
                    found.append(f"{path}: {node.name} has {length} lines")
    assert not found, listed(found)


def test_imports_stand_at_the_head_of_a_file():
    """An import within a function hides a cycle.

    `manage.py` and scripts that run by hand may say first what is missing.
    """
    found = [
        f"{path}:{inner.lineno}"
        for path in python_files("apps", "automation_hub", "tests")
        for node in ast.walk(syntax(path))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        for inner in ast.walk(node)
        if isinstance(inner, ast.Import | ast.ImportFrom)
    ]
    assert not found, listed(found)

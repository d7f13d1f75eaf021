"""What is named by a string is there, and every module can be imported first."""

from __future__ import annotations

import re
import subprocess
import sys
from importlib import import_module

from django.utils.module_loading import import_string

from tests.contracts.sources import ROOT, python_files, text_constants

DOTTED = re.compile(r"(?:apps|automation_hub)(?:\.[A-Za-z_]\w*)+")

# Imports each module that it is given in a fork of a process that only has Django.
IMPORT_EACH = """
import os, sys, traceback
import django
from importlib import import_module
django.setup()
for name in sys.argv[1:]:
    child = os.fork()
    if not child:
        try:
            import_module(name)
        except Exception as exc:
            traceback.print_exc(file=sys.stdout)
            print(f"{name} cannot be imported first: {exc}", flush=True)
        os._exit(0)
    os.waitpid(child, 0)
"""


def resolve(name: str) -> object:
    """Return the module, or what a module holds, that a dotted name means."""
    try:
        return import_module(name)
    except ModuleNotFoundError as exc:
        # The module is there, and something that it imports is not.
        if exc.name is None or not name.startswith(exc.name):
            raise
        return import_string(name)


def test_whatever_is_named_by_its_path_is_there():
    names = {
        text
        for path in python_files("apps", "automation_hub")
        for text in text_constants(path)
        if DOTTED.fullmatch(text)
    }
    assert "apps.accounts.permissions.Access" in names
    for name in sorted(names):
        assert resolve(name) is not None


def test_every_module_can_be_the_first_one_imported():
    """Whether a cycle of imports shows must not hang on who imports first."""
    modules = [
        ".".join(path.with_suffix("").parts)
        for path in python_files("apps", "automation_hub")
        if "migrations" not in path.parts
    ]
    done = subprocess.run(
        [sys.executable, "-c", IMPORT_EACH, *modules],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == ""

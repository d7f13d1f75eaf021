"""Which Python files are libraries of others."""

from __future__ import annotations

import pytest

from apps.scripts.imports import find_libraries

LIBRARY = "LIMIT = 5\n\ndef greet():\n    return 'hello'\n"


def libraries(**files):
    """Return what is found; `db__a` stands for db/a.py."""
    sources = {
        f"{name.replace('__', '/')}.py": text.encode() for name, text in files.items()
    }
    return find_libraries(sources, sources.get)


@pytest.mark.parametrize(
    "source",
    [
        "import helpers",
        "import os, helpers as h",
        "from helpers import greet",
        "def later():\n    import helpers\n",
        "try:\n    from helpers import *\nexcept ImportError:\n    pass\n",
    ],
)
def test_what_another_imports_is_a_library(source):
    assert libraries(a=source, helpers=LIBRARY) == {"helpers.py": "a.py"}


def test_modules_of_a_package_are_libraries():
    found = libraries(
        a="from lib import one\nimport lib.two\nfrom lib.three import x",
        lib__one="from . import four\nfrom .five import y\nfrom lib.six import z",
        lib__two=LIBRARY,
        lib__three="from ..top import w",
        lib__four=LIBRARY,
        lib__five=LIBRARY,
        lib__six=LIBRARY,
        top=LIBRARY,
        lib__seven=LIBRARY,
    )

    assert set(found) == {
        *(f"lib/{name}.py" for name in ("one", "two", "three", "four", "five", "six")),
        "top.py",
    }


def test_what_a_file_that_is_no_script_imports_is_a_library_too():
    sources = {"lib/__init__.py": b"from .core import x", "lib/core.py": b"x = 1"}

    assert find_libraries(sources, sources.get) == {"lib/core.py": "lib/__init__.py"}


@pytest.mark.parametrize(
    "source",
    [
        "#!/usr/bin/env python3\n" + LIBRARY,
        "# /// script\n# dependencies = []\n# ///\n" + LIBRARY,
        LIBRARY + "if __name__ == '__main__':\n    greet()\n",
        LIBRARY + "if '__main__' == __name__:\n    greet()\n",
        "import argparse\np = argparse.ArgumentParser()\nargs = p.parse_args()\n",
        "import sys\nprint(sys.argv[1])\n",
        LIBRARY + "def main():\n    pass\nmain()\n",
        "import sys\ndef main(): pass\nsys.exit(main())\n",
        "def main(): pass\nraise SystemExit(main())\n",
        "import typer\ndef greet(): pass\ntry:\n    typer.run(greet)\nfinally:\n    pass\n",
        "def broken(:\n",
        "",
    ],
)
def test_what_may_be_a_script_too_is_never_hidden(source):
    assert libraries(a="import b", b=source) == {}


def test_a_parser_that_others_share_makes_no_script():
    shared = "import argparse\nshared = argparse.ArgumentParser(add_help=False)\n"

    assert libraries(a="import b", b=shared) == {"b.py": "a.py"}


def test_a_file_that_imports_itself_is_no_library():
    assert libraries(a="import a\n") == {}


def test_the_standard_library_is_not_looked_for_in_the_folders_above():
    assert libraries(db__a="import calendar", calendar=LIBRARY) == {}
    assert libraries(a="import calendar", calendar=LIBRARY) == {"calendar.py": "a.py"}
    assert libraries(a="import sys", sys=LIBRARY) == {}


def test_what_lies_elsewhere_is_not_meant():
    assert libraries(a="import helpers", db__helpers=LIBRARY) == {}
    assert libraries(a="from ... import helpers", helpers=LIBRARY) == {}


@pytest.mark.parametrize(
    "source",
    [b"\0import b", b"\xff\xfe", b"# coding: nonsense\nimport b", b"import b("],
)
def test_what_cannot_be_read_imports_nothing(source):
    sources = {"a.py": source, "b.py": LIBRARY.encode()}

    assert find_libraries(sources, sources.get) == {}


def test_a_word_in_a_comment_imports_nothing():
    assert libraries(a="# import b\nimport os\nx = 'import b'\n", b=LIBRARY) == {}

"""Scripts that use what argparse has; read by the hub and run for real."""

from __future__ import annotations

from typing import Any

from apps.scripts.assembly import EXTRA
from apps.scripts.manifest import read_manifest
from apps.scripts.parameters import Declaration, read_parameters

OPTIONS = """
import argparse
from pathlib import Path

LIMIT = 10


def positive(text: str) -> int:
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError("must be at least 1")
    return value


def main():
    parser = argparse.ArgumentParser(description="Options of every kind.")
    parser.add_argument("--text", "-t")
    parser.add_argument("-n", type=int)
    parser.add_argument("--limit", type=positive, default=LIMIT)
    parser.add_argument("--ratio", type=float, default=0.5)
    parser.add_argument("--out-dir", type=Path, dest="target", default=Path("out"))
    parser.add_argument("--mode", choices=["fast", "slow"], required=True)
    parser.add_argument("--level", type=int, choices=range(1, 4))
    parser.add_argument("--maybe", nargs="?", const="alone", default="absent")
    parser.add_argument("--truth", type=bool, default=False)
    parser.add_argument("--lenient", type=lambda text: text)
    parser.add_argument("--tag", action="append")
    parser.add_argument("--size", action="append", type=int)
    parser.add_argument("--more", action="extend", nargs="+")
    parser.add_argument("--version", action="version", version="1")
    args = parser.parse_args()


if __name__ == "__main__":
    main()
"""

SWITCHES = """
import argparse

parser = argparse.ArgumentParser()
parser.add_argument("--force", "-f", action="store_true")
parser.add_argument("--no-color", dest="color", action="store_false")
parser.add_argument("--cache", action=argparse.BooleanOptionalAction, default=True)
parser.add_argument("--wipe", action=argparse.BooleanOptionalAction)
parser.add_argument("-v", "--verbose", action="count", default=0)
parser.add_argument("--depth", action="count", default=2)
parser.add_argument("--small", dest="size", action="store_const", const=1)
parser.add_argument("--large", dest="size", action="store_const", const=100)
parser.add_argument("--on", dest="power", action="store_true", default=None)
parser.add_argument("--off", dest="power", action="store_false", default=None)
parser.parse_args()
"""

LISTS = """
import argparse

parser = argparse.ArgumentParser()
parser.add_argument("--names", nargs="+")
parser.add_argument("--any", nargs="*")
parser.add_argument("--pair", nargs=2)
parser.add_argument("--one", nargs=1)
parser.add_argument("--ints", nargs="+", type=int)
parser.add_argument("--floats", nargs="+", type=float)
parser.add_argument("rest", nargs="*")
parser.parse_args()
"""

POSITIONALS = """
import argparse

parser = argparse.ArgumentParser()
parser.add_argument("--flag", action="store_true")
parser.add_argument("source")
parser.add_argument("count", type=int)
parser.add_argument("two", nargs=2)
parser.add_argument("maybe", nargs="?", default="none")
parser.add_argument("files", nargs="*", default=["all"])
parser.parse_args()
"""

COMMAND = """
import argparse

parser = argparse.ArgumentParser()
parser.add_argument("host")
parser.add_argument("command", nargs=argparse.REMAINDER)
parser.parse_args()
"""

REST_ONLY = """
import argparse

parser = argparse.ArgumentParser()
parser.add_argument("--dry", action="store_true")
parser.add_argument("command", nargs="...")
parser.parse_args()
"""

REST_FIRST = """
import argparse

parser = argparse.ArgumentParser()
parser.add_argument("--dry", action="store_true")
parser.add_argument("--names", nargs="*")
parser.add_argument("command", nargs=argparse.REMAINDER)
parser.add_argument("last")
parser.parse_args()
"""

FROM_FILE = """
import argparse

parser = argparse.ArgumentParser(fromfile_prefix_chars="@")
parser.add_argument("--text")
parser.add_argument("--names", nargs="+")
parser.add_argument("files", nargs="*")
parser.parse_args()
"""

NEGATIVE = """
import argparse

parser = argparse.ArgumentParser()
parser.add_argument("-1", "--one", action="store_true")
parser.add_argument("--ints", nargs="+", type=int)
parser.parse_args()
"""

SAMPLES = {
    "options": OPTIONS,
    "switches": SWITCHES,
    "lists": LISTS,
    "positionals": POSITIONALS,
    "command": COMMAND,
    "rest_only": REST_ONLY,
    "rest_first": REST_FIRST,
    "from_file": FROM_FILE,
    "negative": NEGATIVE,
}


def read(source: str, language: str = "python") -> Declaration:
    """Read a whole script, its header included."""
    manifest = read_manifest(source)
    return read_parameters(source, language=language, manifest=manifest)


def read_lines(*lines: str, before: str = "") -> Declaration:
    """Read a script of the usual shape that has these add_argument lines."""
    head = "import argparse, os\nfrom pathlib import Path\n"
    body = "parser = argparse.ArgumentParser()\n" + "\n".join(lines)
    return read(f"{head}{before}\n{body}\nparser.parse_args()\n")


def only_property(*lines: str, before: str = "") -> dict[str, Any]:
    """Return the one property that such a script has."""
    declaration = read_lines(*lines, before=before)
    (schema,) = declaration.schema["properties"].values()
    return schema


def codes(declaration: Declaration) -> list[str]:
    """Return the codes of a declaration's notes."""
    return [note.code for note in declaration.notes]


def names(declaration: Declaration) -> list[str]:
    """Return what was read, without the list for what was not."""
    return [name for name in declaration.schema["properties"] if name != EXTRA]

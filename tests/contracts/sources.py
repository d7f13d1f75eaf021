"""Which files the project has, for tests about them."""

from __future__ import annotations

import ast
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


@cache
def project_files() -> tuple[Path, ...]:
    """Return every file that git tracks or would track, relative to the project."""
    # The owner of a checkout in a container is often somebody else.
    git = ["git", "-c", "safe.directory=*", "ls-files", "-z"]
    done = subprocess.run(
        [*git, "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    names = sorted(filter(None, done.stdout.split("\0")))
    # A deleted file stays listed until its deletion is committed.
    return tuple(Path(name) for name in names if (ROOT / name).is_file())


def python_files(*folders: str) -> list[Path]:
    """Return the Python files below these folders; all without any."""
    return [
        path
        for path in project_files()
        if path.suffix == ".py" and (not folders or path.parts[0] in folders)
    ]


def syntax(path: Path) -> ast.Module:
    """Return the syntax tree of a project's file."""
    return ast.parse((ROOT / path).read_text(encoding="utf-8"), str(path))


def text_constants(path: Path) -> Iterator[str]:
    """Return every string that is written in a Python file."""
    for node in ast.walk(syntax(path)):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value

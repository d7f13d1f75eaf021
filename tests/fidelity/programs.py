"""The programs whose parsers are compared: the standard library's and our own."""

from __future__ import annotations

import json
import subprocess
import sys
import sysconfig
from dataclasses import dataclass
from pathlib import Path
from typing import Any

STANDARD_LIBRARY = Path(sysconfig.get_paths()["stdlib"])
CORPUS = Path(__file__).parent / "corpus"
INTERCEPT = Path(__file__).parent / "intercept.py"
# Where the name is found, but no program: argparse, its tests, and a helper of the
# test runner that imports a type.
NO_PROGRAMS = {
    "argparse.py",
    "test/test_argparse.py",
    "test/libregrtest/results.py",
}
# How a program is run, where its parser is in another file than its start.
STARTED_AS = {
    "unittest/main.py": "unittest",
    "test/libregrtest/cmdline.py": "test.regrtest",
}


@dataclass(frozen=True)
class Program:
    """A program: the file that declares its parser, and how it is run."""

    name: str
    path: Path
    command: tuple[str, ...]

    def source(self) -> str:
        """Return the text that the hub reads."""
        return self.path.read_text(encoding="utf-8")

    def real_parser(self) -> Any:
        """Return what argparse knows, from a process in which the program is run."""
        done = subprocess.run(
            [sys.executable, str(INTERCEPT), *self.command],
            capture_output=True,
            text=True,
            timeout=60,
            stdin=subprocess.DEVNULL,
            # Nothing but what Python needs: defaults may come from the environment.
            env={"PATH": "/usr/bin:/bin", "PYTHONIOENCODING": "utf-8"},
        )
        if done.returncode or not done.stdout:
            raise RuntimeError(f"{self.name} did not parse anything: {done.stderr}")
        return json.loads(done.stdout)


def standard_programs() -> list[Program]:
    """Return every program of the running Python that has an argparse parser."""
    found = []
    for path in sorted(STANDARD_LIBRARY.rglob("*.py")):
        place = path.relative_to(STANDARD_LIBRARY)
        if "site-packages" in place.parts or str(place) in NO_PROGRAMS:
            continue
        if b"ArgumentParser" in path.read_bytes():
            module = STARTED_AS.get(str(place)) or _module_of(place)
            found.append(Program(module, path, ("-m", module)))
    return found


def _module_of(place: Path) -> str:
    parts = [*place.parts[:-1], place.stem]
    return ".".join(parts[:-1] if parts[-1] in ("__init__", "__main__") else parts)


def own_programs() -> list[Program]:
    """Return the scripts of the corpus."""
    return [
        Program(path.name, path, (str(path),)) for path in sorted(CORPUS.glob("*.py"))
    ]

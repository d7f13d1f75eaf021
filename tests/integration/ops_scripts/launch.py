"""The ops scripts as child processes, as a person or the hub starts them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

SCRIPTS = Path(__file__).parents[3] / "scripts"
FEEDS = Path(__file__).parent / "feeds"


@dataclass(frozen=True)
class Done:
    """How a script ended, with what it printed."""

    status: int
    stdout: str
    stderr: str


@dataclass(frozen=True)
class Fetched(Done):
    """How fetch_rss.py ended, and the folder it wrote to."""

    out_dir: Path

    @property
    def document(self) -> dict[str, Any]:
        (latest,) = self.out_dir.glob("*/latest.json")
        return json.loads(latest.read_text(encoding="utf-8"))

    @property
    def markdown(self) -> str:
        (latest,) = self.out_dir.glob("*/latest.md")
        return latest.read_text(encoding="utf-8")

    @property
    def own_files(self) -> list[Path]:
        """What was written, but for the copies called latest."""
        files = (path for path in self.out_dir.rglob("*.*") if path.is_file())
        return sorted(path for path in files if path.stem not in ("latest", ".lock"))


def command(name: str, *arguments: object) -> list[str]:
    interpreter = [sys.executable] if name.endswith(".py") else ["bash"]
    return [*interpreter, str(SCRIPTS / name), *map(str, arguments)]


def environment(**variables: object) -> dict[str, str]:
    """An environment built from nothing, as the hub gives it to a run."""
    return {"PATH": os.environ["PATH"]} | {k: str(v) for k, v in variables.items()}


def run_script(name: str, *arguments: object, cwd: Path, **variables: object) -> Done:
    ended = subprocess.run(
        command(name, *arguments),
        cwd=cwd,
        env=environment(**variables),
        capture_output=True,
        encoding="utf-8",
        timeout=50,
        check=False,
    )
    return Done(ended.returncode, ended.stdout, ended.stderr)

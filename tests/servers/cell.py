"""Runs commands as a container would, without an engine: a root that is read-only."""

from __future__ import annotations

import itertools
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import psutil

from tests.servers.process import Child, ServerMissing, wait_until

CELL = Path(__file__).with_name("cell.sh")
NAMESPACES = ["unshare", "--mount", "--pid", "--fork", "--kill-child"]
UID = 10001
START_S = 20


class Cells:
    """Containers of one image: they share `app`, read-only, and `data`, which is theirs.

    Each has a /tmp and processes of its own; the network is the host's. `folder` takes
    what is needed for that. Only root can make one.
    """

    def __init__(self, folder: Path, *, app: Path, data: Path) -> None:
        self.folder, self.app, self.data = folder, app, data
        self._numbers = itertools.count(1)
        data.mkdir(mode=0o700)
        os.chown(data, UID, UID)

    def start(self, argv: Sequence[str], env: Mapping[str, str]) -> Child:
        """Start a command; it is PID 1 of its cell, below the process returned."""
        number = next(self._numbers)
        root = self.folder / f"root-{number}"
        root.mkdir()
        interpreter = sorted({sys.prefix, sys.base_prefix})
        return Child(
            [
                *(*NAMESPACES, "sh", str(CELL)),
                *(str(root), str(self.app), str(self.data), str(UID)),
                *(*interpreter, "--", *argv),
            ],
            log=self.folder / f"cell-{number}.log",
            env=env,
            cwd=self.folder,
        )

    def require(self) -> None:
        """Raise ServerMissing with the reason where no cell can be made."""
        try:
            child = self.start(["true"], {"PATH": os.environ["PATH"]})
            code = child.wait(START_S)
        except OSError as exc:
            raise ServerMissing(f"No cell can be made: {exc}.") from exc
        if code:
            said = " ".join(child.output().split())
            raise ServerMissing(f"No cell can be made (unshare, mount): {said}")


def first_process(child: Child, name: str) -> psutil.Process:
    """Return PID 1 of a cell once it has become the program `name` starts with."""

    def found() -> psutil.Process | None:
        for process in psutil.Process(child.pid).children():
            if Path(process.cmdline()[0]).name.startswith(name):
                return process
        return None

    return wait_until(found, timeout_s=START_S, what=f"{name} was PID 1")

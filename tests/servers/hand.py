"""Calls functions in a hub's own Django, without a start of Python for each call."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.servers.process import launched

ROOT = Path(__file__).resolve().parents[2]
INSIDE = [sys.executable, "-m", "tests.servers.inside"]


class Hand:
    """A process that makes calls in a hub's environment; `close` ends it."""

    def __init__(self, env: Mapping[str, str], log: Path) -> None:
        with log.open("ab") as output:
            self._popen = subprocess.Popen(
                launched(INSIDE, signal.SIGKILL),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=output,
                text=True,
                env={**env, "DJANGO_SETTINGS_MODULE": "automation_hub.settings"},
                cwd=ROOT,
            )
        self.pid = self._popen.pid
        self._log = log
        self._lock = threading.Lock()

    def call(self, module: str, call: str) -> Any:
        """Evaluate an expression in a module; the result comes as JSON has it."""
        assert self._popen.stdin is not None
        assert self._popen.stdout is not None
        with self._lock:
            print(json.dumps([module, call]), file=self._popen.stdin, flush=True)
            line = self._popen.stdout.readline()
        if not line:
            said = self._log.read_text("utf-8", errors="replace")
            raise AssertionError(f"{call} in {module} was not answered:\n{said}")
        answer = json.loads(line)
        if "error" in answer:
            raise AssertionError(f"{call} in {module} failed:\n{answer['error']}")
        return answer["result"]

    def close(self) -> None:
        """End it."""
        with self._popen:
            self._popen.kill()

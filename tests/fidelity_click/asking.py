"""What click or typer itself knows of a script, asked in a process of its own.

The script is run as __main__ up to where its command would parse. Without command
lines its parameters are described; with them, each is parsed for real.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
CHILD = HERE / "child.py"


def ask(script: Path, command_lines: list[list[str]] | None = None) -> Any:
    """Return the description of a script's command, or what each line gives."""
    finished = subprocess.run(
        [sys.executable, str(CHILD), str(script)],
        input=json.dumps(command_lines),
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert finished.returncode == 0, finished.stderr
    return json.loads(finished.stdout)

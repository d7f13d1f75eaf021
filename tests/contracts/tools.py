"""Programs that wheels bring, for tests that ask them."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from tests.servers.fixtures import missing
from tests.servers.process import ServerMissing


def tool(name: str) -> str:
    """Return a program beside the interpreter, else of PATH.

    Without it the test is skipped, or fails under CI.
    """
    beside = Path(sys.executable).parent / name
    found = str(beside) if beside.is_file() else shutil.which(name)
    if not found:
        missing(ServerMissing(f"There is no {name}; requirements-dev.txt brings it."))
    return found

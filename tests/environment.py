"""The environment that tests run in: the shell's own settings never reach them."""

from __future__ import annotations

import atexit
import os
import re
import shutil
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SETTINGS = ROOT / "automation_hub"
# What a test run may be told from outside; DATABASE_URL is how the same tests run on
# PostgreSQL.
KEPT = {"DATABASE_URL", "SECRET_KEY"}
FOLDER = "HUB_TEST_DATA_DIR"


def setting_names() -> list[str]:
    """Return every environment variable that the settings read, `NAME_FILE` too."""
    sources = [path.read_text("utf-8") for path in sorted(SETTINGS.glob("*.py"))]
    call = re.compile(r"\b(?:env_\w+|declare)\(\s*\"(\w+)\"")
    names = call.findall("\n".join(sources))
    return [name + suffix for name in names for suffix in ("", "_FILE")]


def prepare() -> None:
    """Set the environment that `automation_hub.settings` is to read, once a process.

    A child process that loads the tests' settings again shares its parent's folder,
    and so its database; the folder goes when the process that made it ends.
    """
    for name in setting_names():
        if name not in KEPT:
            os.environ.pop(name, None)
    if FOLDER not in os.environ:
        folder = tempfile.mkdtemp(prefix="hub-tests-")
        atexit.register(_remove, folder, os.getpid())
        os.environ[FOLDER] = folder
    os.environ["DATA_DIR"] = os.environ[FOLDER]
    os.environ["SECRET_KEY"] = os.environ.get("SECRET_KEY") or "tests"
    os.environ["SECRETS_KEY"] = "dGVzdHMtdGVzdHMtdGVzdHMtdGVzdHMtdGVzdHMtISE="
    if redis_url := os.environ.get("HUB_TEST_REDIS_URL"):
        os.environ["REDIS_URL"] = redis_url


def _remove(folder: str, owner: int) -> None:
    # A forked child inherits this exit handler, and the folder is not its own.
    if os.getpid() == owner:
        shutil.rmtree(folder, ignore_errors=True)

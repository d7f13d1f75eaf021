"""Chromium: of PATH; `install` asks Debian for its own where that can be done."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

from tests.servers.process import ServerMissing

NAMES = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")
# Chinese pages are looked at too.
PACKAGES = ("chromium", "fonts-noto-cjk")
INSTALL_S = 600


def find() -> Path:
    """Return the browser's program. Raises ServerMissing with the way to one."""
    for name in NAMES:
        if found := shutil.which(name):
            return Path(found)
    raise ServerMissing(
        "No Chromium is on PATH; install one (on Debian: apt-get install chromium)."
    )


def install() -> str:
    """Install Debian's Chromium if there is none; a sentence on what came of it.

    It takes root and apt-get; elsewhere nothing is tried.
    """
    try:
        return f"The browser is {find()}."
    except ServerMissing as missing:
        if os.geteuid() != 0 or not shutil.which("apt-get"):
            return str(missing)
    for arguments in (["update"], ["install", "--yes", *PACKAGES]):
        command = ["apt-get", "--quiet", "--quiet", *arguments]
        environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
        done = subprocess.run(
            command,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=INSTALL_S,
            check=False,
        )
        if done.returncode:
            return f"{' '.join(command)} failed: {done.stderr.strip()[-300:]}"
    return "Debian's Chromium is installed."

"""`make schema` works in a fresh clone, where nothing was set up."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_it_needs_no_secret_key(tmp_path):
    for name in ("Makefile", "requirements.txt", "requirements-dev.txt"):
        shutil.copy(ROOT / name, tmp_path)
    (tmp_path / "manage.py").symlink_to(ROOT / "manage.py")
    (tmp_path / "tests" / "contracts").mkdir(parents=True)
    python = tmp_path / ".venv" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.write_text(f'#!/bin/sh\nexec {sys.executable} "$@"\n')
    python.chmod(0o755)
    for name in (".installed", ".installed-dev"):
        (tmp_path / ".venv" / name).touch()

    done = subprocess.run(
        ["make", "schema"],
        cwd=tmp_path,
        env={"PATH": os.environ["PATH"], "DATA_DIR": str(tmp_path / "var")},
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    written = (tmp_path / "tests" / "contracts" / "openapi.yaml").read_text()
    assert written.startswith("openapi: 3")

"""A Python that is too old gets one sentence, not a syntax error."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
# Stands for an old interpreter: manage.py asks sys before it imports anything of ours.
PRETEND = (
    "import runpy, sys; sys.version_info = (3, 8, 10); sys.argv = ['manage.py'];"
    "runpy.run_path({path!r}, run_name='__main__')"
)


def test_manage_py_says_which_python_it_needs():
    code = PRETEND.format(path=str(ROOT / "manage.py"))

    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False
    )

    assert done.returncode == 1
    assert done.stderr.startswith("automation-hub needs Python 3.11 or newer; this is")
    assert len(done.stderr.splitlines()) == 1


def test_make_says_so_when_no_python_will_do(tmp_path):
    shutil.copy(ROOT / "Makefile", tmp_path)
    (tmp_path / "requirements.txt").touch()

    done = subprocess.run(
        ["make", "up", "PYTHON="],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode != 0
    assert "automation-hub needs Python 3.11 or newer" in done.stderr
    assert not (tmp_path / ".venv").exists()

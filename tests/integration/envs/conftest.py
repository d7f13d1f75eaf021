"""Packages in a folder, and runs of scripts that need them. Real builds, no index."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import pytest

from apps.executor.environment import PASSED_ON
from apps.executor.envs import variables
from apps.runs import logs, worker
from tests.packages import make_wheel

UV = shutil.which("uv", path=str(Path(sys.executable).parent)) or shutil.which("uv")


@pytest.fixture
def index(tmp_path, monkeypatch) -> Path:
    """A folder that is all that builders know, with the packages `alpha` and `beta`."""
    folder = tmp_path / "index"
    folder.mkdir()
    make_wheel(folder, "alpha", text="WHO = 'alpha 1.0'\n")
    make_wheel(folder, "beta", text="WHO = 'beta 1.0'\n")
    for name in [*PASSED_ON, *variables.PASSED_ON]:
        monkeypatch.delenv(name, raising=False)
    for name, value in {
        "PIP_NO_INDEX": "1",
        "PIP_FIND_LINKS": str(folder),
        "PIP_CONFIG_FILE": "/dev/null",
        "UV_NO_CONFIG": "1",
    }.items():
        monkeypatch.setenv(name, value)
    return folder


@pytest.fixture
def uv(settings) -> None:
    """Have uv build, which is quicker. It is one of the tools of the tests."""
    assert UV, "uv is not there; it is in requirements-dev.txt"
    settings.ENV_BUILDER = "uv"


@pytest.fixture(autouse=True)
def _uv_is_on_path(monkeypatch):
    """The tools may not be on the PATH of whoever runs the tests."""
    if UV:
        path = f"{Path(UV).parent}:/usr/bin:/bin"
        monkeypatch.setenv("PATH", path)


@pytest.fixture
def execute(add_script, make_run, index):
    """Run a script's source in a slot; return the run and its log."""

    def run_source(source, name="case.py", **changes):
        run = make_run(script=add_script(name, source), **changes)
        worker.look()
        run.refresh_from_db()
        return run, "".join(logs.read_text(run.pk))

    return run_source


@pytest.fixture
def envs(scripts_dir, settings):
    """The folders of environments that are there."""

    def found() -> list[Path]:
        root = settings.DATA_DIR / "envs"
        if not root.exists():
            return []
        return [p for p in root.glob("*/*") if p.is_dir() and p.parent.name[0] != "."]

    return found

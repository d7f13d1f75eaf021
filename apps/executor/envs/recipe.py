"""How an environment is made: the commands, one after the other."""

from __future__ import annotations

import enum
import platform
import shutil
import sys
from dataclasses import dataclass
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from apps.executor.envs.wanted import Wanted, base_python


class Builder(enum.StrEnum):
    """What makes environments; `auto`: uv where it is on PATH, else pip."""

    AUTO = "auto"
    UV = "uv"
    PIP = "pip"


class NoBuilder(Exception):
    """There is nothing here that could make this environment; says what to do."""


@dataclass(frozen=True)
class Step:
    """One command, and what to call it."""

    name: str
    argv: tuple[str, ...]


def find_uv(builder: Builder, path: str | None) -> str | None:
    """Return uv's place on PATH; None where pip is to do the work.

    Raises NoBuilder when uv is demanded and not there.
    """
    if builder is Builder.PIP:
        return None
    found = shutil.which("uv", path=path)
    if found is None and builder is Builder.UV:
        raise NoBuilder(
            "ENV_BUILDER is uv, and there is no uv on the worker's PATH; install it, or "
            "set ENV_BUILDER to auto or pip"
        )
    return found and str(Path(found).absolute())


def steps(
    wanted: Wanted, target: Path, *, uv: str | None, no_index: bool = False
) -> tuple[Step, ...]:
    """Return what to run for an environment in `target`, which is not there yet.

    `no_index`: uv is to ask none; pip knows by its variables. Requirements come
    behind `--`, so that none can pass as an option.
    """
    python = str(target / "bin" / "python")
    if uv:
        made = _with_uv(uv, wanted, target, ["--no-index"] if no_index else [])
    else:
        made = _with_pip(wanted, target)
    # Written to the disk before anything calls it ready: after a loss of power it is
    # whole or not there. And its interpreter has been seen to start.
    proof = Step("python", (python, "-I", "-c", "import os; os.sync()"))
    return (*made, proof)


def _with_uv(uv: str, wanted: Wanted, target: Path, options: list[str]) -> list[Step]:
    python = base_python() if wanted.fits_here else wanted.requires_python
    quiet = ("--no-progress", "--color", "never")
    venv = (uv, "venv", *quiet, "--no-project", "--python", python, str(target))
    install = (
        *(uv, "pip", "install", *quiet, "--python", str(target / "bin" / "python")),
        # Scripts do not write bytecode, so it has to be there. And what one script
        # does to its environment reaches no other through the cache.
        *("--compile-bytecode", "--link-mode", "copy", *options, "--"),
        *wanted.requirements,
    )
    made = [Step("uv venv", venv)]
    return [*made, Step("uv pip", install)] if wanted.requirements else made


def _with_pip(wanted: Wanted, target: Path) -> list[Step]:
    if not wanted.fits_here:
        raise NoBuilder(
            f"it needs Python {wanted.requires_python} and the worker runs on "
            f"{platform.python_version()}; only uv could find another one, if it were "
            "on the worker's PATH and ENV_BUILDER did not say pip"
        )
    python = str(target / "bin" / "python")
    venv = (base_python(), "-I", "-m", "venv")
    if own_pip():
        # Several times as quick as a pip of the environment's own.
        made = Step("venv", (*venv, "--without-pip", str(target)))
        pip: tuple[str, ...] = (sys.executable, "-I", "-m", "pip", "--python", python)
    else:
        made = Step("venv", (*venv, str(target)))
        pip = (python, "-I", "-m", "pip")
    quiet = ("--no-input", "--no-color", "--disable-pip-version-check")
    install = ("install", *quiet, "--progress-bar", "off", "--")
    return [made, Step("pip", (*pip, *install, *wanted.requirements))]


@cache
def own_pip() -> bool:
    """Whether the hub's own environment has a pip that can install elsewhere.

    Images have none; there each environment gets the one that comes with Python.
    """
    try:
        major, minor = map(int, version("pip").split(".")[:2])
    except (PackageNotFoundError, ValueError):
        return False
    return (major, minor) >= (22, 3)

"""Packages to install in tests: made here, so that no index is asked."""

from __future__ import annotations

import io
import tarfile
import zipfile
from pathlib import Path

METADATA = "Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
WHEEL = (
    "Wheel-Version: 1.0\nGenerator: tests\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
)
PYPROJECT = (
    '[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["."]\n'
)

# What a package's own build does before it makes its wheel: it tells its pid, and waits
# until a file is there.
WAITS = """
import os, time

def wait():
    with open({told!r} + ".new", "w") as file:
        file.write(str(os.getpid()))
    os.rename({told!r} + ".new", {told!r})
    print("a build waits", flush=True)
    while not os.path.exists({gate!r}):
        time.sleep(0.02)
"""
FAILS = """
def wait():
    raise SystemExit("no compiler here")
"""
BACKEND = """
import zipfile

def build_wheel(folder, *args, **kwargs):
    wait()
    with zipfile.ZipFile(folder + "/" + {wheel!r}, "w") as file:
        for name, text in {files!r}.items():
            file.writestr(name, text)
    return {wheel!r}
"""


def _wheel_files(name: str, version: str, text: str) -> dict[str, str]:
    info = f"{name}-{version}.dist-info"
    return {
        f"{name}.py": text,
        f"{info}/METADATA": METADATA.format(name=name, version=version),
        f"{info}/WHEEL": WHEEL,
        f"{info}/RECORD": f"{name}.py,,\n{info}/METADATA,,\n{info}/WHEEL,,\n"
        f"{info}/RECORD,,\n",
    }


def make_wheel(folder: Path, name: str, version: str = "1.0", text: str = "") -> Path:
    """Write a wheel with one module of that name."""
    path = folder / f"{name}-{version}-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as file:
        for inner, content in _wheel_files(name, version, text).items():
            file.writestr(inner, content)
    return path


def make_source(folder: Path, name: str, before: str, version: str = "1.0") -> Path:
    """Write a source package whose build calls `wait` of this code first."""
    wheel = f"{name}-{version}-py3-none-any.whl"
    backend = before + BACKEND.format(
        wheel=wheel, files=_wheel_files(name, version, "")
    )
    path = folder / f"{name}-{version}.tar.gz"
    with tarfile.open(path, "w:gz") as file:
        for inner, text in {
            "PKG-INFO": METADATA.format(name=name, version=version),
            "pyproject.toml": PYPROJECT,
            "backend.py": backend,
        }.items():
            data = text.encode()
            member = tarfile.TarInfo(f"{name}-{version}/{inner}")
            member.size = len(data)
            file.addfile(member, io.BytesIO(data))
    return path


def block(*requirements: str, python: str = "") -> str:
    """Return a script's header that asks for these."""
    listed = ", ".join(f'"{requirement}"' for requirement in requirements)
    lines = [f"# dependencies = [{listed}]"]
    if python:
        lines.append(f'# requires-python = "{python}"')
    return "\n".join(["# /// script", *lines, "# ///", ""])

"""The argument list that starts a script file."""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path

from apps.executor.spec import SpecError

_FIRST_LINE_BYTES = 4096
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_PYTHON_LINE = re.compile(
    rb"#!\s*(?:\S*/)?(?:env\s+(?:-S\s+)?)?(?:\S*/)?python[\d.]*\b"
)


def build_command(
    path: Path,
    *,
    interpreter: str | None,
    python: str,
    head: bytes | None = None,
    env_bin: Path | None = None,
) -> tuple[str, ...]:
    """What to execute for the script at `path`, an absolute path; parameters follow it.

    A declared `interpreter` wins, then the ending (`.py` runs on `python`, `.sh` and
    `.bash` on bash, whatever their #! line), then the file itself if it is executable.
    Programs are looked up on this process's PATH, and first in `env_bin`, the programs
    of the script's own environment: where it has one, every Python script runs on
    `python`. `head` is how the file begins, for a caller that has just read it.
    Raises SpecError with a sentence.
    """
    if not path.is_absolute():
        raise SpecError(f"{path} is not an absolute path.")
    first_line = _read_first_line(path) if head is None else _first_line_of(head)
    if interpreter:
        what = "its declared interpreter"
        return (_look_up(interpreter, path, what, env_bin), str(path))
    # Its #! line may name an interpreter that knows nothing of the environment.
    is_python = env_bin is not None and _PYTHON_LINE.match(first_line)
    if path.suffix == ".py" or is_python:
        return (python, str(path))
    _refuse_windows_files(path, first_line)
    if path.suffix in (".sh", ".bash"):
        return (_look_up("bash", path, "what its ending asks for"), str(path))
    if os.access(path, os.X_OK):
        return (str(path),)
    if first_line.startswith(b"#!"):
        raise SpecError(
            f"{path.name} has a #! line but is not executable; run chmod +x on it."
        )
    raise SpecError(
        f"{path.name} has no #! line and no known ending; add one or make it "
        "executable."
    )


def _first_line_of(head: bytes) -> bytes:
    line, end, _rest = head[:_FIRST_LINE_BYTES].partition(b"\n")
    return line + end


def _read_first_line(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.readline(_FIRST_LINE_BYTES)
    except OSError as exc:
        raise SpecError(f"{path.name} cannot be read: {exc.strerror}.") from exc


def _refuse_windows_files(path: Path, first_line: bytes) -> None:
    """The kernel, and bash, would look for a program whose name ends in \\r."""
    if first_line.startswith(_BYTE_ORDER_MARK + b"#!"):
        raise SpecError(
            f"{path.name} has a byte order mark before its #! line; save it as UTF-8 "
            "without one."
        )
    if first_line.startswith(b"#!") and first_line.rstrip(b"\n").endswith(b"\r"):
        raise SpecError(
            f"The #! line of {path.name} has a Windows line ending (CRLF); save the "
            "file with LF line endings."
        )


def _look_up(program: str, path: Path, what: str, env_bin: Path | None = None) -> str:
    found = env_bin and shutil.which(program, path=str(env_bin))
    found = found or shutil.which(program)
    if found is None:
        raise SpecError(
            f"{path.name} needs {program}, {what}, which is not on PATH; install it or "
            "change the script."
        )
    return found if found.startswith("/") else str(Path(found).absolute())

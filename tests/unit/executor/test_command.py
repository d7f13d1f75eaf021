from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from apps.executor.command import build_command
from apps.executor.spec import SpecError

BASH = shutil.which("bash")


@pytest.fixture(params=["read", "told"])
def command(request, tmp_path):
    """The command for a file of this name and content, read or told how it begins."""

    def command(name, data=b"", *, mode=0o644, interpreter=None):
        path = tmp_path / name
        path.write_bytes(data)
        path.chmod(mode)
        head = data if request.param == "told" else None
        argv = build_command(
            path, interpreter=interpreter, python="/venv/python", head=head
        )
        return tuple(part.replace(str(tmp_path), "") for part in argv)

    return command


def refusal(command, *args, **changes):
    with pytest.raises(SpecError) as caught:
        command(*args, **changes)
    return str(caught.value)


@pytest.mark.parametrize("data", [b"", b"#!/usr/bin/env perl\n", b"#!/bin/python\r\n"])
def test_py_runs_on_the_given_python(command, data):
    assert command("a.py", data) == ("/venv/python", "/a.py")


@pytest.mark.parametrize("name", ["a.sh", "a.bash"])
@pytest.mark.parametrize("data", [b"echo hi\n", b"#!/bin/sh\necho hi\n"])
def test_sh_runs_on_bash_with_or_without_a_first_line(command, name, data):
    assert command(name, data) == (BASH, f"/{name}")


def test_an_executable_with_a_first_line_is_run_itself(command):
    assert command("tool", b"#!/bin/sh\n", mode=0o755) == ("/tool",)


def test_an_executable_without_a_first_line_is_run_itself(command):
    assert command("tool", b"\x7fELF", mode=0o755) == ("/tool",)


@pytest.mark.parametrize("name", ["a.py", "a.sh", "tool"])
def test_a_declared_interpreter_wins(command, name):
    assert command(name, b"#!/bin/sh\r\n", interpreter="bash") == (BASH, f"/{name}")


def test_a_declared_interpreter_that_is_missing_is_named(command):
    assert refusal(command, "a.py", interpreter="no-such-thing") == (
        "a.py needs no-such-thing, its declared interpreter, which is not on PATH; "
        "install it or change the script."
    )


def test_a_missing_bash_is_named(command, monkeypatch):
    monkeypatch.setenv("PATH", "/nowhere")
    assert refusal(command, "a.sh").startswith("a.sh needs bash, what its ending asks")


def test_a_file_that_nothing_says_how_to_run_is_refused(command):
    assert refusal(command, "notes.txt", b"hello") == (
        "notes.txt has no #! line and no known ending; add one or make it executable."
    )


def test_a_first_line_without_the_permission_is_refused(command):
    assert refusal(command, "tool", b"#!/bin/sh\n") == (
        "tool has a #! line but is not executable; run chmod +x on it."
    )


@pytest.mark.parametrize("name", ["tool", "a.sh"])
def test_windows_line_endings_are_named(command, name):
    assert refusal(command, name, b"#!/bin/bash\r\necho\r\n", mode=0o755) == (
        f"The #! line of {name} has a Windows line ending (CRLF); save the file with "
        "LF line endings."
    )


def test_a_byte_order_mark_is_named(command):
    sentence = refusal(command, "tool", b"\xef\xbb\xbf#!/bin/sh\n", mode=0o755)
    assert sentence.startswith("tool has a byte order mark before its #! line")


def test_a_file_that_is_gone_is_named(tmp_path):
    with pytest.raises(SpecError, match=r"^gone\.py cannot be read: No such file"):
        build_command(tmp_path / "gone.py", interpreter=None, python="/venv/python")


def test_a_relative_path_is_refused():
    with pytest.raises(SpecError, match=r"^a\.py is not an absolute path\.$"):
        build_command(Path("a.py"), interpreter=None, python="/venv/python")


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("a.py", b""),
        ("a", b"#!/usr/bin/env python3\n"),
        ("a", b"#!/usr/bin/python3.11 -u\n"),
        ("a", b"#!/usr/bin/env -S python3 -u\n"),
        ("a", b"#! /usr/local/bin/python\n"),
    ],
)
def test_with_an_environment_of_its_own_every_python_script_runs_on_it(
    tmp_path, name, line
):
    path = tmp_path / name
    path.write_bytes(line)
    path.chmod(0o755)

    argv = build_command(
        path, interpreter=None, python="/env/bin/python", env_bin=Path("/env/bin")
    )

    assert argv == ("/env/bin/python", str(path))


@pytest.mark.parametrize("line", [b"#!/bin/sh\n", b"#!/opt/pythonic/run\n"])
def test_what_is_no_python_script_runs_as_it_says_there_too(tmp_path, line):
    path = tmp_path / "a"
    path.write_bytes(line)
    path.chmod(0o755)

    argv = build_command(
        path, interpreter=None, python="/env/bin/python", env_bin=Path("/env/bin")
    )

    assert argv == (str(path),)


def test_a_declared_interpreter_is_looked_up_in_its_environment_first(tmp_path):
    tool = tmp_path / "bin" / "bash"
    tool.parent.mkdir()
    tool.write_text("#!/bin/sh\n")
    tool.chmod(0o755)
    path = tmp_path / "a"
    path.write_bytes(b"")

    def look_up(interpreter):
        return build_command(
            path, interpreter=interpreter, python="", env_bin=tool.parent
        )

    assert look_up("bash")[0] == str(tool)
    assert look_up("sh")[0] == shutil.which("sh")

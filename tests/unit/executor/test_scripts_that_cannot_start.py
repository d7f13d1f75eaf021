from __future__ import annotations

import os
import resource
from pathlib import Path

import pytest

from apps.executor.spec import Cause, Limits, SpecError
from tests.unit.executor.helpers import linux_only

pytestmark = pytest.mark.usefixtures("either_way")


@pytest.fixture
def make_script(tmp_path):
    def make_script(data: bytes, mode: int = 0o755) -> str:
        path = tmp_path / "script"
        path.write_bytes(data)
        path.chmod(mode)
        return str(path)

    return make_script


def error_of(result) -> str:
    assert result.outcome.cause is Cause.SPAWN_FAILED
    assert result.outcome.exit_code is result.outcome.started_at is None
    assert result.blocks == []
    return result.outcome.error


def test_a_program_that_does_not_exist_is_named(run):
    assert error_of(run("/no/such")) == "No such file or directory: '/no/such'"


def test_a_folder_in_place_of_the_program_is_named(run, tmp_path):
    assert error_of(run(str(tmp_path))).startswith(f"Permission denied: '{tmp_path}'")


def test_a_file_that_is_not_executable_is_named(run, make_script):
    path = make_script(b"#!/bin/sh\n", mode=0o644)
    assert error_of(run(path)) == f"Permission denied: '{path}' (not executable?)"


def test_a_file_without_a_first_line_for_the_kernel_is_explained(run, make_script):
    path = make_script(b"echo hello\n")
    assert error_of(run(path)) == f"Exec format error: '{path}' (no #! line?)"


def test_an_interpreter_that_does_not_exist_is_named(run, make_script):
    path = make_script(b"#!/no/such -x\n")
    assert error_of(run(path)) == (
        f"No such file or directory: the line '#!/no/such -x' of '{path}', which names "
        "the interpreter"
    )


def test_windows_line_endings_are_named(run, make_script):
    error = error_of(run(make_script(b"#!/bin/sh\r\necho hello\r\n")))
    assert "'#!/bin/sh\\r' with Windows line endings" in error


def test_a_work_directory_that_is_gone_is_named(run):
    assert error_of(run("/bin/true", cwd=Path("/no/such"))) == (
        "No such file or directory: '/no/such' (the work directory)"
    )


@linux_only
def test_the_longest_argument_that_linux_takes_arrives(run):
    result = run("/bin/sh", "-c", 'echo "${#1}"', "sh", "x" * 131_071)
    assert result.stdout == b"131071\n"


@linux_only
@pytest.mark.parametrize("arguments", [["x" * 131_072], ["x" * 100_000] * 40])
def test_too_long_arguments_are_counted(run, arguments):
    error = error_of(run("/bin/true", *arguments))
    assert error.startswith("Argument list too long: ")
    assert f"{sum(len(a) + 1 for a in arguments) + 10} bytes of arguments" in error


def test_an_argument_with_a_nul_never_begins(run):
    result = run("/bin/echo", "a\0b")
    assert error_of(result).startswith("Argument 1 has a NUL character")
    assert not result.outcome.began


def test_a_lone_surrogate_never_begins(run):
    error = error_of(run("/bin/echo", "\ud83d"))
    assert error == "Argument 1 has the character U+D83D, which cannot be encoded."


def test_a_variable_that_cannot_be_encoded_is_named_without_its_value(run):
    error = error_of(run("/bin/true", env={"SECRET": "hush\0"}))
    assert error == (
        "Variable 'SECRET' has a NUL character, which no process can be given."
    )


@pytest.mark.parametrize("name", ["", "A=B"])
def test_a_wrong_name_of_a_variable_is_named(run, name):
    error = error_of(run("/bin/true", env={name: "x"}))
    assert error == f"{name!r} cannot be the name of an environment variable."


def test_too_few_descriptors_in_the_worker_are_told(run):
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    next_fd = os.dup(0)
    os.close(next_fd)
    resource.setrlimit(resource.RLIMIT_NOFILE, (next_fd + 3, hard))
    try:
        error = error_of(run("/bin/true"))
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    assert error.startswith("Its supervisor could not be started: ")
    assert "Too many open files" in error


@linux_only
def test_a_limit_too_small_for_any_program_does_not_hang(run):
    outcome = run("/bin/true", limits=Limits(memory_bytes=4096)).outcome
    assert outcome.cause in (Cause.SPAWN_FAILED, Cause.SIGNALLED, Cause.EXITED)
    assert outcome.exit_code != 0


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"cwd": Path("here")}, "cwd is 'here'; give an absolute path."),
        ({"timeout_s": 0}, "timeout_s is 0; it must be above 0."),
        ({"timeout_s": float("nan")}, "timeout_s is nan; it must be above 0."),
        ({"grace_s": -1}, "grace_s is -1; it must not be negative."),
        ({"beat_s": 15}, "beat_s is 15 and fence_s 15.0; beats must come more often"),
    ],
)
def test_a_spec_that_makes_no_sense_is_refused(make_spec, changes, sentence):
    with pytest.raises(SpecError) as caught:
        make_spec("/bin/true", **changes)
    assert str(caught.value).startswith(sentence)


@pytest.mark.parametrize(
    ("argv", "sentence"),
    [((), "argv is empty"), (("true",), "argv[0] is 'true'; give an absolute path.")],
)
def test_a_spec_without_an_absolute_program_is_refused(make_spec, argv, sentence):
    with pytest.raises(SpecError) as caught:
        make_spec(*argv)
    assert str(caught.value).startswith(sentence)

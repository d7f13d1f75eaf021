"""What a script finds on its standard input, and who else finds it."""

from __future__ import annotations

import pytest

from apps.executor.spec import MAX_STDIN_BYTES, Cause, Limits, SpecError
from tests.unit.executor.helpers import linux_only

pytestmark = pytest.mark.usefixtures("either_way")

# A limit that has the supervisor fork instead of spawn.
WAYS = [Limits(), pytest.param(Limits(memory_bytes=2**32), marks=linux_only)]


@pytest.mark.parametrize("limits", WAYS, ids=["spawn", "fork"])
def test_what_is_given_arrives_whole_and_then_ends(run_python, limits):
    data = bytes(range(256)) * (MAX_STDIN_BYTES // 256)
    text = "import sys; sys.stdout.buffer.write(sys.stdin.buffer.read())"
    assert run_python(text, stdin=data, limits=limits).stdout == data


@pytest.mark.parametrize("limits", WAYS, ids=["spawn", "fork"])
def test_without_anything_it_ends_at_once(run_sh, limits):
    result = run_sh("cat; readlink /proc/self/fd/0 || true", limits=limits)
    assert b"pipe" not in result.stdout
    assert result.outcome.exit_code == 0


@pytest.mark.parametrize("limits", WAYS, ids=["spawn", "fork"])
def test_a_script_that_does_not_read_ends_all_the_same(run_sh, limits):
    result = run_sh("exit 3", stdin=b"hunter2\n", limits=limits)
    assert (result.outcome.cause, result.outcome.exit_code) == (Cause.EXITED, 3)


@linux_only
@pytest.mark.parametrize("limits", WAYS, ids=["spawn", "fork"])
def test_neither_it_nor_the_environment_is_in_a_command_line(
    run_sh, limits, monkeypatch
):
    seen = run_sh(
        "cat /proc/[0-9]*/cmdline 2>/dev/null | tr '\\0' ' '; "
        "grep -c . /proc/$PPID/cmdline",
        stdin=b"hunter2-on-stdin",
        env={"PATH": "/usr/bin:/bin", "PASSWORD": "hunter2-in-env"},
        limits=limits,
    )
    assert seen.outcome.exit_code == 0
    assert b"hunter2" not in seen.stdout


@linux_only
def test_no_supervisor_or_launcher_has_it_in_its_environment(run_sh):
    # Of the processes above the script, each of which its user may look into.
    text = (
        "pid=$PPID; while [ $pid -gt 1 ]; do "
        "tr '\\0' '\\n' < /proc/$pid/environ; "
        "pid=$(sed 's/.*) . \\([0-9]*\\).*/\\1/' /proc/$pid/stat); done"
    )
    env = {"PATH": "/usr/bin:/bin", "PASSWORD": "hunter2-in-env"}
    result = run_sh(text, env=env)
    assert result.outcome.exit_code == 0
    assert b"PATH=" in result.stdout
    assert b"hunter2" not in result.stdout


def test_a_spec_never_shows_what_it_carries(make_spec):
    spec = make_spec("/bin/true", stdin=b"hunter2", env={"PASSWORD": "hunter2"})
    assert "hunter2" not in repr(spec)


def test_more_than_a_pipe_surely_holds_is_refused(make_spec):
    with pytest.raises(SpecError, match="stdin has 16385 bytes; at most 16384"):
        make_spec("/bin/true", stdin=b"x" * (MAX_STDIN_BYTES + 1))

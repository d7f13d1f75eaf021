from __future__ import annotations

import time

import pytest

from apps.executor.channel import Channel
from apps.executor.spec import Cause, Directive
from tests.unit.executor.helpers import has_pid, is_alive, linux_only

FOR_EVER = "echo $$ > pid; while :; do sleep 600; done"
STUBBORN = "trap '' TERM; " + FOR_EVER


class Refused(Exception):
    pass


def refuse(*args):
    raise Refused("the database is gone")


def once_started(tmp_path, directive):
    """A callback that answers `directive` once the script has written its pid."""
    path = tmp_path / "pid"
    return lambda: directive if has_pid(path) else Directive.CONTINUE


def test_a_script_that_may_not_begin_never_runs(run_sh, tmp_path):
    outcome = run_sh("touch ran", before_go=lambda: False).outcome
    assert (outcome.cause, outcome.began) == (Cause.ABANDONED, False)
    assert outcome.started_at is outcome.exit_code is outcome.cpu_s is None
    assert not (tmp_path / "ran").exists()


def test_what_before_go_raises_passes_and_the_script_never_runs(run_sh, tmp_path):
    with pytest.raises(Refused, match="the database is gone"):
        run_sh("touch ran", before_go=refuse)
    assert not (tmp_path / "ran").exists()


def test_before_go_is_asked_once_and_before_the_script_runs(run_sh, tmp_path):
    asked = []
    run_sh(
        "touch ran", before_go=lambda: asked.append((tmp_path / "ran").exists()) or True
    )
    assert asked == [False]


def test_a_beat_can_stop_the_script_politely(run_sh, tmp_path):
    text = "trap 'echo bye; exit 3' TERM; echo > pid; while :; do sleep 0.05; done"
    beat = once_started(tmp_path, Directive.STOP)
    result = run_sh(text, beat=beat, beat_s=0.1)
    assert (result.outcome.cause, result.outcome.exit_code) == (Cause.STOPPED, 3)
    assert result.stdout == b"bye\n"


def test_a_tick_can_stop_the_script_before_the_next_beat(run_sh, tmp_path):
    began = time.monotonic()
    tick = once_started(tmp_path, Directive.STOP)
    outcome = run_sh(FOR_EVER, tick=tick, beat_s=500, fence_s=1000).outcome
    assert (outcome.cause, outcome.signal) == (Cause.STOPPED, 15)
    assert time.monotonic() - began < 100


def test_a_stop_that_is_ignored_ends_in_sigkill(run_sh, tmp_path):
    tick = once_started(tmp_path, Directive.STOP)
    outcome = run_sh(STUBBORN, tick=tick, grace_s=0.3).outcome
    assert (outcome.cause, outcome.signal) == (Cause.STOPPED, 9)


@pytest.mark.parametrize("callback", ["beat", "tick"])
def test_an_abandoned_script_is_killed_at_once(run_sh, tmp_path, pid_in, callback):
    answer = {callback: once_started(tmp_path, Directive.ABANDON)}
    outcome = run_sh(STUBBORN, **answer, beat_s=0.1, grace_s=500).outcome
    assert (outcome.cause, outcome.signal) == (Cause.ABANDONED, 9)
    assert not is_alive(pid_in())


def test_a_stop_can_be_hastened_to_a_kill(run_sh, tmp_path):
    answers = iter([Directive.STOP, Directive.ABANDON])
    ready = once_started(tmp_path, True)
    tick = lambda: next(answers, None) if ready() is True else None  # noqa: E731
    outcome = run_sh(STUBBORN, tick=tick, grace_s=500).outcome
    assert (outcome.cause, outcome.signal) == (Cause.ABANDONED, 9)


def test_a_stop_before_go_keeps_the_script_from_running(run_sh, tmp_path, monkeypatch):
    stopped: list[bool] = []
    receive = Channel.receive
    # However quick the supervisor is, it is heard after the stop alone.
    hear = lambda channel: receive(channel) if stopped else []  # noqa: E731
    monkeypatch.setattr(Channel, "receive", hear)

    outcome = run_sh(
        "touch ran",
        beat=lambda: stopped.append(True) or Directive.STOP,
        beat_s=1e-6,
        before_go=lambda: pytest.fail("asked although it was stopped"),
    ).outcome
    assert (outcome.cause, outcome.began) == (Cause.STOPPED, False)
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize("callback", ["beat", "tick", "on_output"])
def test_what_a_callback_raises_passes_after_the_script_was_killed(
    run_sh, tmp_path, pid_in, callback
):
    def fail_once_started(*args):
        if has_pid(tmp_path / "pid"):
            refuse()
        return Directive.CONTINUE

    text = "trap '' TERM; echo $$ > pid; while :; do echo more; sleep 0.05; done"
    with pytest.raises(Refused, match="the database is gone"):
        run_sh(text, **{callback: fail_once_started}, beat_s=0.1, grace_s=500)
    assert not is_alive(pid_in())


def test_an_interrupt_of_the_caller_kills_the_script(run_sh, tmp_path, pid_in):
    def interrupt():
        if has_pid(tmp_path / "pid"):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_sh(STUBBORN, tick=interrupt, grace_s=500)
    assert not is_alive(pid_in())


def test_beats_come_in_their_rhythm(run_sh, tmp_path):
    times = []

    def beat():
        times.append(time.monotonic())
        if len(times) == 4:
            (tmp_path / "enough").touch()
        return Directive.CONTINUE

    began = time.monotonic()
    run_sh("while [ ! -e enough ]; do sleep 0.01; done", beat=beat, beat_s=0.2)
    gaps = [
        later - sooner for sooner, later in zip([began, *times], times, strict=False)
    ]
    assert min(gaps) >= 0.19


def test_a_fed_script_lives_longer_than_the_fence(run_sh):
    outcome = run_sh("sleep 2.2", beat_s=0.1, fence_s=1.5).outcome
    assert (outcome.cause, outcome.exit_code) == (Cause.EXITED, 0)


def test_a_stopping_script_is_fed_through_a_grace_longer_than_the_fence(
    run_sh, tmp_path
):
    trap = "trap 'sleep 2.2; exit 4' TERM; echo > pid; "
    text = trap + "while :; do sleep 0.05; done"
    stop = once_started(tmp_path, Directive.STOP)
    outcome = run_sh(text, beat=stop, beat_s=0.1, fence_s=1.5, grace_s=500).outcome
    assert (outcome.cause, outcome.exit_code) == (Cause.STOPPED, 4)


def test_callbacks_that_wait_one_after_the_other_do_not_close_the_fence(run_sh):
    def slow():
        time.sleep(0.8)
        return Directive.CONTINUE

    outcome = run_sh("sleep 3", tick=slow, beat=slow, beat_s=0.1, fence_s=1.4).outcome
    assert (outcome.cause, outcome.exit_code) == (Cause.EXITED, 0)


def test_a_script_is_killed_before_somebody_else_may_take_its_run(run_sh):
    began = time.monotonic()
    outcome = run_sh(FOR_EVER, beat_s=0.1, ours_until=lambda: began + 1).outcome
    assert outcome.cause is Cause.LOST
    assert "could not renew its lease in time" in outcome.error
    assert time.monotonic() - began < 10


@linux_only
def test_a_before_go_slower_than_the_fence_keeps_the_script_from_running(
    run_sh, tmp_path
):
    def slow():
        time.sleep(1)
        return True

    outcome = run_sh("touch ran", before_go=slow, beat_s=0.1, fence_s=0.4).outcome
    assert outcome.cause is Cause.LOST
    assert "did not start the script" in outcome.error
    assert not (tmp_path / "ran").exists()

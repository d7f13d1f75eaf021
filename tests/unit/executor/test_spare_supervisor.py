"""A supervisor that is forked before there is a run for it."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

from apps.executor import launcher_client, starter
from tests.unit.executor.helpers import is_alive, linux_only, open_fds, wait_until
from tests.unit.executor.test_launcher import children_of, supervisor_of

pytestmark = linux_only


@pytest.fixture
def spare(launcher) -> int:
    """The pid of a supervisor that waits for a run."""
    starter.prepare_supervisor()
    return supervisor_of(launcher)


def kill(spare: int) -> None:
    os.kill(spare, signal.SIGKILL)
    wait_until(lambda: not starter._spare[0].is_waiting(), "its death is not seen")


def supervisor_of_run(run_sh) -> int:
    return int(run_sh("echo $PPID").stdout)


def test_the_next_run_gets_it_and_the_one_after_that_another(spare, run_sh):
    assert supervisor_of_run(run_sh) == spare
    assert supervisor_of_run(run_sh) != spare


def test_there_is_never_more_than_one(spare, launcher):
    starter.prepare_supervisor()

    assert children_of(launcher.pid) == [str(spare)]


def test_one_that_died_meanwhile_costs_no_run(spare, run_sh):
    kill(spare)

    assert supervisor_of_run(run_sh) != spare


def test_one_that_died_is_replaced(spare, launcher):
    kill(spare)

    starter.prepare_supervisor()

    wait_until(lambda: len(children_of(launcher.pid)) == 1, "there is none, or two")
    assert supervisor_of(launcher) != spare


def test_it_ends_when_nobody_waits_with_it(spare):
    starter.use_launcher(None)

    wait_until(lambda: not is_alive(spare), "it waits for nobody")


def test_nothing_of_it_is_left_open(launcher, run_sh):
    run_sh("exit 0")
    fds = open_fds()

    starter.prepare_supervisor()
    run_sh("exit 0")

    assert open_fds() == fds


def test_its_name_tells_it_from_one_with_a_run(spare, run_sh):
    assert run_sh("cat /proc/$PPID/comm").stdout == b"hub-supervisor\n"
    starter.prepare_supervisor()

    comm = Path(f"/proc/{starter._spare[0].pid}/comm")
    wait_until(lambda: comm.read_text() == "hub-spare\n", "it has another name")


def test_without_a_launcher_there_is_none():
    starter.prepare_supervisor()

    assert starter._spare == []


def test_asking_ahead_does_not_wait_for_a_frozen_launcher(
    launcher, run_sh, monkeypatch
):
    monkeypatch.setattr(launcher_client, "ANSWER_S", 600)
    os.kill(launcher.pid, signal.SIGSTOP)
    try:
        starter.ask_for_supervisor()
    finally:
        os.kill(launcher.pid, signal.SIGCONT)

    asked = starter._spare[0]
    starter.prepare_supervisor()
    assert starter._spare == [asked]
    assert supervisor_of_run(run_sh) == asked.pid

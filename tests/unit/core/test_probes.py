"""What may hang is asked once, in the background, and its answer is kept a while."""

from __future__ import annotations

import os
import threading

import pytest

from apps.core import probes
from apps.core.probes import NoAnswer, Probe


class Oracle:
    """Counts who asks, and answers when it is let."""

    def __init__(self):
        self.asked = 0
        self.may_answer = threading.Event()

    def __call__(self):
        self.asked += 1
        number = self.asked
        assert self.may_answer.wait(20)
        return number


@pytest.fixture
def oracle():
    oracle = Oracle()
    yield oracle
    oracle.may_answer.set()


def test_an_answer_is_given_again_until_it_is_old(oracle):
    oracle.may_answer.set()
    probe = Probe(oracle, patience_s=20, keep_s=600)
    assert [probe.answer() for _ in range(3)] == [1, 1, 1]

    probe.forget()

    assert probe.answer() == 2


def test_an_old_answer_is_asked_for_again(oracle):
    oracle.may_answer.set()
    probe = Probe(oracle, patience_s=20, keep_s=0)
    assert [probe.answer() for _ in range(3)] == [1, 2, 3]


def test_what_hangs_is_not_waited_for_and_asked_once(oracle):
    probe = Probe(oracle, patience_s=0.05, keep_s=0)
    for _ in range(5):
        with pytest.raises(NoAnswer, match=r"no answer within 0\.05 s"):
            probe.answer()
    assert oracle.asked == 1


def test_what_hangs_for_long_is_left_to_itself(oracle, monkeypatch):
    monkeypatch.setattr(probes, "GIVE_UP_S", 0)
    probe = Probe(oracle, patience_s=0.05, keep_s=0)
    for _ in range(2):
        with pytest.raises(NoAnswer):
            probe.answer()
    assert oracle.asked == 2


def test_an_answer_that_was_asked_for_before_is_there_later(oracle):
    probe = Probe(oracle, patience_s=20, keep_s=600)
    probe.start()
    oracle.may_answer.set()
    assert probe.answer() == 1


def test_what_asking_raised_is_raised_for_everybody():
    def fail():
        raise ZeroDivisionError("of its own")

    probe = Probe(fail, patience_s=20, keep_s=600)
    for _ in range(2):
        with pytest.raises(ZeroDivisionError, match="of its own"):
            probe.answer()


# Newer Pythons warn of a fork beside threads, which is what this is about.
@pytest.mark.filterwarnings("ignore:.*multi-threaded:DeprecationWarning")
def test_a_fork_asks_for_itself(oracle):
    probe = Probe(oracle, patience_s=20, keep_s=600)
    probe.start()
    pid = os.fork()
    if not pid:
        # Nobody in this process would ever answer what its parent asked.
        oracle.may_answer.set()
        os._exit(probe.answer())
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 2

"""Requests to stop `manage.py up`: counted, never lost, never a traceback."""

from __future__ import annotations

import os
import signal
import time

import pytest

from apps.system.up_signals import ECHO_S, REQUESTS, Signals

HEARD = (*REQUESTS, signal.SIGCHLD)


@pytest.fixture(autouse=True)
def _own_handlers():
    """Leave this process its handlers."""
    before = {number: signal.getsignal(number) for number in HEARD}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.fixture
def signals():
    with Signals() as signals:
        yield signals


def ask(number=signal.SIGTERM):
    os.kill(os.getpid(), number)


@pytest.mark.parametrize("number", REQUESTS)
def test_before_it_is_up_a_request_ends_what_is_done(signals, number):
    with pytest.raises(KeyboardInterrupt):
        ask(number)


@pytest.mark.parametrize("number", REQUESTS)
def test_once_held_a_request_is_only_counted(signals, number):
    signals.hold()
    ask(number)
    assert signals.count == 1


def test_the_same_request_twice_at_once_is_one(signals):
    signals.hold()
    ask(signal.SIGTERM)
    ask(signal.SIGTERM)
    assert signals.count == 1


def test_a_second_request_counts(signals):
    signals.hold()
    ask()
    until = time.monotonic() + ECHO_S
    while time.monotonic() <= until:
        signals.wait(ECHO_S)
    ask()
    assert signals.count == 2


def test_a_request_ends_a_wait_at_once(signals):
    signals.hold()
    ask()
    began = time.monotonic()
    signals.wait(30)
    assert time.monotonic() - began < 10


def test_the_end_of_a_child_ends_a_wait_and_asks_for_nothing(signals):
    signals.hold()
    os.kill(os.getpid(), signal.SIGCHLD)
    signals.wait(30)
    assert signals.count == 0


def test_nohup_is_respected():
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    with Signals() as signals:
        ask(signal.SIGHUP)
        assert signals.count == 0


def test_afterwards_the_handlers_are_what_they_were():
    before = [signal.getsignal(number) for number in HEARD]
    with Signals():
        pass
    assert [signal.getsignal(number) for number in HEARD] == before


def test_a_request_that_comes_after_the_end_began_changes_nothing():
    with Signals() as signals:
        signals.hold()
    ask(signal.SIGINT)
    ask(signal.SIGTERM)

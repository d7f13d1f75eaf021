"""What an outcome of the executor means for its run."""

from __future__ import annotations

import pytest

from apps.executor.spec import Cause, Outcome
from apps.runs.verdicts import ending_of


def verdict(cause, *, began=True, cancelled=False, stopping=False, loud=False, **facts):
    outcome = Outcome(cause=cause, began=began, **facts)
    ending = ending_of(outcome, cancelled=cancelled, stopping=stopping, too_loud=loud)
    return ending and (str(ending.status), str(ending.reason))


@pytest.mark.parametrize(
    ("cause", "facts", "expected"),
    [
        (Cause.EXITED, {"exit_code": 0}, ("completed", "exit")),
        (Cause.EXITED, {"exit_code": 3}, ("failed", "exit")),
        (Cause.SIGNALLED, {"signal": 9}, ("failed", "signal")),
        (Cause.TIMEOUT, {"signal": 15}, ("failed", "timeout")),
        (Cause.LOST, {}, ("failed", "lost")),
        (Cause.SPAWN_FAILED, {}, ("failed", "spawn")),
        (Cause.SPAWN_FAILED, {"began": False}, ("failed", "spawn")),
        (Cause.STOPPED, {"cancelled": True}, ("cancelled", "user")),
        (Cause.STOPPED, {"stopping": True}, ("failed", "shutdown")),
        (Cause.ABANDONED, {"stopping": True}, ("failed", "shutdown")),
        # A script that ended by itself before it was told to keeps its result.
        (Cause.EXITED, {"exit_code": 0, "cancelled": True}, ("completed", "exit")),
        (Cause.ABANDONED, {"began": False, "cancelled": True}, ("cancelled", "user")),
        (Cause.STOPPED, {"loud": True}, ("failed", "output")),
        (Cause.EXITED, {"exit_code": 0, "loud": True}, ("failed", "output")),
        (Cause.SIGNALLED, {"signal": 13, "loud": True}, ("failed", "output")),
        (Cause.ABANDONED, {"loud": True, "stopping": True}, ("failed", "output")),
        (Cause.TIMEOUT, {"signal": 9, "loud": True}, ("failed", "timeout")),
        (Cause.LOST, {"loud": True}, ("failed", "lost")),
    ],
)
def test_each_outcome_has_its_ending(cause, facts, expected):
    assert verdict(cause, **facts) == expected


@pytest.mark.parametrize(
    ("cause", "facts"),
    [
        # Somebody else holds it.
        (Cause.ABANDONED, {}),
        # It never ran, for a reason of this worker's: another may take it.
        (Cause.STOPPED, {"began": False, "stopping": True}),
        (Cause.LOST, {"began": False}),
    ],
)
def test_what_is_not_ours_to_end_has_none(cause, facts):
    assert verdict(cause, **facts) is None

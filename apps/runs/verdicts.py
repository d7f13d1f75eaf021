"""From how an execution ended to how its run ends."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from apps.core.text import storable
from apps.executor.spec import Cause, Outcome
from apps.runs.fingerprints import fingerprint_of
from apps.runs.models import Reason, RunStatus

REASONS = {
    Cause.EXITED: Reason.EXIT,
    Cause.SIGNALLED: Reason.SIGNAL,
    Cause.TIMEOUT: Reason.TIMEOUT,
    Cause.SPAWN_FAILED: Reason.SPAWN,
    Cause.LOST: Reason.LOST,
}


@dataclass(frozen=True)
class Ending:
    """What is written when a run ends; `facts` are values of Run's fields."""

    status: RunStatus
    reason: Reason
    facts: dict[str, Any] = field(default_factory=dict)


def failed(reason: Reason, detail: object) -> Ending:
    """Return the ending of a run that something other than its script ended."""
    return Ending(RunStatus.FAILED, reason, {"detail": storable(str(detail))})


def cancelled() -> Ending:
    """Return the ending of a run that was cancelled before its script began."""
    return Ending(RunStatus.CANCELLED, Reason.USER)


def note_error(ending: Ending, said: str) -> None:
    """Give the ending of a run that failed its fingerprint: of the hub's own detail, or
    of the end of what the script said on stderr."""
    if ending.status == RunStatus.FAILED:
        found = fingerprint_of(ending.facts.get("detail") or said)
        ending.facts["fingerprint"] = found or ending.reason.value


def ending_of(
    outcome: Outcome, *, cancelled: bool, stopping: bool, too_loud: bool = False
) -> Ending | None:
    """Return the ending that an outcome means; None when the run is not ours to end.

    That is: somebody else holds it, or it never got its go for a reason that is ours
    (this worker stops), so that the reaper may queue it again. `cancelled`: a user
    asked for its end; `stopping`: this worker did, since it drains; `too_loud`: the
    script printed more than its hard limit before either.
    """
    told = stopping or cancelled
    if outcome.cause == Cause.ABANDONED and outcome.began and not told:
        return None
    verdict = _verdict(outcome, cancelled, too_loud)
    return verdict and Ending(*verdict, _facts(outcome))


def _verdict(
    outcome: Outcome, cancelled: bool, too_loud: bool
) -> tuple[RunStatus, Reason] | None:
    if outcome.cause == Cause.SPAWN_FAILED:
        return RunStatus.FAILED, Reason.SPAWN
    by_us = outcome.cause in (Cause.STOPPED, Cause.ABANDONED)
    if cancelled and (not outcome.began or by_us):
        return RunStatus.CANCELLED, Reason.USER
    if not outcome.began:
        return None
    if too_loud and outcome.cause not in (Cause.TIMEOUT, Cause.LOST):
        return RunStatus.FAILED, Reason.OUTPUT
    if outcome.cause in (Cause.STOPPED, Cause.ABANDONED):
        return RunStatus.FAILED, Reason.SHUTDOWN
    if outcome.cause == Cause.EXITED and outcome.exit_code == 0:
        return RunStatus.COMPLETED, Reason.EXIT
    return RunStatus.FAILED, REASONS[outcome.cause]


def _facts(outcome: Outcome) -> dict[str, Any]:
    facts: dict[str, Any] = {
        "exit_code": outcome.exit_code,
        "signal": outcome.signal,
        "detail": storable(outcome.error),
        "cpu_s": None if outcome.cpu_s is None else round(outcome.cpu_s, 6),
        "max_rss_bytes": outcome.max_rss_bytes,
    }
    if outcome.started_at is not None:
        facts["started_at"] = datetime.fromtimestamp(outcome.started_at, UTC)
    return facts

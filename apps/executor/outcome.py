"""From what a supervisor told to what `execute` answers."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import replace

from apps.executor.job import describe_spawn_error
from apps.executor.protocol import Message
from apps.executor.spec import Cause, ExecutionSpec, Outcome


def outcome_of(
    spec: ExecutionSpec,
    events: Mapping[str, Message],
    *,
    began: bool,
    death: str,
    survivors: list[int],
) -> Outcome:
    """The outcome, given the supervisor's events by name.

    `death` says how the supervisor itself ended and `survivors` lists the pids that
    its death left behind; both count only when it did not get as far as "end".
    """
    if "spawn_error" in events:
        error = describe_spawn_error(spec, events["spawn_error"])
        return Outcome(cause=Cause.SPAWN_FAILED, error=error, began=began)
    started_at = events["started"]["at"] if "started" in events else None
    outcome = Outcome(cause=Cause.LOST, began=began, started_at=started_at)
    if "end" in events:
        return _ended(spec, outcome, events["end"])
    if not began:
        return replace(outcome, cause=Cause.SPAWN_FAILED, error=f"{death}.")
    if survivors:
        pids = ", ".join(map(str, survivors))
        death += f"; of the script these processes could not be killed: {pids}"
    return replace(outcome, error=f"{death}.", finished_at=time.time())


def _ended(spec: ExecutionSpec, outcome: Outcome, end: Message) -> Outcome:
    code: int | None = end["code"]
    if end["cause"]:
        cause = Cause(end["cause"])
    else:
        cause = Cause.EXITED if code is not None and code >= 0 else Cause.SIGNALLED
    outcome = replace(outcome, cause=cause, error=_explain(spec, cause, end))
    if code is None:
        return outcome  # It was ended before it was started.
    return replace(
        outcome,
        exit_code=code if code >= 0 else None,
        signal=-code if code < 0 else None,
        cpu_s=end["cpu_s"],
        max_rss_bytes=end["max_rss_bytes"],
        finished_at=end["finished_at"],
    )


def _explain(spec: ExecutionSpec, cause: Cause, end: Message) -> str:
    if cause is not Cause.LOST:
        return ""
    event = (
        f"The worker stood still for more than {spec.fence_s:g} s, or could not renew "
        "its lease in time"
    )
    if end["orphaned"]:
        event = "The launcher died"
    started = end["code"] is not None
    deed = "killed the script" if started else "did not start the script"
    return f"{event}, so the supervisor {deed}."

"""What a slot does with a message: claim the best waiting run, execute it, end it."""

from __future__ import annotations

import logging
import os
import shutil
import sys
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.conf import settings
from django.db import DatabaseError, close_old_connections

from apps.executor.command import build_command
from apps.executor.environment import build_env
from apps.executor.run import execute
from apps.executor.spec import Cause, Directive, ExecutionSpec, Outcome, SpecError
from apps.runs import artifacts, services, state
from apps.runs.logs import LogWriter
from apps.runs.models import Instance, Reason, RunStatus
from apps.runs.services import Claim
from apps.scripts import services as scripts
from apps.scripts.discovery import Content
from apps.scripts.models import Script
from apps.scripts.parameters import NotRenderable, render_argv

logger = logging.getLogger(__name__)

# How often a running script's row is asked whether it should be cancelled.
CANCEL_POLL_S = 1.0
# When a cluster stops, its scripts get this long between SIGTERM and SIGKILL at most.
SHUTDOWN_GRACE_S = 2.0
FINISH_ATTEMPTS_S = (0.1, 0.5, 1, 2, 5, 5)


class Rejected(Exception):
    """The run cannot be started as it was accepted; the message says why."""


def look(run_id: str) -> None:
    """Take a message. It names a run, but means: a run waits in this queue.

    django-q2 calls this in a slot's process. It never raises for what a script or a
    row holds; what it does raise is logged by django-q2, and the reaper ends the run.
    """
    if state.draining_s() is not None:
        services.hand_back(run_id=run_id)
        return
    claim = services.claim_next(queue=settings.QUEUE, worker=state.worker_name)
    if claim is not None:
        Execution(claim).perform()


@dataclass(frozen=True)
class Ending:
    """What is written when a run ends."""

    status: RunStatus
    reason: Reason
    facts: dict[str, Any]


class Execution:
    """One claimed run in this process, from its claim to its end."""

    def __init__(self, claim: Claim) -> None:
        self._claim = claim
        self._run = claim.run
        self._folders = artifacts.folders(claim.run)
        self._log = LogWriter(claim.run.pk, limit_bytes=settings.LOG_LIMIT_BYTES)
        self._sha256 = ""
        self._cancelled = False
        self._next_poll = time.monotonic() + CANCEL_POLL_S

    def perform(self) -> None:
        """Run the script and record how it ended."""
        try:
            ending = self._execute()
        except (Rejected, NotRenderable, scripts.ScriptNotRunnable) as exc:
            ending = Ending(RunStatus.FAILED, Reason.REJECTED, {"detail": str(exc)})
        except (SpecError, OSError) as exc:
            ending = Ending(RunStatus.FAILED, Reason.SPAWN, {"detail": str(exc)})
        if ending is not None:
            self._finish(ending)
        shutil.rmtree(self._folders.home, ignore_errors=True)

    def _execute(self) -> Ending | None:
        """Return how the run ended; None when it is no longer ours to end."""
        content = self._read_script()
        self._folders.make()
        since = time.time()
        outcome = execute(
            self._spec(content),
            on_output=self._log.write,
            before_go=self._begin,
            beat=self._beat,
            tick=self._tick,
        )
        if outcome.cause == Cause.ABANDONED:
            return None
        if outcome.began:
            self._collect(since)
        self._log.close()
        return self._ending(outcome)

    @property
    def _script(self) -> Script:
        if self._run.script is None:
            raise Rejected("its script is no longer known")
        return self._run.script

    def _collect(self, since: float) -> None:
        patterns = self._script.artifacts
        for problem in artifacts.collect(self._run, patterns=patterns, since=since):
            self._log.note(f"[automation-hub: {problem}]\n")

    def _read_script(self) -> Content:
        """Read the file once more and check that the run still fits it."""
        script = self._script
        before = script.sha256
        content = scripts.refresh_script(script=script)
        scripts.check_runnable(script=script)
        if content is None:
            raise Rejected("its file has gone")
        if script.sha256 != before:
            self._check_again()
        self._sha256 = content.sha256
        return content

    def _check_again(self) -> None:
        problems = scripts.parameter_problems(
            script=self._script, parameters=self._run.parameters
        )
        if problems:
            raise Rejected(f"the script changed while the run waited: {problems[0]}")

    def _spec(self, content: Content) -> ExecutionSpec:
        script = self._script
        command = build_command(
            content.path, interpreter=script.interpreter or None, python=sys.executable
        )
        argv = render_argv(script.parameters_schema, self._run.parameters)
        return ExecutionSpec(
            argv=(*command, *argv),
            cwd=self._folders.work,
            env=self._env(),
            timeout_s=self._run.timeout_s,
            grace_s=settings.GRACE_S,
            fence_s=settings.FENCE_S,
            beat_s=settings.HEARTBEAT_S,
        )

    def _env(self) -> dict[str, str]:
        return build_env(
            base=os.environ,
            # A shell script may start Python too; what it prints is to be live.
            python=True,
            extra={
                "HOME": str(self._folders.work),
                "TMPDIR": str(self._folders.temporary),
                "DATA_DIR": str(settings.DATA_DIR),
                "HUB_RUN_ID": str(self._run.pk),
                "HUB_INSTANCE": instance_id(),
                "HUB_ARTIFACTS": str(self._folders.listed),
            },
        )

    def _begin(self) -> bool:
        return services.begin(claim=self._claim, sha256=self._sha256)

    def _beat(self) -> Directive:
        if services.renew(claim=self._claim):
            return Directive.CONTINUE
        logger.warning("Run %s is no longer ours; its script is killed.", self._run.pk)
        return Directive.ABANDON

    def _tick(self) -> Directive | None:
        self._log.flush_if_due()
        draining_s = state.draining_s()
        if draining_s is not None and draining_s >= settings.DRAIN_SECONDS:
            return Directive.STOP
        if time.monotonic() >= self._next_poll:
            self._next_poll = time.monotonic() + CANCEL_POLL_S
            self._cancelled = services.cancel_requested(claim=self._claim)
        return Directive.STOP if self._cancelled else None

    def _ending(self, outcome: Outcome) -> Ending:
        facts: dict[str, Any] = {
            "exit_code": outcome.exit_code,
            "signal": outcome.signal,
            "detail": outcome.error,
            "cpu_s": None if outcome.cpu_s is None else round(outcome.cpu_s, 6),
            "max_rss_bytes": outcome.max_rss_bytes,
            "log_bytes": self._log.bytes_seen,
        }
        if outcome.started_at is not None:
            facts["started_at"] = datetime.fromtimestamp(outcome.started_at, UTC)
        status, reason = self._verdict(outcome)
        return Ending(status, reason, facts)

    def _verdict(self, outcome: Outcome) -> tuple[RunStatus, Reason]:
        if not outcome.began and outcome.cause != Cause.SPAWN_FAILED:
            # The only thing that stops a run of ours before its go is a cancel.
            return RunStatus.CANCELLED, Reason.USER
        if outcome.cause == Cause.STOPPED:
            if self._cancelled:
                return RunStatus.CANCELLED, Reason.USER
            return RunStatus.FAILED, Reason.SHUTDOWN
        if outcome.cause == Cause.EXITED and outcome.exit_code == 0:
            return RunStatus.COMPLETED, Reason.EXIT
        return RunStatus.FAILED, _REASONS[outcome.cause]

    def _finish(self, ending: Ending) -> None:
        for wait_s in (*FINISH_ATTEMPTS_S, None):
            try:
                services.finish(
                    claim=self._claim,
                    status=ending.status,
                    reason=ending.reason,
                    **ending.facts,
                )
            except DatabaseError:
                if wait_s is None:
                    raise
                logger.warning("Run %s: its end is not written yet.", self._run.pk)
                close_old_connections()
                time.sleep(wait_s)
            else:
                return


_REASONS = {
    Cause.EXITED: Reason.EXIT,
    Cause.SIGNALLED: Reason.SIGNAL,
    Cause.TIMEOUT: Reason.TIMEOUT,
    Cause.SPAWN_FAILED: Reason.SPAWN,
    Cause.LOST: Reason.LOST,
}

_instance: list[str] = []


def instance_id() -> str:
    """Return this hub's id, which marks the processes of its scripts."""
    if not _instance:
        _instance.append(str(Instance.objects.get().pk))
    return _instance[0]

"""What a slot does with a run that it has claimed: execute it and end it."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from functools import cached_property

from django.conf import settings
from django.db import DatabaseError, close_old_connections

from apps.core import context
from apps.core.vault import NoKey
from apps.executor.envs.store import Env
from apps.executor.run import execute
from apps.executor.spec import Directive, ExecutionSpec, Outcome, SpecError, Stream
from apps.executor.starter import ask_for_supervisor
from apps.runs import artifacts, services, state, uploads
from apps.runs.building import BuildFailed, Building, Hands, Interrupted
from apps.runs.delivery import Delivery
from apps.runs.folders import Abandoned, folders
from apps.runs.logs import LogWriter
from apps.runs.models import Reason
from apps.runs.preparing import Rejected, marks_of, open_delivery, spec_of
from apps.runs.services import Claim
from apps.runs.uploads import FileGone
from apps.runs.verdicts import Ending, cancelled, ending_of, failed, note_error
from apps.runs.witness import Witness
from apps.scripts import services as scripts
from apps.scripts.discovery import Content
from apps.scripts.models import Script
from apps.scripts.parameters import NotRenderable

logger = logging.getLogger(__name__)

# How often a running script's row is asked whether it should be cancelled.
CANCEL_POLL_S = 1.0
# Who cancels waits for it: a script gets so long between SIGTERM and SIGKILL at most.
CANCEL_GRACE_S = 1.5
# When a cluster stops, its scripts get this long between SIGTERM and SIGKILL at most.
SHUTDOWN_GRACE_S = 2.0
# How long to wait before the database is asked again.
FIRST_PAUSE_S = 0.1
LONGEST_PAUSE_S = 2.0
# How often a script is read again that changes before it can start.
READINGS = 3
# What of a lease is kept for killing a script before its run may be somebody else's.
KILL_SHARE = 0.1
CHANGED = (
    "[automation-hub: the script's file changed while this run went on; what ran may "
    "differ from the version that is shown with it]\n"
)

NOT_AS_ACCEPTED = (Rejected, NotRenderable, NoKey, scripts.ScriptNotRunnable, FileGone)


def take() -> Claim | None:
    """Claim the best waiting run of this worker's queue; None when there is none.

    A worker that drains takes none.
    """
    if state.draining_s() is not None:
        return None
    return services.claim_next(queue=settings.QUEUE, worker=state.worker_name)


def look() -> Claim | None:
    """Take a run and perform it. For whoever is no cluster: tests and benchmarks."""
    claim = take()
    if claim is not None:
        Execution(claim).perform()
    return claim


class Execution:
    """One claimed run in this process, from its claim to its end."""

    def __init__(self, claim: Claim) -> None:
        self._claim = claim
        self._run = claim.run
        self._folders = folders(claim.run)
        self._log = LogWriter(claim.run.pk, limit_bytes=settings.LOG_LIMIT_BYTES)
        self._sha256 = ""
        self._witness: Witness | None = None
        self._read_again = False
        self._delivery = Delivery()
        self._has_begun = False
        self._cancelled = False
        self._cancel_at: float | None = None
        self._stopping = False
        self._too_loud = False
        self._poll_at = time.monotonic() + CANCEL_POLL_S
        self._beat_at = time.monotonic() + settings.HEARTBEAT_S
        # Until then at least the run is ours, on this host's clock.
        self._lease_at = time.monotonic() + settings.LEASE_S

    def perform(self) -> None:
        """Run the script and record how it ended."""
        context.run_id.set(str(self._run.pk))
        try:
            ending = self._guarded()
            if ending is None:
                services.let_go(claim=self._claim)
            else:
                self._hide_secrets_in(ending)
                self._finish(ending)
        finally:
            self._folders.remove(state.beat)
            context.run_id.set("")

    def _guarded(self) -> Ending | None:
        """Execute, and turn whatever goes wrong into the ending that it means."""
        try:
            return self._execute()
        except NOT_AS_ACCEPTED as exc:
            return failed(Reason.REJECTED, exc)
        except BuildFailed as exc:
            return self._unbuilt(failed(Reason.BUILD, exc))
        except Interrupted:
            return self._unbuilt(None)
        except (SpecError, OSError) as exc:
            return failed(Reason.SPAWN, exc)
        except Abandoned:
            logger.warning("Run %s is no longer ours; it does not begin.", self._run.pk)
            return None
        except DatabaseError as exc:
            # Before the go; later ones are dealt with where they happen.
            logger.warning("Run %s is given back: %s", self._run.pk, exc)
            return None
        except Exception as exc:
            logger.exception("Run %s: the hub itself failed", self._run.pk)
            reason = Reason.LOST if self._has_begun else Reason.SPAWN
            return failed(reason, f"the hub failed: {type(exc).__name__}: {exc}")

    def _execute(self) -> Ending | None:
        content = self._read_script()
        self._folders.make(self._still_ours)
        for _reading in range(READINGS):
            ending = self._execute_as_read(content)
            if not self._read_again:
                return ending
            content = self._read_script()
        raise Rejected("its file changes all the time")

    def _execute_as_read(self, content: Content) -> Ending | None:
        if scripts.wanted_environment(script=self._script) is None:
            return self._run_script(content)
        # The script may change while its environment is built, so it is read again.
        with self._building.environment(self._read_script) as (content, env):
            return self._run_script(content, env)

    def _run_script(self, content: Content, env: Env | None = None) -> Ending | None:
        self._read_again = False
        self._witness = Witness(content, read_at_once=content.path.suffix == ".py")
        since = time.time()
        outcome = execute(
            self._spec(content, env),
            on_output=self._hear,
            before_go=self._begin,
            beat=self._beat,
            tick=self._tick,
            # Now there is time for it; when this run has ended, others may wait.
            meanwhile=ask_for_supervisor,
            ours_until=self._ours_until,
        )
        self._log.end_output()
        ending = ending_of(
            outcome,
            cancelled=self._cancelled,
            stopping=self._stopping,
            too_loud=self._is_too_loud(),
        )
        if ending is not None:
            self._keep_what_is_left(outcome, since)
            ending.facts["log_bytes"] = self._log.bytes_seen
            if ending.reason == Reason.OUTPUT:
                limit = settings.OUTPUT_LIMIT_BYTES
                ending.facts["detail"] = f"OUTPUT_LIMIT_BYTES is {limit}"
        return ending

    # -- Before it starts --------------------------------------------------------
    @property
    def _script(self) -> Script:
        if self._run.script is None:
            raise Rejected("its script is no longer known")
        return self._run.script

    def _read_script(self) -> Content:
        """Read the file once more and check that the run still fits it."""
        content = scripts.refresh_script(script=self._script)
        scripts.check_runnable(script=self._script)
        if content is None:
            raise Rejected("its file has gone")
        self._delivery = open_delivery(self._run, self._script)
        self._log.hide(self._delivery.secrets)
        self._sha256 = content.sha256
        return content

    def _hide_secrets_in(self, ending: Ending) -> None:
        """What the system says of a failure may quote what the script was given."""
        if "detail" in ending.facts:
            ending.facts["detail"] = self._log.without_secrets(ending.facts["detail"])

    @cached_property
    def _building(self) -> Building:
        return Building(
            self._run,
            folder=self._folders.build,
            marks={**marks_of(self._run), "HUB_CLAIM": str(self._claim.token)},
            log=self._log,
            hands=Hands(self._tick, self._beat, self._still_ours, self._ours_until),
        )

    def _unbuilt(self, ending: Ending | None) -> Ending | None:
        """Keep the log of a build after which the script does not begin."""
        if ending is None and self._cancelled:
            ending = cancelled()
        # A slot that was frozen may have lost the run, and its log, to another one.
        is_ours = self._beat() is not Directive.ABANDON
        if is_ours and time.monotonic() < self._ours_until():
            self._despite_failures("the end of its log", self._log.close)
        if ending is not None:
            ending.facts["log_bytes"] = self._building.bytes_seen
        return ending

    def _spec(self, content: Content, env: Env | None = None) -> ExecutionSpec:
        return spec_of(
            self._run,
            self._script,
            content,
            folders=self._folders,
            delivery=self._delivery,
            own=env,
            keep_on=self._still_ours,
        )

    # -- While it runs -----------------------------------------------------------
    def _ours_until(self) -> float:
        """Until when nobody takes the run from here, with time left to kill its script."""
        return self._lease_at - settings.LEASE_S * KILL_SHARE

    def _hear(self, stream: Stream, block: bytes) -> None:
        if self._witness:
            self._witness.hear()
        self._log.write(stream, block)

    def _begin(self) -> bool:
        if self._witness and not self._witness.may_start():
            self._read_again = True
            return False
        asked_at = time.monotonic()
        self._has_begun = services.begin(claim=self._claim, sha256=self._sha256)
        if self._has_begun:
            self._lease_at = asked_at + settings.LEASE_S
        else:
            # Cancelled meanwhile; or not ours any more, and then nothing is written.
            state.beat()
            self._cancelled = services.cancel_requested(claim=self._claim)
        return self._has_begun

    def _beat(self) -> Directive:
        """Renew the lease; without the database, the old one is all that there is."""
        state.beat()
        asked_at = time.monotonic()
        self._beat_at = asked_at + settings.HEARTBEAT_S
        try:
            ours = services.renew(claim=self._claim)
        except DatabaseError as exc:
            logger.warning("Run %s: no heartbeat: %s", self._run.pk, exc)
            close_old_connections()
            return Directive.CONTINUE
        if ours:
            self._lease_at = asked_at + settings.LEASE_S
            return Directive.CONTINUE
        logger.warning("Run %s is no longer ours; its script is killed.", self._run.pk)
        return Directive.ABANDON

    def _tick(self) -> Directive | None:
        state.beat()
        self._log.flush_if_due()
        over_s = (state.draining_s() or 0) - settings.DRAIN_SECONDS
        if state.draining_s() is not None and over_s >= 0:
            self._stopping = True
            in_grace = over_s < min(SHUTDOWN_GRACE_S, settings.GRACE_S)
            return Directive.STOP if in_grace else Directive.ABANDON
        if self._is_too_loud():
            return Directive.STOP
        if time.monotonic() >= self._poll_at:
            self._poll_at = time.monotonic() + CANCEL_POLL_S
            self._poll_cancel()
        if not self._cancelled:
            return None
        self._cancel_at = self._cancel_at or time.monotonic()
        in_grace = time.monotonic() - self._cancel_at < CANCEL_GRACE_S
        return Directive.STOP if in_grace else Directive.ABANDON

    def _is_too_loud(self) -> bool:
        """Whether the script printed too much, before this worker was told to stop.

        One that printed too much and ended before it was looked at counts too, so that
        the same script always ends in the same way.
        """
        limit = settings.OUTPUT_LIMIT_BYTES
        if limit and not self._stopping:
            self._too_loud = self._log.bytes_seen > limit
        return self._too_loud

    def _poll_cancel(self) -> None:
        state.beat()
        try:
            self._cancelled = services.cancel_requested(claim=self._claim)
        except DatabaseError as exc:
            logger.warning("Run %s: cannot ask for a cancel: %s", self._run.pk, exc)
            close_old_connections()

    # -- After it ended ----------------------------------------------------------
    def _keep_what_is_left(self, outcome: Outcome, since: float) -> None:
        """Keep artifacts and the rest of the log; what fails here costs no verdict."""
        if outcome.began:
            if self._witness and not self._witness.vouches():
                self._log.note(CHANGED)
            self._despite_failures("its artifacts", lambda: self._collect(since))
        self._despite_failures("the end of its log", self._log.close)

    def _despite_failures(self, what: str, step: Callable[[], None]) -> None:
        """Try a step as long as the run is ours, while the database does not answer."""
        try:
            self._patiently(step)
        except Exception:
            logger.exception("Run %s: %s was not kept", self._run.pk, what)
            self._log.note(f"[automation-hub: {what} could not be kept]\n")

    def _collect(self, since: float) -> None:
        problems = artifacts.collect(
            self._run,
            patterns=self._script.artifacts,
            since=since,
            keep_on=self._still_ours,
            shown=self._log.without_secrets,
            given=uploads.given_folder(
                self._script.parameters_schema, self._run.parameters
            ),
        )
        for problem in problems:
            self._log.note(f"[automation-hub: {problem}]\n")

    def _still_ours(self) -> bool:
        """Renew the lease when it is time, since copying may take long."""
        state.beat()
        if time.monotonic() < self._beat_at:
            return True
        return self._beat() is not Directive.ABANDON

    def _finish(self, ending: Ending) -> None:
        note_error(ending, self._log.last_errors)
        self._patiently(
            lambda: services.finish(
                claim=self._claim,
                status=ending.status,
                reason=ending.reason,
                **ending.facts,
            )
        )

    def _patiently(self, step: Callable[[], object]) -> None:
        """Do a step, again and again until the database answers or the lease is over.

        Raises DatabaseError then: somebody else ends the run.
        """
        pause_s = FIRST_PAUSE_S
        while True:
            state.beat()
            try:
                step()
            except DatabaseError as exc:
                if time.monotonic() >= self._lease_at:
                    raise
                logger.warning("Run %s waits for the database: %s", self._run.pk, exc)
                close_old_connections()
                time.sleep(pause_s)
                pause_s = min(2 * pause_s, LONGEST_PAUSE_S)
            else:
                return

"""The environment of a run's script: found, waited for, or built before it begins.

All of it happens between the claim of a run and its beginning, so a worker that dies in
the middle gives the run back to the queue. The lease is renewed, cancels are heard and
the slot says that it is well, as while a script runs.
"""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.utils import timezone

from apps.executor.envs.masking import Mask
from apps.executor.envs.recipe import Builder, NoBuilder, Step, find_uv, steps
from apps.executor.envs.store import Env, Lock, sizes
from apps.executor.envs.variables import (
    has_no_index,
    search_path,
    secrets,
    variables,
)
from apps.executor.envs.wanted import Wanted
from apps.executor.run import execute
from apps.executor.spec import Cause, Directive, ExecutionSpec, Outcome, Stream
from apps.executor.starter import ask_for_supervisor
from apps.runs.environments import store
from apps.runs.logs import LogWriter
from apps.runs.models import Run
from apps.runs.removal import remove_tree
from apps.scripts import services as scripts
from apps.scripts.discovery import Content

logger = logging.getLogger(__name__)

# How often a run that waits for another one's build looks again.
PAUSE_S = 0.2
# Between SIGTERM and SIGKILL for a build that takes too long.
GRACE_S = 2.0
# How often a script may change what it depends on between its claim and its start.
MOST_ENVIRONMENTS = 3
# How much of a builder's last word the run's message quotes.
QUOTED_CHARS = 300
ERRORS = (b"ERROR:", b"error:", b"Error:")


class BuildFailed(Exception):
    """The environment cannot be had; the message says why."""


class Interrupted(Exception):
    """The run is to end, or is somebody else's, before its script could begin."""


@dataclass(frozen=True)
class Hands:
    """What the run's execution does meanwhile, as while a script runs.

    `keep_on` renews the lease when it is time, and is False when the run is not ours.
    """

    tick: Callable[[], Directive | None]
    beat: Callable[[], Directive]
    keep_on: Callable[[], bool]
    ours_until: Callable[[], float]


class Building:
    """What one claimed run needs, from the first look to the environment in use."""

    def __init__(
        self,
        run: Run,
        *,
        folder: Path,
        marks: dict[str, str],
        log: LogWriter,
        hands: Hands,
    ) -> None:
        self._run = run
        self._folder = folder
        self._marks = marks
        self._log = log
        self._hands = hands
        self._store = store()
        self._said = b""
        self._deadline = 0.0
        self.bytes_seen = 0

    @contextmanager
    def environment(
        self, read_script: Callable[[], Content]
    ) -> Iterator[tuple[Content, Env | None]]:
        """Hold the environment that the run's script wants by what it says in the end.

        `read_script` reads it again; None stands for the hub's own environment. Raises
        BuildFailed, and Interrupted when the run is not to begin.
        """
        script = self._run.script
        for _ in range(MOST_ENVIRONMENTS):
            wanted = script and scripts.wanted_environment(script=script)
            env = self._provide(wanted) if wanted else None
            try:
                content = read_script()
                is_so = script and scripts.wanted_environment(script=script) == wanted
                if is_so:
                    yield content, env
                    return
            finally:
                if env is not None:
                    env.close()
        raise BuildFailed("the script's dependencies changed again and again")

    def _provide(self, wanted: Wanted) -> Env:
        """Return the environment, in use; it is built where there is none."""
        try:
            if env := self._store.use(wanted.key):
                return env
            # What an earlier worker wrote of its try stays, and this one's follows it.
            self._log.follow_up(has_earlier=self._run.returns > 0)
            with self._turn(wanted), self._store.share_cache():
                return self._store.use(wanted.key) or self._build(wanted)
        except NoBuilder as exc:
            raise BuildFailed(exc) from exc
        except OSError as exc:
            raise BuildFailed(f"the data folder does not take it: {exc}") from exc

    # -- Waiting -----------------------------------------------------------------
    @contextmanager
    def _turn(self, wanted: Wanted) -> Iterator[None]:
        """Be the only one that builds this environment; wait for whoever does."""
        lock = self._wait_for_turn(wanted)
        try:
            lock.write(str(self._run.pk))
            yield
        finally:
            lock.close()

    def _wait_for_turn(self, wanted: Wanted) -> Lock:
        give_up_at = time.monotonic() + settings.BUILD_TIMEOUT_S + GRACE_S
        named = None
        while (lock := self._store.try_lock(wanted.key)) is None:
            builder = self._store.builder_of(wanted.key)
            if builder != named:
                named = builder
                # Nobody is named by who clears up what killed builds left.
                whose = f"run {builder} builds" if builder else "is being cleared up"
                self._note(f"Waiting for the environment that {whose}")
            if time.monotonic() >= give_up_at:
                raise BuildFailed(
                    f"run {builder or '(none)'} had it for more than "
                    f"{settings.BUILD_TIMEOUT_S:g} s (BUILD_TIMEOUT_S)"
                )
            self._check()
            time.sleep(PAUSE_S)
        return lock

    def _check(self) -> None:
        """Go on only if the run does. Raises Interrupted."""
        is_ours = self._may_be_ours() and self._hands.keep_on()
        if not is_ours or self._hands.tick() is not None:
            raise Interrupted

    # -- Building ----------------------------------------------------------------
    def _build(self, wanted: Wanted) -> Env:
        started = time.monotonic()
        self._deadline = started + settings.BUILD_TIMEOUT_S
        self._note(f"Building the environment of {wanted}: {_listed(wanted)}")
        # One that was ready and is damaged has no use either.
        self._store.retire(wanted.key, unused_since=float("inf"))
        self._clear_dead(wanted.key)
        env = self._store.begin(wanted.key)
        try:
            self._run_steps(wanted, env)
            self._publish(wanted, env)
        except BaseException as exc:
            env.close()
            # Who cancels does not wait for a thousand files: the next build deletes
            # them, or pruning does.
            if not isinstance(exc, Interrupted):
                self._clear_dead(wanted.key)
            raise
        self._remove(self._folder)
        took = time.monotonic() - started
        self._note(f"The environment was built in {took:.1f} s; the script begins")
        return env

    def _clear_dead(self, key: str) -> None:
        """Delete what builds left that were killed; it takes room."""
        for path, _lock in self._store.dead(key):
            self._remove(path)
            if not path.exists():
                self._store.forget(path)

    def _remove(self, folder: Path) -> None:
        try:
            for _ in remove_tree(folder):
                self._hands.keep_on()
        except FileNotFoundError:
            return
        except OSError as exc:
            logger.warning("%s could not be deleted: %s", folder, exc)

    def _run_steps(self, wanted: Wanted, env: Env) -> None:
        self._folder.mkdir(mode=0o700, exist_ok=True)
        surroundings = variables(
            os.environ,
            cache=self._store.cache,
            temporary=self._folder,
            marks=self._marks,
        )
        builder = Builder(settings.ENV_BUILDER)
        uv = find_uv(builder, search_path(surroundings))
        no_index = has_no_index(surroundings)
        for step in steps(wanted, env.path, uv=uv, no_index=no_index):
            self._check()
            self._run_step(step, surroundings)

    def _run_step(self, step: Step, surroundings: dict[str, str]) -> None:
        masks = {stream: Mask(secrets(surroundings)) for stream in Stream}
        outcome = execute(
            ExecutionSpec(
                argv=step.argv,
                cwd=self._folder,
                env=surroundings,
                timeout_s=max(self._deadline - time.monotonic(), 0.1),
                grace_s=min(GRACE_S, settings.GRACE_S),
                fence_s=settings.FENCE_S,
                beat_s=settings.HEARTBEAT_S,
            ),
            on_output=lambda stream, block: self._say(masks[stream].take(block)),
            before_go=self._may_go,
            beat=self._hands.beat,
            tick=self._tick,
            meanwhile=ask_for_supervisor,
            ours_until=self._hands.ours_until,
        )
        for mask in masks.values():
            self._say(mask.finish())
        self._judge(step, outcome)

    def _may_go(self) -> bool:
        return self._tick() is None

    def _tick(self) -> Directive | None:
        if not self._may_be_ours():
            return Directive.ABANDON
        # Half an environment is worth nothing: nobody waits for a polite end.
        return self._hands.tick() and Directive.ABANDON

    def _may_be_ours(self) -> bool:
        """Whether nobody can have taken the run yet, as far as this host's clock knows.

        A slot that was frozen may wake up when another one writes the run's log.
        """
        return time.monotonic() < self._hands.ours_until()

    def _judge(self, step: Step, outcome: Outcome) -> None:
        """Raise what the end of a step means, unless it went well."""
        if outcome.cause is Cause.EXITED and outcome.exit_code == 0:
            return
        if outcome.cause is Cause.EXITED:
            why = f"{step.name} ended with exit code {outcome.exit_code}"
            if self._said:
                why += f": {self._said.decode('utf-8', 'replace')}"
        elif outcome.cause is Cause.SIGNALLED:
            why = f"{step.name} was ended by signal {outcome.signal}"
        elif outcome.cause is Cause.TIMEOUT:
            limit = f"{settings.BUILD_TIMEOUT_S:g} s (BUILD_TIMEOUT_S)"
            why = f"it took longer than {limit} and was ended in {step.name}"
        elif outcome.cause is Cause.SPAWN_FAILED:
            why = f"{step.name} could not be started: {outcome.error}"
        else:
            # Stopped, or its supervisor or launcher died: maybe it works elsewhere.
            raise Interrupted(outcome.error)
        raise BuildFailed(why)

    def _publish(self, wanted: Wanted, env: Env) -> None:
        self._check()
        self._store.publish(
            env,
            requirements=list(wanted.requirements),
            requires_python=wanted.requires_python,
            built_at=timezone.now().isoformat(timespec="seconds"),
            built_by=str(self._run.pk),
            size_bytes=sum(sizes(env.path)),
        )

    # -- Saying ------------------------------------------------------------------
    def _note(self, text: str) -> None:
        self._log.note(f"[automation-hub: {text}]\n")

    def _say(self, text: bytes) -> None:
        """Add what a builder said to the log; none of it is the script's output."""
        if not text or not self._may_be_ours():
            return
        self.bytes_seen += len(text)
        errors = [line for line in text.splitlines() if line.startswith(ERRORS)]
        if errors:
            self._said = errors[-1][:QUOTED_CHARS]
        # What reads a script's standard output for its result shall not meet this.
        self._log.tell(Stream.STDERR, text)


def _listed(wanted: Wanted) -> str:
    shown = ", ".join(wanted.requirements[:10])
    more = len(wanted.requirements) - 10
    return (f"{shown} and {more} more" if more > 0 else shown) or "nothing but Python"

"""`execute`: run one script under a supervisor, and pump its output meanwhile."""

from __future__ import annotations

import math
import os
import select
import time
from collections.abc import Callable

from apps.executor import processes, protocol
from apps.executor.channel import Channel
from apps.executor.job import encode_spec
from apps.executor.outcome import outcome_of
from apps.executor.protocol import Message
from apps.executor.spec import (
    Cause,
    Directive,
    ExecutionSpec,
    Outcome,
    SpecError,
    Stream,
)
from apps.executor.starter import SupervisorProcess, start_supervisor

BLOCK_BYTES = 65536
"""The most that `on_output` gets at once."""

PATIENCE_S = 30.0
"""How long a supervisor may be overdue before the worker ends it by force."""

_TICK_S = 0.25
_FEEDS_A_BEAT = 5
_SWEEP_S = 10.0
_LONGEST_WAIT_S = 3600.0
# The most that a pipe holds when all its writers are dead: a script may enlarge it, on
# Linux up to this without privileges.
_LEFT_IN_PIPE_BYTES = 1024 * 1024

OutputSink = Callable[[Stream, bytes], None]
Beat = Callable[[], Directive]
Gate = Callable[[], bool]
Tick = Callable[[], Directive | None]


def execute(
    spec: ExecutionSpec,
    *,
    on_output: OutputSink,
    beat: Beat,
    before_go: Gate,
    tick: Tick | None = None,
    meanwhile: Callable[[], None] | None = None,
    ours_until: Callable[[], float] = lambda: math.inf,
) -> Outcome:
    """Run one script to its end, and all that it started with it.

    `on_output` gets blocks of at most 64 KiB as they are read, in one sequence over
    both streams. `before_go` is called once, when a supervisor is up and waits: unless
    it returns True, the script never runs. `beat` is called every `spec.beat_s`
    seconds. `ours_until` tells until when nobody else may take the run, on the
    monotonic clock. As long as this loop goes round and that moment has not come, it
    feeds the supervisor, which kills the script after `spec.fence_s` seconds without
    food, and at that moment. `tick` is called at least every 0.5 s, also while there is no output; it may answer a Directive too.
    `meanwhile` is called once, while the script starts.
    The callbacks share one thread with the pump: none should take more than seconds.

    Never raises for what the script does, nor for a script that cannot start. What a
    callback raises (or a signal handler in the meantime) passes through, after the
    script was killed. No process of the script is left when this returns or raises.
    Where even SIGKILL does not help (a process waits for a dead disk), or the
    supervisor does not answer, this gives up PATIENCE_S after the latest possible end
    and names in `error` what is left.
    """
    try:
        job = encode_spec(spec)
        supervisor = start_supervisor()
    except SpecError as exc:
        return Outcome(cause=Cause.SPAWN_FAILED, error=str(exc))
    except OSError as exc:
        error = f"Its supervisor could not be started: {exc}"
        return Outcome(cause=Cause.SPAWN_FAILED, error=error)
    try:
        execution = _Execution(
            spec, supervisor, on_output, beat, before_go, tick, meanwhile, ours_until
        )
        try:
            return execution.drive(job)
        except BaseException:
            execution.abort()
            raise
    finally:
        supervisor.close()


class _Execution:
    """The worker's side of one execution."""

    def __init__(
        self,
        spec: ExecutionSpec,
        supervisor: SupervisorProcess,
        on_output: OutputSink,
        beat: Beat,
        before_go: Gate,
        tick: Tick | None,
        meanwhile: Callable[[], None] | None,
        ours_until: Callable[[], float],
    ) -> None:
        self.spec = spec
        self.supervisor = supervisor
        self.on_output = on_output
        self.beat = beat
        self.before_go = before_go
        self.tick = tick
        self.meanwhile = meanwhile
        self.ours_until = ours_until
        self.poller = select.poll()
        self.channel = Channel(self.poller, supervisor.control_fd, supervisor.status_fd)
        self.streams = {
            supervisor.stdout_fd: Stream.STDOUT,
            supervisor.stderr_fd: Stream.STDERR,
        }
        for fd in self.streams:
            os.set_blocking(fd, False)
            self.poller.register(fd, select.POLLIN)
        self.events: dict[str, Message] = {}
        self.began = False
        self.asked = Directive.CONTINUE
        self.forced = False
        now = time.monotonic()
        self.beat_at = self.feed_at = now + spec.beat_s
        self.tick_at = now + _TICK_S
        self.overdue_at = now + PATIENCE_S

    def drive(self, job: bytes) -> Outcome:
        """Run it from the job to the outcome."""
        self.channel.send(job)
        while not self.channel.closed:
            self._attend(min(self.beat_at, self.tick_at, self.overdue_at))
            if "end" not in self.events:
                self._keep_time()
            self._force_if_overdue()
        status = self._bury()
        survivors = self._sweep()
        self._drain()
        return outcome_of(
            self.spec,
            self.events,
            began=self.began,
            death=self._death(status),
            survivors=survivors,
        )

    def abort(self) -> None:
        """Have everything killed, and wait for it; nobody wants the output any more."""
        for fd in self.streams:
            self.poller.unregister(fd)
        self.streams.clear()
        self._obey(Directive.ABANDON)
        while not self.channel.closed:
            self._attend(self.overdue_at)
            self._force_if_overdue()
        self.supervisor.wait()
        self._sweep()

    def _bury(self) -> int | None:
        """See the supervisor off; its exit status, where that says something new."""
        if "end" in self.events:
            # Nothing of the script is left by its own word, and a launcher that stands
            # still must not hold up what is to be written down.
            self.supervisor.leave()
            return 0
        return self.supervisor.wait()

    def _attend(self, until: float) -> None:
        """Wait for the supervisor or the script to say something, and take it."""
        seconds = min(max(until - time.monotonic(), 0), _LONGEST_WAIT_S)
        ready = {fd for fd, _ in self.poller.poll(int(seconds * 1000) + 1)}
        for fd, stream in list(self.streams.items()):
            if fd in ready:
                self._read(fd, stream)
        if self.supervisor.control_fd in ready:
            self.channel.flush()
        if self.supervisor.status_fd in ready:
            for event in self.channel.receive():
                self.events[event["event"]] = event
                if event["event"] == "ready":
                    self._begin()

    def _read(self, fd: int, stream: Stream) -> int:
        try:
            block = os.read(fd, BLOCK_BYTES)
        except BlockingIOError:
            return 0
        if block:
            self.on_output(stream, block)
        else:
            self.poller.unregister(fd)
            del self.streams[fd]
        return len(block)

    def _begin(self) -> None:
        if self.asked is not Directive.CONTINUE:
            return
        if not self.before_go():
            self._obey(Directive.ABANDON)
            return
        # A supervisor that is gone by now cannot have started anything.
        self.began = self.channel.send(protocol.GO)
        if self.began and self.meanwhile:
            self.meanwhile()
        longest = self.spec.timeout_s + self.spec.grace_s
        self.overdue_at = time.monotonic() + longest + PATIENCE_S

    def _keep_time(self) -> None:
        if self.tick and time.monotonic() >= self.tick_at:
            self._obey(self.tick())
            self._feed()
            self.tick_at = time.monotonic() + _TICK_S
        if time.monotonic() >= self.beat_at:
            # From before the call: how long it takes must not slow the rhythm.
            self.beat_at = time.monotonic() + self.spec.beat_s
            self._obey(self.beat())
            self._feed()

    def _feed(self) -> None:
        """Let the supervisor know until when the script may go on without news.

        After each callback, of which several that wait for a database may follow each
        other, but not much more often than the supervisor needs it.
        """
        now = time.monotonic()
        if now < self.feed_at or self.asked is Directive.ABANDON:
            return
        self.feed_at = now + self.spec.beat_s / _FEEDS_A_BEAT
        until = min(now + self.spec.fence_s, self.ours_until())
        self.channel.send(protocol.feed(until))

    def _obey(self, directive: Directive | None) -> None:
        if directive is Directive.STOP and self.asked is Directive.CONTINUE:
            self.asked = directive
            self.channel.send(protocol.STOP)
            self._expect_end(self.spec.grace_s)
        elif directive is Directive.ABANDON and self.asked is not directive:
            self.asked = directive
            self.channel.send(protocol.KILL)
            self._expect_end(0)

    def _expect_end(self, within_s: float) -> None:
        expected_at = time.monotonic() + within_s + PATIENCE_S
        self.overdue_at = min(self.overdue_at, expected_at)

    def _force_if_overdue(self) -> None:
        """A supervisor that does not answer (frozen, say) must not hold the worker."""
        if time.monotonic() >= self.overdue_at and not self.forced:
            self.forced = True
            self.overdue_at = math.inf
            self.supervisor.kill()

    def _sweep(self) -> list[int]:
        """After the supervisor's own death: kill what is left; returns what resists.

        A launcher has swept up by then. Without one, the kernel has killed the script's
        first process, and what moved to another session and lost its parent is out of
        sight from here.
        """
        if "forked" not in self.events or "end" in self.events:
            return []
        return processes.sweep_session(self.events["forked"]["pid"], _SWEEP_S)

    def _drain(self) -> None:
        """Take what is left in the pipes, and do not wait for their ends."""
        for fd, stream in list(self.streams.items()):
            left = _LEFT_IN_PIPE_BYTES
            while left > 0 and (count := self._read(fd, stream)):
                left -= count

    def _death(self, status: int | None) -> str:
        """How the supervisor ended, which matters only when it was too early."""
        if self.forced:
            return "Its supervisor did not answer and was killed"
        if status is None:
            return "Its supervisor ended, and the launcher that knew how has died"
        if status < 0:
            return f"Its supervisor was killed by signal {-status}"
        return f"Its supervisor exited with code {status} before its time"

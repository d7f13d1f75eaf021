"""The head of a run's page: how it stands, since when, and why."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from apps.core.durations import duration_text
from apps.runs import sentences
from apps.runs.logs.last_error import LastError, last_error
from apps.runs.models import Run, RunStatus
from apps.runs.rows import duration_s, row_of
from apps.runs.usual import over_usual_after, usual_durations
from apps.runs.waits import Waits

MARKS = {
    RunStatus.QUEUED: "○",
    RunStatus.RUNNING: "▶",
    RunStatus.COMPLETED: "✓",
    RunStatus.FAILED: "✗",
    RunStatus.CANCELLED: "■",
}
# How often the page asks for what is new, in milliseconds.
ACTIVE_MS = 1000
# While only a retry of it is to come or goes on.
RETRY_MS = 5000


@dataclass(frozen=True)
class Head:
    """`since` is what the elapsed time counts from while the run is active; `usual_s`
    null: there is nothing to compare it with."""

    run: Run
    now: datetime
    since: datetime | None
    elapsed_s: float | None
    usual_s: float | None
    sentence: str
    error: LastError | None

    @property
    def mark(self) -> str:
        return MARKS[RunStatus(self.run.status)]

    @property
    def icon(self) -> str:
        return f"hub/run/{self.run.status}.svg"

    @property
    def now_s(self) -> str:
        """The hub's clock, by which the browser corrects its own."""
        return f"{self.now.timestamp():.3f}"

    @property
    def since_s(self) -> str:
        return f"{self.since.timestamp():.3f}" if self.since else ""

    @property
    def name(self) -> str:
        return self.run.task.name if self.run.task else self.run.script_name

    @property
    def is_waiting(self) -> bool:
        return self.run.status == RunStatus.QUEUED

    @property
    def is_ending(self) -> bool:
        return self.run.is_active and self.run.cancel_requested_at is not None

    @property
    def over_after_s(self) -> float | None:
        return None if self.usual_s is None else over_usual_after(self.usual_s)

    @property
    def is_over(self) -> bool:
        after = self.over_after_s
        return after is not None and (self.elapsed_s or 0) > after

    @property
    def title(self) -> str:
        if not self.run.is_active or self.elapsed_s is None:
            return f"{self.mark} {self.name}"
        return f"{self.mark} {duration_text(self.elapsed_s)} · {self.name}"

    @property
    def state(self) -> str:
        """What changes when the page has more to show than a moment later."""
        run = self.run
        steps = (run.claimed_at, run.began_at, run.finished_at)
        return f"{run.status}-{sum(step is not None for step in steps)}"


def head_of(run: Run) -> Head:
    """Return the head for a run that comes with its script and task."""
    now = timezone.now()
    since, elapsed_s = _elapsed(run, now)
    key = (run.script_id, run.task_id)
    failed = run.status == RunStatus.FAILED
    return Head(
        run=run,
        now=now,
        since=since,
        elapsed_s=elapsed_s,
        usual_s=None if _is_waiting(run) else usual_durations([key]).get(key),
        sentence=_sentence(run),
        error=last_error(run.pk) if failed else None,
    )


def _is_waiting(run: Run) -> bool:
    return run.status == RunStatus.QUEUED


def _elapsed(run: Run, now: datetime) -> tuple[datetime | None, float | None]:
    if not run.is_active:
        times: dict[str, Any] = {"began_at": run.began_at}
        return None, duration_s({**times, "finished_at": run.finished_at})
    since = run.queued_at
    if not _is_waiting(run):
        since = run.began_at or run.claimed_at or run.queued_at
    return since, max((now - since).total_seconds(), 0)


def _sentence(run: Run) -> str:
    """Return why it ended, or what it waits for; "" while its script runs."""
    if run.is_active and run.cancel_requested_at is not None:
        return _("It was asked to stop.")
    if run.status == RunStatus.RUNNING and run.began_at is None:
        return _("A worker has it, and prepares what the script needs.")
    row = row_of(run)
    return sentences.message(row) or sentences.waiting(row, Waits.of([row])) or ""

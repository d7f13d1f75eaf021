"""How long runs of a script or a task usually take."""

from __future__ import annotations

from collections.abc import Collection
from statistics import median
from typing import Any

from django.db.models import BigIntegerField

from apps.core.prepared import Param, PreparedValues
from apps.runs.models import Run, RunStatus

USUAL_RUNS = 20

Key = tuple[int | None, int | None]


def usual_durations(keys: Collection[Key]) -> dict[Key, float]:
    """Return the median seconds of the latest completed runs, by (script, task).

    Of a key without such runs there is nothing. One query a key, by an index.
    """
    found = {key: _seconds(*key) for key in set(keys)}
    return {key: median(seconds) for key, seconds in found.items() if seconds}


def over_usual_after(usual_s: float) -> float:
    """Return the seconds from which on something takes long: half as long again as
    usual, by some seconds at least."""
    return max(1.5 * usual_s, usual_s + 5)


def _seconds(script: int | None, task: int | None) -> list[float]:
    if script is None:
        return []
    if task is None:
        found = _OF_SCRIPT.fetch(script=script)
    else:
        found = _OF_TASK.fetch(script=script, task=task)
    times = [(row["began_at"], row["finished_at"]) for row in found]
    return [(end - begin).total_seconds() for begin, end in times if begin and end]


def _latest(**fixed: Any) -> Any:
    runs = Run.objects.filter(status=RunStatus.COMPLETED, **fixed).order_by("-id")
    return runs.values("began_at", "finished_at")[:USUAL_RUNS]


_SCRIPT = Param("script", BigIntegerField())
_OF_SCRIPT = PreparedValues(lambda: _latest(script=_SCRIPT))
_OF_TASK = PreparedValues(
    lambda: _latest(script=_SCRIPT, task=Param("task", BigIntegerField()))
)

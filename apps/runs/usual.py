"""How long runs of a script or a task usually take."""

from __future__ import annotations

from collections.abc import Collection
from statistics import median

from apps.runs.models import Run, RunStatus

USUAL_RUNS = 20

Key = tuple[int | None, int | None]


def usual_durations(keys: Collection[Key]) -> dict[Key, float]:
    """Return the median seconds of the latest completed runs, by (script, task).

    Of a key without such runs there is nothing. One query a key, by an index.
    """
    found = {key: _seconds(*key) for key in set(keys)}
    return {key: median(seconds) for key, seconds in found.items() if seconds}


def _seconds(script: int | None, task: int | None) -> list[float]:
    if script is None:
        return []
    runs = Run.objects.filter(script=script, status=RunStatus.COMPLETED)
    if task is not None:
        runs = runs.filter(task=task)
    times = runs.order_by("-id").values_list("began_at", "finished_at")[:USUAL_RUNS]
    return [(end - begin).total_seconds() for begin, end in times if begin and end]

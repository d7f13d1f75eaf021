"""Which file of an earlier success a run's file is to be compared with."""

from __future__ import annotations

from collections.abc import Sequence

from apps.runs.models import Artifact, Run, RunStatus
from apps.runs.previews.pairing import pair_names

# How many earlier successes are asked for files of the same names.
LOOK_BACK = 10


def files_of_last_success(
    *, run: Run, found: Sequence[Artifact]
) -> dict[int, Artifact]:
    """Return what earlier completed runs left under the same names.

    `found` are all files of the run; the answer has their keys. Asked are the latest
    runs of the same task, or, where there are none, of the same script; the newest that
    has such a file answers. Three queries at most.
    """
    if not found or run.script_id is None:
        return {}
    earlier = {one.pk: one for one in _earlier(run)}
    theirs: dict[object, dict[str, Artifact]] = {key: {} for key in earlier}
    for artifact in Artifact.objects.filter(run__in=earlier).order_by():
        artifact.run = earlier[artifact.run_id]
        theirs[artifact.run_id][artifact.name] = artifact
    mine = {artifact.name: artifact.pk for artifact in found}
    answer: dict[int, Artifact] = {}
    # The newest comes first, and whatever it has stays.
    for there in theirs.values():
        for name, other in pair_names(mine, there).items():
            answer.setdefault(mine[name], there[other])
    return answer


def _earlier(run: Run) -> list[Run]:
    """Return the latest successes before the run, the newest first; by an index."""
    runs = Run.objects.filter(
        script=run.script_id, status=RunStatus.COMPLETED, pk__lt=run.pk
    )
    of_task = list(runs.filter(task=run.task_id)[:LOOK_BACK]) if run.task_id else []
    return of_task or list(runs[:LOOK_BACK])

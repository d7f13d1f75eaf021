"""What is different about a run since its task, or else its script, last succeeded:
which run that was, what it was given, how it went since, which files it left."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet

from apps.runs.models import Artifact, Run, RunStatus
from apps.runs.previews.pairing import pair_names
from apps.scripts.rendering import same
from apps.scripts.secrecy import STORED

# Of more failures it is only said that they are more.
MOST_COUNTED = 100
# What differs by less is how much such things always differ.
NOTABLE_SHARE = 0.25
# How many earlier successes are asked for files of the same names.
LOOK_BACK = 10


@dataclass(frozen=True)
class Change:
    """One parameter that was given otherwise. `old` or `new` null: it was not given."""

    name: str
    old: Any = None
    new: Any = None
    was_given: bool = True
    is_given: bool = True


def last_success(run: Run) -> Run | None:
    """Return the last completed run before this one: of the same script for the same
    task, else of the same script. One or two queries, each by an index."""
    runs = Run.objects.select_related("version").defer("version__packed")
    return next(iter(_successes_before(run, runs, 1)), None)


def files_of_last_success(run: Run, found: Sequence[Artifact]) -> dict[int, Artifact]:
    """Return what earlier completed runs left under the same names.

    `found` are all files of the run; the answer has their keys. Asked are the latest
    runs of the same task, or, where there are none, of the same script; the newest that
    has such a file answers. Three queries at most.
    """
    if not found:
        return {}
    earlier = {
        one.pk: one for one in _successes_before(run, Run.objects.all(), LOOK_BACK)
    }
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


def _successes_before(run: Run, runs: QuerySet[Run], most: int) -> list[Run]:
    """Return the latest completed runs before this one, the newest first: of the same
    script for the same task, else of the same script."""
    if run.script_id is None:
        return []
    before = runs.filter(
        script=run.script_id, status=RunStatus.COMPLETED, pk__lt=run.pk
    ).order_by("-id")
    of_task = list(before.filter(task=run.task_id)[:most]) if run.task_id else []
    return of_task or list(before[:most])


def failures_since(last: Run | None, run: Run) -> int:
    """Return how many runs of the script failed since that success, up to this run and
    with it; MOST_COUNTED + 1 stands for more."""
    failed = Run.objects.filter(
        script=run.script_id, status=RunStatus.FAILED, pk__lte=run.pk
    )
    if last is not None:
        failed = failed.filter(pk__gt=last.pk)
        if last.task_id is not None and last.task_id == run.task_id:
            failed = failed.filter(task=run.task_id)
    return len(failed.order_by("-id").values_list("pk")[: MOST_COUNTED + 1])


def same_error_before(run: Run) -> Run | None:
    """Return the last run before this one that failed with the same error."""
    if not run.fingerprint or run.script_id is None or run.finished_at is None:
        return None
    failed = Run.objects.filter(
        script=run.script_id,
        status=RunStatus.FAILED,
        fingerprint=run.fingerprint,
        finished_at__lt=run.finished_at,
    )
    return failed.order_by("-finished_at").first()


def changed_parameters(
    old: Run, new: Run, alike: Mapping[str, str] | None = None
) -> list[Change]:
    """Return which parameters of two runs differ, in the order of their names.

    Of secrets only what can be told with them closed: whether one is given at all. Two
    that are given may be the same or not, so they are never called a change. `alike`
    has, by the ids of uploads, a checksum of their content: the same file that was sent
    twice is the same.
    """
    known = alike or {}
    changes = []
    for name in sorted({*old.parameters, *new.parameters}):
        was_given, is_given = name in old.parameters, name in new.parameters
        before, now = old.parameters.get(name), new.parameters.get(name)
        if was_given and is_given and _same(before, now, known):
            continue
        changes.append(Change(name, before, now, was_given, is_given))
    return changes


def untold_secrets(old: Run, new: Run) -> list[str]:
    """Return the names of secrets that both runs were given and that may differ: the
    same ciphertext is the same secret, another one tells nothing."""
    both = old.parameters.keys() & new.parameters.keys()
    old_tokens, new_tokens = old.secrets or {}, new.secrets or {}
    return sorted(
        name
        for name in both
        if old.parameters[name] == new.parameters[name] == STORED
        and old_tokens.get(name) != new_tokens.get(name)
    )


def differs_notably(old: float, new: float, *, least: float) -> bool:
    """Whether a figure changed by more than such figures do from run to run."""
    return abs(new - old) > max(least, NOTABLE_SHARE * old)


def _same(one: Any, other: Any, alike: Mapping[str, str]) -> bool:
    if isinstance(one, list) and isinstance(other, list):
        pairs = zip(one, other, strict=False)
        return len(one) == len(other) and all(_same(a, b, alike) for a, b in pairs)
    if isinstance(one, str) and isinstance(other, str):
        return alike.get(one, one) == alike.get(other, other)
    return same(one, other)

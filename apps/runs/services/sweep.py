"""Ending what is left of runs that have ended, on this host."""

from __future__ import annotations

import logging
import uuid
from collections.abc import Iterable

from django.conf import settings
from django.db.models import Case, Q, Value, When
from django.db.models.functions import Now

from apps.executor import strays
from apps.executor.strays import Stray
from apps.runs import state
from apps.runs.models import Instance, Run, RunStatus

logger = logging.getLogger(__name__)

# How long is tried to kill what forks all the while; the next sweep goes on.
PATIENCE_S = 5.0


def sweep_strays() -> int:
    """Kill the processes of runs that are not alive any more; how many were killed.

    They are left when a supervisor and all above it were killed at once. Called when a
    cluster starts, after runs were taken from dead workers, and now and then; not
    within a transaction, which may see the table as it was. Spared is what belongs to
    a run that is queued, or running under a lease that holds, whichever cluster has it.
    """
    instance = str(Instance.objects.own().pk)
    # First the processes, then the table: a script is started only after its run's
    # beginning was committed, so a run that began just now is found alive.
    doomed = _of_dead_runs(strays.find(instance))
    if not doomed:
        return 0
    run_ids = {stray.run_id for stray in doomed}
    killed, left = strays.kill(
        doomed,
        again=lambda: _of_dead_runs(
            stray for stray in strays.find(instance) if stray.run_id in run_ids
        ),
        patience_s=PATIENCE_S,
    )
    logger.warning(
        "Killed %s process(es) left behind by run(s) %s",
        killed,
        ", ".join(sorted(run_ids)),
    )
    for stray in left:
        logger.error("Process %s of run %s is still there", stray.pid, stray.run_id)
    return killed


def _of_dead_runs(found: Iterable[Stray]) -> list[Stray]:
    """Those whose run has ended, is unknown, or whose lease is over.

    A copy of this database, on the same host for a try, knows nothing of the runs that
    began after it was made: of an unknown run is taken only what worked for this data
    folder. What bears no run's id at all is nobody's to judge.
    """
    # Called over and over while something forks all the while.
    state.alive()
    by_run: dict[uuid.UUID, list[Stray]] = {}
    for stray in found:
        if run_id := _uuid(stray.run_id):
            by_run.setdefault(run_id, []).append(stray)
    if not by_run:
        return []
    held = Q(status=RunStatus.RUNNING, lease_until__gte=Now())
    is_alive = Case(
        When(Q(status=RunStatus.QUEUED) | held, then=True), default=Value(False)
    )
    runs = Run.objects.filter(pk__in=by_run).annotate(is_alive=is_alive)
    known = {
        run_id: (is_alive, str(claim or ""))
        for run_id, is_alive, claim in runs.values_list("pk", "is_alive", "claim_token")
    }
    data_dir = str(settings.DATA_DIR)
    return [
        stray
        for run_id, members in by_run.items()
        for stray in members
        if not _is_spared(stray, known.get(run_id), data_dir)
    ]


def _is_spared(stray: Stray, run: tuple[bool, str] | None, data_dir: str) -> bool:
    if run is None:
        return stray.data_dir != data_dir
    is_alive, claim = run
    # A build of an earlier claim: the run itself was queued again, and goes on.
    return is_alive and stray.claim in ("", claim)


def _uuid(text: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(text)
    except ValueError:
        return None

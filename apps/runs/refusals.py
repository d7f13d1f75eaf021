"""Queues whose workers are there, and start nothing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _

from apps.runs.models import RunStatus, Worker


def refusals() -> dict[str, str]:
    """Return the queues whose living workers all start no new runs, each with why."""
    found: dict[str, list[str]] = {}
    for queue, problem in Worker.objects.alive().values_list("queue", "problem"):
        found.setdefault(queue, []).append(problem)
    return {queue: problems[0] for queue, problems in found.items() if all(problems)}


def waiting_for_a_worker(
    row: Mapping[str, Any], refused: Mapping[str, str]
) -> str | None:
    """Return why a queued run waits where its queue's workers start none; else None.

    `refused` is what `refusals` returned, once for a whole page of rows.
    """
    problem = refused.get(row["queue"])
    if row["status"] != RunStatus.QUEUED or not problem:
        return None
    return _("No worker of the queue %(queue)s starts new runs now. %(problem)s") % {
        "queue": row["queue"],
        "problem": problem,
    }

"""Whether the hub can do its work, and what is wrong if it cannot."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from django.conf import settings
from django.db import DatabaseError, connection
from django.utils.translation import gettext as _

from apps.runs import dispatch
from apps.runs.models import Worker


@dataclass
class Health:
    """`status` is ok, degraded (runs are accepted, but will wait) or down."""

    status: str = "ok"
    checks: dict[str, dict[str, Any]] = field(default_factory=dict)

    @property
    def http_status(self) -> int:
        """503 only when nothing can be accepted: a probe must not restart the rest."""
        return 503 if self.status == "down" else 200

    def body(self) -> dict[str, Any]:
        """Return what /health answers."""
        word = "ok" if self.status == "ok" else "degraded"
        return {"status": word, "checks": self.checks}


def database_problem() -> str:
    """Return what is wrong with the database, or "" when it answers."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError as exc:
        return f"{type(exc).__name__}: {exc}".strip()
    return ""


def check_health() -> Health:
    """Ask the database, the broker and the workers' table."""
    health = Health()
    problem = database_problem()
    health.checks["database"] = _check(problem)
    if problem:
        health.status = "down"
        return health
    problem = dispatch.broker_problem()
    health.checks["broker"] = _check(problem) | {"kind": dispatch.broker_kind()}
    workers = _workers()
    health.checks["workers"] = workers
    if problem or not workers["ok"]:
        health.status = "degraded"
    return health


def _check(problem: str) -> dict[str, Any]:
    return {"ok": False, "message": problem} if problem else {"ok": True}


def _workers() -> dict[str, Any]:
    alive = list(Worker.objects.alive().values_list("queue", "slots"))
    queues: dict[str, int] = {}
    for queue, slots in alive:
        queues[queue] = queues.get(queue, 0) + slots
    found: dict[str, Any] = {"ok": bool(alive), "alive": len(alive), "slots": queues}
    if not alive:
        found["message"] = _(
            "No worker has reported for %(seconds)s s; start one with: "
            "manage.py qcluster"
        ) % {"seconds": f"{settings.LEASE_S:g}"}
    return found

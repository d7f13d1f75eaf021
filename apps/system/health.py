"""Whether the hub can do its work, and what is wrong if it cannot."""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings
from django.db import DatabaseError, connection
from django.utils.translation import gettext as _

from apps.runs import dispatch
from apps.runs.models import Worker

logger = logging.getLogger(__name__)

# Probes call every few seconds, for as long as something is away.
LOG_EVERY_S = 60.0

_logged_at: dict[str, float] = {}


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
    """Return what is wrong with the database, as a sentence; "" when it answers."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError as exc:
        return _sentence("database", exc)
    return ""


def _sentence(part: str, exc: Exception) -> str:
    """Return what everybody may know of a failure; the log gets what it says.

    A driver's words may name hosts and users, and /health is open to all.
    """
    now = time.monotonic()
    if now - _logged_at.get(part, float("-inf")) >= LOG_EVERY_S:
        _logged_at[part] = now
        logger.warning("The %s does not answer: %s", part, exc)
    return _("It does not answer (%(error)s); the hub's log says more.") % {
        "error": type(exc).__name__
    }


def check_health() -> Health:
    """Ask the database, the broker and the workers' table."""
    health = Health()
    workers: dict[str, Any] = {}
    problem = database_problem()
    if not problem:
        try:
            workers = _workers()
        except DatabaseError as exc:
            # It answers, but has no tables yet: nothing can be accepted.
            problem = _sentence("database", exc)
    health.checks["database"] = _check(problem)
    if problem:
        health.status = "down"
        return health
    failure = dispatch.broker_problem()
    problem = _sentence("broker", failure) if failure else ""
    health.checks["broker"] = _check(problem) | {"kind": dispatch.broker_kind()}
    health.checks["workers"] = workers
    if problem or not workers["ok"]:
        health.status = "degraded"
    return health


def _check(problem: str) -> dict[str, Any]:
    return {"ok": False, "message": problem} if problem else {"ok": True}


def _workers() -> dict[str, Any]:
    alive = list(Worker.objects.alive().values_list("queue", "slots", "problem"))
    queues: dict[str, int] = {}
    for queue, slots, _problem in alive:
        queues[queue] = queues.get(queue, 0) + slots
    problems = [problem for _queue, _slots, problem in alive if problem]
    ok = bool(alive) and not problems
    found: dict[str, Any] = {"ok": ok, "alive": len(alive), "slots": queues}
    if problems:
        found["message"] = _(
            "%(count)s of %(alive)s worker(s) start no new runs. %(problems)s"
        ) % {
            "count": len(problems),
            "alive": len(alive),
            "problems": " ".join(dict.fromkeys(problems)),
        }
    if not alive:
        found["message"] = _(
            "No worker has reported for %(seconds)s s; start one with: "
            "manage.py qcluster"
        ) % {"seconds": f"{settings.LEASE_S:g}"}
    return found

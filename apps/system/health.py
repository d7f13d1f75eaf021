"""Whether the hub can do its work, and what is wrong if it cannot."""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _

from apps.runs import broker_health, dispatch
from apps.runs.clocks import clock_sentence, is_wrong
from apps.system import database_health
from apps.system.database_health import Look, SeenWorker

logger = logging.getLogger(__name__)

# Probes call every few seconds, for as long as something is away.
LOG_EVERY_S = 60.0

_logged_at: dict[str, float] = {}


@dataclass
class Health:
    """`status` is ok, degraded (something will wait or be refused) or down."""

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
    """Return what is wrong with a database that is down; "" when it can be read."""
    found = database_health.look()
    return "" if found.can_read else _database_sentence(found.failure)


def _database_sentence(failure: Exception | None) -> str:
    if failure is None:
        return ""
    return _told("database", failure, database_health.sentence_of(failure))


def _broker_sentence(failure: Exception | None) -> str:
    if failure is None:
        return ""
    return _told("broker", failure, broker_health.sentence_of(failure))


def _told(part: str, exc: Exception, sentence: str) -> str:
    """Return what everybody may know of a failure; the log gets what it says.

    A driver's words may name hosts and users, and /health is open to all.
    """
    now = time.monotonic()
    if now - _logged_at.get(part, float("-inf")) >= LOG_EVERY_S:
        _logged_at[part] = now
        logger.warning("The %s does not work: %s", part, exc)
    return sentence or _("It does not answer (%(error)s); the hub's log says more.") % {
        "error": type(exc).__name__
    }


def check_health() -> Health:
    """Ask the database, the broker and the workers' table, in less than a second."""
    health = Health()
    # Both at once: either may take most of the second.
    broker_health.start_asking()
    database = database_health.look()
    problem = _database_sentence(database.failure)
    health.checks["database"] = _check(problem)
    if problem:
        health.status = "degraded" if database.can_read else "down"
    if not database.can_read:
        return health
    problem = _broker_sentence(broker_health.broker_failure())
    health.checks["broker"] = _check(problem) | {"kind": dispatch.broker_kind()}
    workers = health.checks["workers"] = _workers(database.workers)
    clocks = health.checks["clocks"] = _check(_clocks(database))
    health.checks["versions"] = _versions(database.workers)
    if problem or not workers["ok"] or not clocks["ok"]:
        health.status = "degraded"
    return health


def _check(problem: str) -> dict[str, Any]:
    return {"ok": False, "message": problem} if problem else {"ok": True}


def _clocks(found: Look) -> str:
    """Return whose clocks are wrong, without the names of hosts; "" when none is."""
    if is_wrong(found.clock_ahead_s):
        return _("The portal's clock is wrong: %(sentence)s.") % {
            "sentence": clock_sentence(found.clock_ahead_s)
        }
    wrong = [
        seen.clock_ahead_s
        for seen in found.workers
        if seen.clock_ahead_s is not None and is_wrong(seen.clock_ahead_s)
    ]
    if not wrong:
        return ""
    return _(
        "The clocks of %(count)s of %(alive)s worker(s) are wrong, one is %(sentence)s; "
        "the console's page of workers says whose."
    ) % {
        "count": len(wrong),
        "alive": len(found.workers),
        "sentence": clock_sentence(max(wrong, key=abs)),
    }


def _versions(alive: list[SeenWorker]) -> dict[str, Any]:
    """Tell of workers of other versions, which there are during every upgrade.

    No reason to be degraded: nothing waits and nothing is refused meanwhile.
    """
    others = sum(seen.version != settings.HUB_VERSION for seen in alive)
    if not others:
        return {"ok": True}
    message = _(
        "%(count)s of %(alive)s worker(s) are of another version than the portal: an "
        "upgrade goes on, or was left half-way. The console's page of workers says which."
    )
    return {"ok": True, "message": message % {"count": others, "alive": len(alive)}}


def _workers(alive: list[SeenWorker]) -> dict[str, Any]:
    queues: dict[str, int] = {}
    for seen in alive:
        queues[seen.queue] = queues.get(seen.queue, 0) + seen.slots
    problems = [seen.problem for seen in alive if seen.problem]
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

"""How a worker takes a run, keeps it and ends it. Each step is one guarded UPDATE, and
what follows from it is written in the same transaction."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models.functions import Now

from apps.core.prepared import Param, Prepared
from apps.runs.models import Reason, Run, RunStatus
from apps.runs.services import slots
from apps.runs.services.endings import follow_up

# Where several workers look at once, each takes another candidate.
CANDIDATES = 5
# After so many looks at which others were first each time, the others have the work.
MAX_LOOKS = 50


@dataclass(frozen=True)
class Claim:
    """A run that this worker holds, as it was when it was claimed.

    `slots` are the keys of the limits under which it has a place.
    """

    run: Run
    token: uuid.UUID
    slots: tuple[str, ...] = ()


def claim_next(*, queue: str, worker: str) -> Claim | None:
    """Claim the best waiting run of `queue`; None when there is none to be had.

    Called by a slot for each message, whatever run the message names: a message that
    is late, doubled or about a run that has ended so changes nothing. Runs under a
    limit that has no room are passed over.
    """
    for looks in range(MAX_LOOKS):
        # Slots of one host take turns, so the best one is nearly always still there.
        candidates = _candidates(queue, CANDIDATES if looks else 1)
        if not candidates:
            return None
        try:
            for run in candidates:
                if claim := _claim(run, worker):
                    return claim
        except (slots.Full, IntegrityError):
            # Somebody took the last place meanwhile: what else is there?
            continue
    return None


# What nearly every claim looks for, so its SQL is made once.
_BEST = Prepared(
    lambda: (
        Run.objects.ready()
        .filter(queue=Param("queue", Run._meta.get_field("queue")))
        .select_related("script")[:1]
    )
)


def _candidates(queue: str, count: int) -> list[Run]:
    """Return the best few runs that may be claimed, the best one first."""
    ready = Run.objects.ready().filter(queue=queue).select_related("script")
    found = _BEST.fetch(queue=queue) if count == 1 else list(ready[:count])
    if any(run.is_limited for run in found):
        return list(ready.with_room()[:count])
    return found


def _claim(run: Run, worker: str) -> Claim | None:
    """Claim this run; None when somebody else was first.

    Raises Full or IntegrityError when there is no room for it.
    """
    token = uuid.uuid4()
    if not run.is_limited:
        claimed = Run.objects.claim(run.pk, token=token, worker=worker)
        return Claim(run, token) if claimed else None
    with transaction.atomic():
        if not Run.objects.claim(run.pk, token=token, worker=worker):
            return None
        return Claim(run, token, slots.take(run))


def begin(*, claim: Claim, sha256: str) -> bool:
    """Commit that the script may run from now on; False when the claim is lost.

    Called between the supervisor's being ready and its go. A run that was asked to be
    cancelled meanwhile does not begin, and none begins twice.
    """
    held = Run.objects.held(claim.run.pk, claim.token)
    return (
        held.filter(cancel_requested_at=None, began_at=None).update(
            began_at=Now(), script_sha256=sha256
        )
        == 1
    )


def renew(*, claim: Claim) -> bool:
    """Renew the lease on the database's clock; False when the run is not ours now."""
    lease = timedelta(seconds=settings.LEASE_S)
    held = Run.objects.held(claim.run.pk, claim.token)
    return held.update(lease_until=Now() + lease) == 1


def let_go(*, claim: Claim) -> None:
    """Let the lease of a run end now that never got its go, and never will from us.

    The reaper, and nobody else, queues it again.
    """
    held = Run.objects.held(claim.run.pk, claim.token)
    held.filter(began_at=None).update(lease_until=Now())


def cancel_requested(*, claim: Claim) -> bool:
    """Whether somebody asked for this run to be cancelled."""
    return Run.objects.filter(
        pk=claim.run.pk, cancel_requested_at__isnull=False
    ).exists()


def finish(*, claim: Claim, status: RunStatus, reason: Reason, **facts: Any) -> bool:
    """End the run; False, and nothing changed, when it is no longer ours.

    `facts` are values of Run's fields: exit_code, signal, detail, cpu_s, …
    """
    with transaction.atomic():
        held = Run.objects.held(claim.run.pk, claim.token)
        if not held.move(status, reason=reason, **facts):
            return False
        follow_up(run=claim.run, status=status, reason=reason, slots=bool(claim.slots))
    return True

"""How a worker takes a run, keeps it and ends it. Each step is one guarded UPDATE, and
what follows from it is written in the same transaction."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import DurationField, OuterRef
from django.db.models.functions import Now

from apps.core.prepared import Param, Prepared, PreparedUpdate
from apps.runs import state
from apps.runs.models import Reason, Run, RunStatus
from apps.runs.models.run import RunQuerySet, final_values
from apps.runs.services import slots
from apps.runs.services.endings import follow_up, may_follow
from apps.scripts.models import ScriptVersion

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
                state.alive()
                if claim := _claim(run, worker):
                    return claim
        except (slots.Full, IntegrityError):
            # Somebody took the last place meanwhile: what else is there?
            continue
    return None


def _value(name: str) -> Any:
    """Return a place for a value of one of Run's fields, to stand where one would."""
    field: Any = Run._meta.get_field(name)
    return Param(name, field)


# What every run goes through: its SQL is made once.
_BEST = Prepared(lambda: _ready(_value("queue"))[:1])
# The lease is set in the same UPDATE, so that no running row is without one.
_CLAIM = PreparedUpdate(
    lambda: (
        Run.objects.claimable(_value("id")),
        {
            "status": RunStatus.RUNNING,
            "claim_token": _value("claim_token"),
            "worker": _value("worker"),
            "claimed_at": Now(),
            "lease_until": Now() + Param("lease", DurationField()),
        },
    )
)
_BEGIN = PreparedUpdate(
    lambda: (
        Run.objects.held(_value("id"), _value("claim_token")).filter(
            cancel_requested_at=None, began_at=None, lease_until__gte=Now()
        ),
        # The supervisor's fence begins now, and so does the lease that outlives it.
        {
            "began_at": Now(),
            "script_sha256": _value("script_sha256"),
            # Looked up in the same statement: one that is pruned meanwhile is not named.
            "version": ScriptVersion.objects.filter(
                script=OuterRef("script"), sha256=_value("script_sha256")
            )
            .order_by()
            .values("pk"),
            "lease_until": Now() + Param("lease", DurationField()),
        },
    )
)
_FINISH = PreparedUpdate(
    lambda status, *facts: (
        Run.objects.held(_value("id"), _value("claim_token")).movable(status),
        final_values(
            status, reason=_value("reason"), **{name: _value(name) for name in facts}
        ),
    )
)


def _candidates(queue: str, count: int) -> list[Run]:
    """Return the best few runs that may be claimed, the best one first."""
    state.alive()
    found = _BEST.fetch(queue=queue) if count == 1 else list(_ready(queue)[:count])
    state.alive()
    if any(run.is_limited for run in found):
        return list(_ready(queue).with_room()[:count])
    return found


def _ready(queue: str) -> RunQuerySet:
    return Run.objects.ready().filter(queue=queue).select_related("script")


def _claim(run: Run, worker: str) -> Claim | None:
    """Claim this run; None when somebody else was first.

    Raises Full or IntegrityError when there is no room for it.
    """
    token = uuid.uuid4()
    if not run.is_limited:
        return Claim(run, token) if _mark_claimed(run, token, worker) else None
    with transaction.atomic():
        if not _mark_claimed(run, token, worker):
            return None
        return Claim(run, token, slots.take(run))


def _mark_claimed(run: Run, token: uuid.UUID, worker: str) -> bool:
    """Take a queued run; False when somebody else did first, or when it was cancelled
    or has waited too long."""
    lease = timedelta(seconds=settings.LEASE_S)
    return _CLAIM.apply(id=run.pk, claim_token=token, worker=worker, lease=lease) == 1


def begin(*, claim: Claim, sha256: str) -> bool:
    """Commit that the script may run from now on; False when the claim is lost.

    Called between the supervisor's being ready and its go. A run that was asked to be
    cancelled meanwhile does not begin, none begins twice, and none whose lease is over:
    the reaper may be taking it.
    """
    begun = _BEGIN.apply(
        id=claim.run.pk,
        claim_token=claim.token,
        script_sha256=sha256,
        lease=timedelta(seconds=settings.LEASE_S),
    )
    return begun == 1


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
    if reason == Reason.USER:
        reason = _cancel_reason(claim.run)
    end: dict[str, Any] = {"run": claim.run, "status": status, "reason": reason}
    end["slots"] = bool(claim.slots)
    if not may_follow(**end):
        # One UPDATE, which is a transaction of its own.
        return _end(claim, status, reason, facts)
    with transaction.atomic():
        if not _end(claim, status, reason, facts):
            return False
        follow_up(**end)
    return True


def _cancel_reason(run: Run) -> Reason:
    """Why its end was asked for, where that was not a person's wish."""
    asked = Run.objects.filter(pk=run.pk).values_list("cancel_reason", flat=True)
    return Reason(asked.first() or Reason.USER)


def _end(
    claim: Claim, status: RunStatus, reason: Reason, facts: dict[str, Any]
) -> bool:
    ours = {"id": claim.run.pk, "claim_token": claim.token}
    return _FINISH.apply(status, *facts, **ours, reason=reason, **facts) == 1

"""Starting a run once, however often its request arrives: `Idempotency-Key`."""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.contrib.auth.models import AnonymousUser, User
from django.db import IntegrityError
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _

from apps.core.errors import Contradiction, WrongState
from apps.runs.models import Run
from apps.runs.models.key import KEPT, RequestKey

# How many old keys one transaction deletes.
FORGET_KEYS = 500


class KeyReused(Contradiction):
    """The key came before, with another request."""

    code = "idempotency_key_reused"


class KeyOutlivedRun(WrongState):
    """The key started a run that is not there, or not for this caller, any more."""

    code = "idempotency_key_outlived_run"


class KeyTaken(Exception):
    """Another request has just written the same key; its run is the answer."""


@dataclass(frozen=True)
class Once:
    """A key of a caller, and what it stands for. `owner` None: without credentials."""

    owner: User | None
    key: str
    fingerprint: str
    # What an older version kept in its place; asked for, and never written any more.
    plain: str = field(default="", repr=False)

    @classmethod
    def of(cls, *, user: User | AnonymousUser, key: str, request: Any) -> Once:
        """Return the key for a request that is JSON data; the order of names in its
        objects does not matter."""
        text = json.dumps(request, sort_keys=True, separators=(",", ":"))
        # With a key: what the request holds of secrets could be guessed from a plain
        # digest.
        digest = salted_hmac("runs.once", text, algorithm="sha256").hexdigest()
        plain = hashlib.sha256(text.encode()).hexdigest()
        return cls(user if isinstance(user, User) else None, key, digest, plain)

    def keep(self, run_id: uuid.UUID) -> None:
        """Write the key down, in the transaction that writes the run.

        Raises KeyTaken when another request did since it was looked up; whatever the
        transaction holds must then go.
        """
        try:
            RequestKey.objects.create(
                owner=self.owner,
                key=self.key,
                fingerprint=self.fingerprint,
                run_id=run_id,
            )
        except IntegrityError as exc:
            raise KeyTaken(self.key) from exc

    def started(self) -> uuid.UUID | None:
        """Return the id of the run that the key started; None for a new or old one.

        Raises KeyReused when it came with another request.
        """
        mine = RequestKey.objects.filter(owner=self.owner, key=self.key)
        found = mine.order_by().first()
        if found is None:
            return None
        if found.created_at <= timezone.now() - KEPT:
            # By its own id: another request may have written the key anew.
            RequestKey.objects.filter(pk=found.pk).delete()
            return None
        if found.fingerprint not in (self.fingerprint, self.plain):
            raise KeyReused(
                _(
                    "This Idempotency-Key came before with another request; send a "
                    "key of its own with each new request."
                )
            )
        return found.run_id


def run_once(
    *, once: Once | None, user: User | AnonymousUser, start: Callable[[], Run]
) -> tuple[Run, bool]:
    """Return the run that `once` started before, or what `start` starts, and whether
    it is new.

    `start` gives `once` to the verb that it calls. Raises what that raises, KeyReused
    for a key that came with another request, and KeyOutlivedRun when the run has been
    deleted, or its script closed to the caller, since.
    """
    while True:
        run_id = once.started() if once else None
        if run_id is not None:
            return _visible(run_id, user), False
        try:
            return start(), True
        except KeyTaken:
            # Committed by the other request, so the next look finds it.
            continue


def _visible(run_id: uuid.UUID, user: User | AnonymousUser) -> Run:
    visible = Run.objects.visible_to(user).select_related("script", "task")
    run = visible.filter(pk=run_id).first()
    if run is None:
        # One sentence for both: what became of a script that is closed to the caller
        # is not theirs to know.
        raise KeyOutlivedRun(
            _(
                "The run that this Idempotency-Key started is not there any more; send "
                "another key to start a new one."
            )
        )
    return run


def forget_keys(*, now: datetime) -> int:
    """Delete keys that count as new again, at most FORGET_KEYS of them; how many.

    Called by pruning.
    """
    # By id, the order in which they were made, which needs no index of its own.
    oldest = RequestKey.objects.order_by("pk").values_list("pk", "created_at")
    ids = [pk for pk, made in oldest[:FORGET_KEYS] if made <= now - KEPT]
    return int(RequestKey.objects.filter(pk__in=ids).delete()[0]) if ids else 0

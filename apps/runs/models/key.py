"""RequestKey: which run a caller's `Idempotency-Key` started."""

from __future__ import annotations

from datetime import timedelta

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

KEPT = timedelta(hours=24)
KEY_LENGTH = 128


class RequestKey(models.Model):
    """One key of one caller, written in the transaction of the run that it started.

    The run is named by its id alone: a key outlives a run that retention deletes, or
    the request, sent once more, would start a second one.
    """

    # Null: all callers without credentials, who cannot be told apart.
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        on_delete=models.CASCADE,
        db_index=False,
        related_name="+",
    )
    key = models.CharField(max_length=KEY_LENGTH)
    # Of what was asked for; the same key with something else is a mistake.
    fingerprint = models.CharField(max_length=64)
    run_id = models.UUIDField()
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = "request key"
        constraints = [
            models.UniqueConstraint(
                name="runs_requestkey_once_an_owner", fields=["owner", "key"]
            ),
            models.UniqueConstraint(
                name="runs_requestkey_once_without_owner",
                fields=["key"],
                condition=Q(owner=None),
            ),
        ]

    def __str__(self) -> str:
        return self.key

"""OutboxMessage: what somebody is to be told of, written with what it tells of."""

from __future__ import annotations

from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from apps.runs.receivers import MAX_PATH


class OutboxMessage(models.Model):
    """One event for one receiver; deleted once it is delivered.

    It tells all there is to tell and outlives its run, which retention may delete
    before a receiver that is away has come back.
    """

    # A dotted path that the setting RUN_RECEIVERS names.
    receiver = models.CharField(_("receiver"), max_length=MAX_PATH)
    topic = models.CharField(_("topic"), max_length=64)
    payload = models.JSONField(_("payload"), encoder=DjangoJSONEncoder)
    run_id = models.UUIDField(_("run id"), db_index=True)
    # When it is to be delivered, or again if nobody says how that went; null when it
    # was given up.
    due_at = models.DateTimeField(_("due"), null=True, default=timezone.now)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    last_error = models.TextField(_("last error"), blank=True, default="")
    created_at = models.DateTimeField(_("created"), default=timezone.now)

    class Meta:
        verbose_name = _("outbox message")
        verbose_name_plural = _("outbox messages")
        ordering = ["id"]
        indexes = [
            models.Index(
                fields=["due_at"],
                name="runs_outbox_due",
                condition=models.Q(due_at__isnull=False),
            ),
            models.Index(
                fields=["receiver", "due_at"],
                name="runs_outbox_due_by_receiver",
                condition=models.Q(due_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.topic} {self.run_id} > {self.receiver}"

"""Worker: one qcluster, as it last reported itself."""

from __future__ import annotations

from datetime import timedelta

from django.conf import settings
from django.db import models
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

# Beyond it a host's clock is wrong, and not just read a moment earlier or later.
CLOCK_TOLERANCE_S = 5.0


class WorkerQuerySet(models.QuerySet["Worker"]):
    def alive(self) -> WorkerQuerySet:
        """Those that reported within the length of a lease."""
        return self.filter(seen_at__gte=Now() - timedelta(seconds=settings.LEASE_S))


class Worker(models.Model):
    """Serves one queue with `slots` processes that run one run at a time each."""

    name = models.CharField(_("name"), max_length=128, primary_key=True)
    host = models.CharField(_("host"), max_length=255)
    pid = models.PositiveIntegerField(_("process"))
    queue = models.CharField(_("queue"), max_length=64)
    slots = models.PositiveSmallIntegerField(_("slots"))
    version = models.CharField(_("version"), max_length=32)
    started_at = models.DateTimeField(_("started"), default=timezone.now)
    seen_at = models.DateTimeField(_("last seen"))
    draining = models.BooleanField(_("draining"), default=False)
    # Why it starts no new runs, as it said itself; the database's default is for
    # workers of an earlier version.
    problem = models.TextField(_("problem"), blank=True, default="", db_default="")
    # How far its host's clock was ahead of the database's; null: not known, as of workers
    # of an earlier version, and on SQLite, which has no clock of its own.
    clock_ahead_s = models.FloatField(
        _("clock ahead by (s)"), null=True, editable=False
    )

    objects = WorkerQuerySet.as_manager()

    class Meta:
        verbose_name = _("worker")
        verbose_name_plural = _("workers")
        ordering = ["queue", "name"]

    def __str__(self) -> str:
        return self.name

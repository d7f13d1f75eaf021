"""What a run may be, how it may go on, why it ended, and what started it."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class RunStatus(models.TextChoices):
    QUEUED = "queued", _("queued")
    RUNNING = "running", _("running")
    COMPLETED = "completed", _("completed")
    FAILED = "failed", _("failed")
    CANCELLED = "cancelled", _("cancelled")


class Reason(models.TextChoices):
    """Why a run ended; empty only while it is active."""

    EXIT = "exit", _("exit")
    SIGNAL = "signal", _("signal")
    TIMEOUT = "timeout", _("timeout")
    LOST = "lost", _("lost")
    SHUTDOWN = "shutdown", _("shutdown")
    SPAWN = "spawn", _("could not start")
    BUILD = "build", _("environment not built")
    REJECTED = "rejected", _("rejected")
    EXPIRED = "expired", _("expired")
    REPLACED = "replaced", _("replaced")
    USER = "user", _("cancelled by a user")
    OUTPUT = "output", _("output limit")


class Trigger(models.TextChoices):
    API = "api", _("API")
    ADMIN = "admin", _("admin")
    CLI = "cli", _("command line")
    SCHEDULE = "schedule", _("schedule")
    RETRY = "retry", _("retry")
    WEBHOOK = "webhook", _("webhook")
    CHAIN = "chain", _("chain")
    CHOICES = "choices", _("choices")


# Tuples, so that migrations and SQL keep one order.
ACTIVE = (RunStatus.QUEUED, RunStatus.RUNNING)
FINAL = (RunStatus.COMPLETED, RunStatus.FAILED, RunStatus.CANCELLED)
MOVES = {
    RunStatus.QUEUED: {RunStatus.RUNNING, RunStatus.FAILED, RunStatus.CANCELLED},
    RunStatus.RUNNING: set(FINAL),
}
# And one way back, the reaper's alone: running with began_at null -> queued.

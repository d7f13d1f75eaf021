"""Workers in the admin."""

from __future__ import annotations

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from apps.core.admin import ReadOnlyAdmin
from apps.runs.clocks import clock_sentence
from apps.runs.models import Worker


@admin.register(Worker)
class WorkerAdmin(ReadOnlyAdmin):
    """Who serves which queue, and when it was last heard of."""

    list_display = (
        "name",
        "queue",
        "slots",
        "version",
        "seen_at",
        "draining",
        "problem",
        "clock",
    )
    list_filter = ("queue", "draining")

    @admin.display(description=_("clock"), ordering="clock_ahead_s")
    def clock(self, worker: Worker) -> str:
        """Say how wrong the clock of its host is, if it is."""
        return clock_sentence(worker.clock_ahead_s) or "-"

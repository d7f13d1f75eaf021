"""Workers in the admin."""

from __future__ import annotations

from datetime import timedelta

from django.conf import settings
from django.contrib import admin
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext
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
        "state",
        "slots",
        "version",
        "seen_at",
        "problem",
        "clock",
    )
    list_filter = ("queue", "draining")

    @admin.display(description=_("state"), ordering="seen_at")
    def state(self, worker: Worker) -> SafeString:
        """Whether it is heard of, and takes runs."""
        if worker.seen_at < timezone.now() - timedelta(seconds=settings.LEASE_S):
            kind, text = "missed", gettext("gone")
        elif worker.draining:
            kind, text = "late", gettext("draining")
        elif worker.problem:
            kind, text = "late", gettext("takes no runs")
        else:
            kind, text = "on", gettext("alive")
        return format_html('<span class="hub-pill hub-{}">{}</span>', kind, text)

    @admin.display(description=_("clock"), ordering="clock_ahead_s")
    def clock(self, worker: Worker) -> str:
        """Say how wrong the clock of its host is, if it is."""
        return clock_sentence(worker.clock_ahead_s) or "-"

"""Workers in the admin."""

from __future__ import annotations

from django.contrib import admin

from apps.core.admin import ReadOnlyAdmin
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
    )
    list_filter = ("queue", "draining")

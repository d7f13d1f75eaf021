"""Messages that wait to be delivered, or that nobody took, in the admin."""

from __future__ import annotations

from django.contrib import admin

from apps.core.admin import ReadOnlyAdmin
from apps.runs.models import OutboxMessage


@admin.register(OutboxMessage)
class OutboxMessageAdmin(ReadOnlyAdmin):
    """Who has yet to be told of what; without a due moment it was given up."""

    list_display = ("topic", "run_id", "receiver", "attempts", "due_at", "last_error")
    list_filter = ("receiver",)
    date_hierarchy = "created_at"

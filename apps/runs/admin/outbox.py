"""Messages that wait to be delivered, or that nobody took, in the admin."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.core.admin import ReadOnlyAdmin
from apps.runs.models import OutboxMessage


class StateFilter(admin.SimpleListFilter):
    """The choice of messages that are tried again, or that were given up."""

    title = gettext_lazy("state")
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("waits", _("waits")), ("given_up", _("given up"))]

    def queryset(
        self, request: HttpRequest, queryset: QuerySet[OutboxMessage]
    ) -> QuerySet[OutboxMessage]:
        match self.value():
            case "waits":
                return queryset.filter(due_at__isnull=False)
            case "given_up":
                return queryset.filter(due_at=None)
        return queryset


@admin.register(OutboxMessage)
class OutboxMessageAdmin(ReadOnlyAdmin):
    """Who has yet to be told of what; without a due moment it was given up."""

    list_display = (
        "topic",
        "state",
        "run",
        "receiver",
        "attempts",
        "due_at",
        "last_error",
    )
    list_filter = (StateFilter, "receiver")
    when_empty = gettext_lazy(
        "Everything is delivered. What a run's end has to tell the functions in "
        "RUN_RECEIVERS stands here until they have taken it."
    )

    @admin.display(description=gettext_lazy("state"))
    def state(self, message: OutboxMessage) -> SafeString:
        """Whether it will be tried again."""
        if message.due_at is None:
            kind, text = "failed", _("given up")
        elif message.attempts:
            kind, text = "late", _("is tried again")
        else:
            kind, text = "queued", _("waits")
        return format_html('<span class="hub-pill hub-{}">{}</span>', kind, text)

    @admin.display(description=gettext_lazy("run"))
    def run(self, message: OutboxMessage) -> SafeString:
        """A link; the run itself may have been pruned meanwhile."""
        url = reverse("admin:runs_run_change", args=[message.run_id])
        text = str(message.run_id)[-12:]
        return format_html('<a href="{}"><code>{}</code></a>', url, text)

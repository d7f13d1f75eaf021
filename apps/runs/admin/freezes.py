"""Freeze windows in the admin."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.core.admin import HubAdmin
from apps.runs import services
from apps.runs.admin.planning_forms import FreezeForm
from apps.runs.admin.schedules import visible_tasks
from apps.tasks.models import FreezeWindow
from apps.tasks.moments import hub_zone
from apps.tasks.sentences import show_moment


@admin.register(FreezeWindow)
class FreezeWindowAdmin(HubAdmin):
    """Times in which nothing is started by a schedule."""

    form = FreezeForm
    list_display = ("reason", "whom", "begins", "ends", "state")
    list_filter = ("tag",)
    list_select_related = ("task",)
    search_fields = ("reason", "tag", "task__name")
    fields = ("reason", "start", "end", "task", "tag")

    def get_queryset(self, request: HttpRequest) -> QuerySet[FreezeWindow]:
        theirs = Q(task=None) | Q(task__in=visible_tasks(request))
        return super().get_queryset(request).filter(theirs)

    def formfield_for_foreignkey(
        self, db_field: Any, request: HttpRequest, **kwargs: Any
    ) -> Any:
        if db_field.name == "task":
            kwargs["queryset"] = visible_tasks(request)
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    @admin.display(description=gettext_lazy("holds for"))
    def whom(self, window: FreezeWindow) -> str:
        if window.task is not None:
            return window.task.name
        if window.tag:
            return _("tasks that bear %(tag)s") % {"tag": window.tag}
        return _("all tasks")

    @admin.display(description=gettext_lazy("start"), ordering="start")
    def begins(self, window: FreezeWindow) -> str:
        return show_moment(window.start.astimezone(hub_zone()))

    @admin.display(description=gettext_lazy("end"), ordering="end")
    def ends(self, window: FreezeWindow) -> str:
        return show_moment(window.end.astimezone(hub_zone()))

    @admin.display(description=gettext_lazy("state"))
    def state(self, window: FreezeWindow) -> str:
        now = timezone.now()
        if window.end <= now:
            css, text = "over", _("over")
        elif window.start <= now:
            css, text = "freeze", _("holds now")
        else:
            css, text = "on", _("to come")
        return format_html('<span class="hub-pill hub-{}">{}</span>', css, text)

    def save_model(
        self, request: HttpRequest, obj: FreezeWindow, form: Any, change: bool
    ) -> None:
        services.save_freeze(window=obj)

    def delete_model(self, request: HttpRequest, obj: FreezeWindow) -> None:
        services.delete_freeze(window=obj)

    def delete_queryset(
        self, request: HttpRequest, queryset: QuerySet[FreezeWindow]
    ) -> None:
        for window in queryset:
            services.delete_freeze(window=window)

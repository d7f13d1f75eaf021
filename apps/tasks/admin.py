"""Tasks in the admin."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from apps.core.admin import HubAdmin
from apps.scripts.admin import ScriptFilter
from apps.scripts.models import Script
from apps.tasks.forms import TaskForm
from apps.tasks.models import Task


@admin.register(Task)
class TaskAdmin(HubAdmin):
    """Definitions only; apps.runs adds "Run" and the last run."""

    form = TaskForm
    list_display: tuple[str, ...] = ("name", "script", "enabled", "owner", "updated_at")
    list_filter = ("enabled", ("script", ScriptFilter))
    list_select_related = ("script", "owner")
    search_fields = ("name", "notes")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Task]:
        visible = Script.objects.visible_to(request.user).values("pk")
        return super().get_queryset(request).filter(script__in=visible)

    def formfield_for_foreignkey(
        self, db_field: Any, request: HttpRequest, **kwargs: Any
    ) -> Any:
        if db_field.name == "script":
            kwargs["queryset"] = Script.objects.visible_to(request.user)
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def save_model(
        self, request: HttpRequest, obj: Task, form: Any, change: bool
    ) -> None:
        if not change and request.user.is_authenticated:
            obj.owner = request.user
        super().save_model(request, obj, form, change)

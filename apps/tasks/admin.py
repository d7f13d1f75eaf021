"""Tasks in the admin."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy

from apps.core.admin import HubAdmin
from apps.scripts.admin import ScriptFilter
from apps.scripts.models import Script
from apps.scripts.secrecy import hidden
from apps.tasks.forms import TaskForm
from apps.tasks.models import ConcurrencyGroup, Task
from apps.tasks.services import seal_secrets


class TagFilter(admin.SimpleListFilter):
    """The sidebar's choice of a tag.

    Not every database looks into lists, and tasks are few.
    """

    title = gettext_lazy("tags")
    parameter_name = "tag"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        tasks = model_admin.get_queryset(request).order_by()
        found = {tag for tags in tasks.values_list("tags", flat=True) for tag in tags}
        return [(tag, tag) for tag in sorted(found)]

    def queryset(
        self, request: HttpRequest, queryset: QuerySet[Task]
    ) -> QuerySet[Task]:
        tag = self.value()
        if tag is None:
            return queryset
        rows = Task.objects.values_list("pk", "tags")
        return queryset.filter(pk__in=[pk for pk, tags in rows if tag in tags])


@admin.register(Task)
class TaskAdmin(HubAdmin):
    """Definitions only; apps.runs adds "Run" and the last run."""

    when_empty = gettext_lazy(
        "No task yet. A task is a saved use of a script, with its parameters."
    )
    then_add = gettext_lazy(
        "Choose a script, give it its parameters, and run or schedule it from here."
    )

    form = TaskForm
    list_display: tuple[str, ...] = ("name", "script", "tag_list", "owner")
    list_filter = ("enabled", TagFilter, ("script", ScriptFilter))
    list_select_related = ("script", "owner")
    search_fields = ("name", "notes")
    fieldsets = (
        (None, {"fields": ("name", "script", "enabled", "tags")}),
        (
            gettext_lazy("Parameters"),
            {"fields": ("parameters",), "classes": ("hub-parameters",)},
        ),
        (
            gettext_lazy("Where and how long"),
            {
                "fields": ("queue", "group", "priority", "start_within_s", "timeout_s"),
                "classes": ("hub-dense",),
            },
        ),
        (
            gettext_lazy("When a run fails"),
            {
                "fields": ("retries", "retry_wait_s", "idempotent"),
                "classes": ("hub-dense",),
            },
        ),
        (
            gettext_lazy("What is kept"),
            {"fields": ("keep_days", "keep_count"), "classes": ("hub-dense",)},
        ),
        (None, {"fields": ("notes",)}),
    )

    @admin.display(description=gettext_lazy("tags"))
    def tag_list(self, task: Task) -> str:
        return ", ".join(task.tags) or "-"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Task]:
        visible = Script.objects.visible_to(request.user).values("pk")
        return super().get_queryset(request).filter(script__in=visible)

    def get_object(
        self, request: HttpRequest, object_id: str, from_field: str | None = None
    ) -> Task | None:
        task = super().get_object(request, object_id, from_field)
        if task is not None and not self.has_change_permission(request, task):
            # Who may only look sees the row, not the form.
            schema = task.script.parameters_schema
            task.parameters = hidden(schema, task.parameters)
        return task

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
        seal_secrets(row=obj)
        super().save_model(request, obj, form, change)


@admin.register(ConcurrencyGroup)
class ConcurrencyGroupAdmin(HubAdmin):
    """Sizes of groups; a group exists as soon as a task or a script names it.

    apps.runs adds who holds their places.
    """

    list_display: tuple[str, ...] = ("name", "max_running", "notes")
    search_fields = ("name", "notes")

"""Tasks in the admin."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext as _

from apps.core.errors import InvalidInput
from apps.scripts import services as scripts
from apps.scripts.models import Script
from apps.tasks.models import Task


class TaskForm(forms.ModelForm):
    """Checks the parameters against what the script takes."""

    class Meta:
        model = Task
        fields = (
            "name",
            "script",
            "parameters",
            "timeout_s",
            "queue",
            "priority",
            "enabled",
            "notes",
        )

    def clean_parameters(self) -> dict[str, Any]:
        # An empty JSON field arrives as None.
        parameters = self.cleaned_data["parameters"] or {}
        if not isinstance(parameters, dict):
            raise forms.ValidationError(
                _('Write a JSON object, such as {"limit": 5}.'), code="object"
            )
        return parameters

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        if script := data.get("script"):
            try:
                scripts.check_parameters(
                    script=script, parameters=data.get("parameters") or {}, user=None
                )
            except InvalidInput as exc:
                for key, lines in exc.fields.items():
                    name = key.removeprefix("parameters").lstrip(".")
                    self.add_error(
                        "parameters",
                        [f"{name}: {line}" if name else line for line in lines],
                    )
        return data


@admin.register(Task)
class TaskAdmin(admin.ModelAdmin):
    """Definitions only; apps.runs adds "Run" and the last run."""

    form = TaskForm
    list_display: tuple[str, ...] = ("name", "script", "enabled", "owner", "updated_at")
    list_filter = ("enabled", "script")
    list_select_related = ("script", "owner")
    search_fields = ("name", "notes")
    show_full_result_count = False

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

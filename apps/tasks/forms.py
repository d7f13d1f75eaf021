"""The form of a task."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from django import forms
from django.contrib.admin.widgets import AdminTextInputWidget
from django.core.exceptions import ValidationError
from django.forms.fields import InvalidJSONInput
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.core.errors import InvalidInput
from apps.core.json import InvalidJSON, load_json
from apps.scripts import services as scripts
from apps.scripts.secrecy import hidden
from apps.tasks.models import Task
from apps.tasks.services import TAG_COMMAS, clean_tags


class ParametersField(forms.JSONField):
    """A JSON object, read as the API reads one; an empty field is an empty object."""

    def __init__(self, **kwargs: Any) -> None:
        # Whether they changed is asked of what is stored, not of what the page sends.
        super().__init__(**kwargs | {"show_hidden_initial": False})

    def to_python(self, value: Any) -> Any:
        if self.disabled:
            return value
        if value in self.empty_values:
            return {}
        try:
            parameters = load_json(value)
        except InvalidJSON as exc:
            raise ValidationError(str(exc), code="invalid") from None
        if not isinstance(parameters, dict):
            raise ValidationError(
                _('Write a JSON object, such as {"limit": 5}.'), code="object"
            )
        return parameters

    def prepare_value(self, value: Any) -> Any:
        """Return what is shown: JSON as text, also of a link that fills the form in."""
        if isinstance(value, str):
            return value
        return json.dumps(value, ensure_ascii=False, indent=2)

    def bound_data(self, data: Any, initial: Any) -> Any:
        """Return what is shown again: the text as it was typed."""
        return initial if self.disabled else InvalidJSONInput(data or "")


class TagsField(forms.CharField):
    """Words parted by commas, of which each is kept once."""

    COMMAS = re.compile(f"[{TAG_COMMAS}\n]")

    def to_python(self, value: Any) -> Any:
        words = self.COMMAS.split(super().to_python(value) or "")
        return list(dict.fromkeys(word.strip() for word in words if word.strip()))

    def prepare_value(self, value: Any) -> Any:
        return ", ".join(value) if isinstance(value, list) else value

    def run_validators(self, value: Any) -> None:
        """What is wrong with text in itself, such as a NUL character."""
        for word in value:
            super().run_validators(word)


class TaskForm(forms.ModelForm):
    """Checks the parameters against what the script takes."""

    tags = TagsField(
        label=capfirst(gettext_lazy("tags")),
        required=False,
        widget=AdminTextInputWidget,
        help_text=gettext_lazy(
            "Words parted by commas, such as billing, nightly. Tasks are found by them, "
            "and frozen together."
        ),
    )

    class Meta:
        model = Task
        fields = (
            "name",
            "script",
            "parameters",
            "enabled",
            "queue",
            "priority",
            "start_within_s",
            "timeout_s",
            "group",
            "retries",
            "retry_wait_s",
            "idempotent",
            "keep_days",
            "keep_count",
            "tags",
            "notes",
        )
        field_classes = {"parameters": ParametersField}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk is not None:
            schema = self.instance.script.parameters_schema
            self.initial["parameters"] = hidden(schema, self.instance.parameters)

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        script = data.get("script")
        # Else they may have become wrong with the script, and the task can be disabled
        # or renamed all the same.
        is_meant = self.instance.pk is None or self._asks_for_a_check()
        if is_meant and script is not None and "parameters" in data:
            self.check_parameters(script, data["parameters"])
        return data

    def clean_tags(self) -> list[str]:
        try:
            return clean_tags(tags=self.cleaned_data["tags"])
        except InvalidInput as exc:
            raise ValidationError(exc.fields["tags"]) from None

    def clean_retries(self) -> int:
        return self._or_default("retries")

    def clean_retry_wait_s(self) -> float:
        return self._or_default("retry_wait_s")

    def _asks_for_a_check(self) -> bool:
        return bool({"script", "parameters"} & set(self.changed_data))

    def _or_default(self, name: str) -> Any:
        """An empty field leaves it to the model."""
        value = self.cleaned_data.get(name)
        return getattr(Task(), name) if value is None else value

    def check_parameters(self, script: Any, parameters: dict[str, Any]) -> None:
        """Say what is wrong with parameters."""
        try:
            scripts.check_parameters(
                script=script,
                parameters=parameters,
                user=None,
                tokens=self.instance.secrets,
            )
        except InvalidInput as exc:
            self.add_parameter_problems(exc.fields)

    def add_parameter_problems(self, fields: Mapping[str, list[str]]) -> None:
        """Show sentences of an error body (`parameters.limit`) at the JSON."""
        for key, lines in fields.items():
            name = key.removeprefix("parameters").lstrip(".")
            self.add_error(
                "parameters",
                [f"{name}: {line}" if name else line for line in lines],
            )

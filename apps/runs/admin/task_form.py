"""The form of a task whose parameters are given by fields, or as JSON."""

from __future__ import annotations

from typing import Any

from apps.runs import services
from apps.runs.admin.parameter_forms import ParametersMixin, checked_inputs
from apps.scripts.models import Script
from apps.tasks.forms import TaskForm


class RunnableTaskForm(ParametersMixin, TaskForm):
    """Shows the fields of the script that is chosen."""

    def script(self) -> Script | None:
        found: Script | None = self.chosen("script")
        return found

    def own_script(self) -> Script:
        return self.instance.script

    def clean(self) -> dict[str, Any]:
        data = super().clean()
        self.refuse_files()
        return data

    def check_parameters(self, script: Any, parameters: dict[str, Any]) -> None:
        super().check_parameters(script, parameters)
        checked_inputs(
            self,
            lambda: services.check_task_inputs(
                script=script,
                parameters=parameters,
                task_id=self.instance.pk,
                user=self.user,
            ),
        )

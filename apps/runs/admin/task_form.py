"""The form of a task whose parameters are given by fields, or as JSON."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from apps.runs import services
from apps.runs.admin.parameter_forms import ParametersMixin, checked_inputs
from apps.scripts.models import Script
from apps.tasks.forms import TaskForm

WHAT_RUNS = {"script", "parameters", "enabled"}


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
        self._refuse_planning(data)
        return data

    def _refuse_planning(self, data: dict[str, Any]) -> None:
        """Its schedules run it in the place of whoever says what is run."""
        task = self.instance
        if task.pk is None or self.user.has_perm("scripts.run_script"):
            return
        if data.get("enabled") and task.schedules.filter(enabled=True).exists():
            for name in WHAT_RUNS & set(self.changed_data):
                sentence = _(
                    "Its schedules would run that in your place, and you may not run "
                    "scripts. Leave it as it is, or ask somebody who may."
                )
                self.add_error(name if name in self.fields else None, sentence)

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

from __future__ import annotations

from typing import Any

from django.db.models import Count
from django.utils.translation import gettext as _

from apps.core.commands import HubCommand
from apps.core.text import columns
from apps.tasks.models import Task
from apps.tasks.services import task_problems

HEADINGS = ("ID", "NAME", "SCRIPT", "SCHEDULES", "STATE")


class Command(HubCommand):
    help = "List the tasks, one a line."

    def handle(self, *args: Any, **options: Any) -> None:
        tasks = Task.objects.select_related("script").order_by("name")
        counts = dict(tasks.values_list("pk", Count("schedules")))
        rows = [
            (
                str(task.pk),
                task.name,
                task.script.name,
                str(counts.get(task.pk, 0)),
                _state(task),
            )
            for task in tasks
        ]
        for line in columns([HEADINGS, *rows]):
            self.stdout.write(line)


def _state(task: Task) -> str:
    if not task.enabled:
        return _("disabled")
    problems = task_problems(task=task)
    return problems[0] if problems else _("enabled")

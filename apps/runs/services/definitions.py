"""Making a task together with its schedules."""

from __future__ import annotations

from collections.abc import Sequence

from django.db import transaction

from apps.core.errors import InvalidInput
from apps.runs.services.schedules import save_schedule, save_task
from apps.tasks.models import Schedule, Task
from apps.tasks.services import check_schedule, check_task


def create_task(*, task: Task, schedules: Sequence[Schedule]) -> Task:
    """Check and store a new task with its schedules, or nothing at all.

    Raises InvalidInput; what is wrong with the schedule of number i, from 0, stands at
    `schedules.i.` and the field's name.
    """
    check_task(task=task)
    problems: dict[str, list[str]] = {}
    with transaction.atomic():
        save_task(task=task)
        for number, schedule in enumerate(schedules):
            schedule.task = task
            try:
                check_schedule(schedule=schedule)
            except InvalidInput as exc:
                for name, lines in (exc.fields or {"": [exc.message]}).items():
                    problems[f"schedules.{number}.{name}".rstrip(".")] = lines
                continue
            save_schedule(schedule=schedule)
        for name, lines in problems.items():
            raise InvalidInput(f"{name}: {lines[0]}", fields=problems)
    return task

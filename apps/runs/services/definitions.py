"""Making a task together with its schedules."""

from __future__ import annotations

from collections.abc import Sequence

from django.contrib.auth.models import User
from django.db import transaction

from apps.core.errors import InvalidInput
from apps.runs.services.moment import database_now
from apps.runs.services.schedules import save_schedule, save_task
from apps.tasks.models import Schedule, Task
from apps.tasks.services import check_schedule, check_task


def create_task(
    *, task: Task, schedules: Sequence[Schedule], user: User | None = None
) -> Task:
    """Check and store a new task with its schedules, or nothing at all.

    `user` is whose files they may name. Raises InvalidInput; what is wrong with the
    schedule of number i, from 0, stands at `schedules.i.` and the field's name.
    """
    check_task(task=task)
    problems: dict[str, list[str]] = {}
    with transaction.atomic():
        save_task(task=task, user=user)
        for number, schedule in enumerate(schedules):
            schedule.task = task
            try:
                check_schedule(schedule=schedule, now=database_now())
                save_schedule(schedule=schedule, user=user)
            except InvalidInput as exc:
                for name, lines in (exc.fields or {"": [exc.message]}).items():
                    problems[f"schedules.{number}.{name}".rstrip(".")] = lines
        for name, lines in problems.items():
            raise InvalidInput(f"{name}: {lines[0]}", fields=problems)
    return task

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandParser
from django.utils.translation import gettext as _

from apps.core.commands import HubCommand
from apps.core.text import columns
from apps.runs import services
from apps.runs.management.choosing import find_task
from apps.runs.outlook import Outlook, outlooks
from apps.tasks.models import Schedule

HEADINGS = ("ID", "TASK", "SCHEDULE", "WHEN", "NEXT FIRE", "STATE")


class Command(HubCommand):
    help = "List the schedules: when they fire, when next, and what holds them back."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--task", help="only those of the task of this name, or id")

    def handle(self, *args: Any, **options: Any) -> None:
        schedules = Schedule.objects.select_related("task__script")
        if options["task"] is not None:
            schedules = schedules.filter(task=find_task(options["task"]))
        chosen = list(schedules.order_by("task__name", "id"))
        found = outlooks(chosen, services.database_now())
        rows = [_row(schedule, found[schedule.pk]) for schedule in chosen]
        for line in columns([HEADINGS, *rows]):
            self.stdout.write(line)


def _row(schedule: Schedule, outlook: Outlook) -> tuple[str, ...]:
    return (
        str(schedule.pk),
        schedule.task.name,
        str(schedule),
        outlook.words,
        outlook.next_text,
        outlook.sentence or _("on"),
    )

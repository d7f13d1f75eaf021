"""Which schedule a command is about: one by its id, or with --all every one."""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.utils.translation import gettext as _

from apps.tasks.models import Schedule, Task

MAX_DIGITS = 18


def add_choice(parser: CommandParser) -> None:
    """Let the command take a schedule's id, or --all."""
    parser.add_argument(
        "schedule_id", nargs="?", metavar="SCHEDULE_ID", help="see manage.py schedules"
    )
    parser.add_argument(
        "--all", action="store_true", dest="every", help="all schedules, by one switch"
    )


def chosen_schedule(options: dict[str, Any]) -> Schedule | None:
    """Return the schedule, None for all of them; raises CommandError."""
    text = options["schedule_id"]
    if (text is None) != options["every"]:
        raise CommandError(
            _("Name the id of a schedule, or --all, and only one of them.")
        )
    if text is None:
        return None
    text = str(text)
    if text.isascii() and text.isdecimal() and len(text) <= MAX_DIGITS:
        found = Schedule.objects.select_related("task").filter(pk=int(text)).first()
        if found is not None:
            return found
    raise CommandError(
        _("There is no schedule %(id)s; see: manage.py schedules.") % {"id": text}
    )


def find_task(text: str) -> Task:
    """Return the task of a name, or of an id; raises CommandError."""
    task = Task.objects.filter(name=text).first()
    if task is None and text.isascii() and text.isdecimal() and len(text) <= MAX_DIGITS:
        task = Task.objects.filter(pk=int(text)).first()
    if task is None:
        raise CommandError(
            _("There is no task %(name)s; see: manage.py tasks.") % {"name": text}
        )
    return task

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.utils.translation import gettext as _

from apps.core.commands import HubCommand
from apps.core.text import printable
from apps.runs import services
from apps.runs.management.choosing import add_choice, chosen_schedule


class Command(HubCommand):
    help = "End the pause of a schedule, or with --all the pause of every schedule."

    def add_arguments(self, parser: CommandParser) -> None:
        add_choice(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        schedule = chosen_schedule(options)
        name = printable(str(schedule))
        if services.resume(schedule=schedule):
            self.stdout.write(
                _("%(name)s is resumed.") % {"name": name}
                if schedule
                else _(
                    "The pause of every schedule is over; those paused by themselves "
                    "stay so."
                )
            )
        elif schedule is None:
            raise CommandError(_("There was no pause of every schedule."))
        else:
            raise CommandError(
                _("%(name)s is not paused by itself; see: manage.py schedules.")
                % {"name": name}
            )

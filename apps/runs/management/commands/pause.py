from __future__ import annotations

from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.utils.translation import gettext as _

from apps.core.commands import HubCommand
from apps.core.errors import InvalidInput
from apps.core.text import printable
from apps.runs import services
from apps.runs.management.choosing import add_choice, chosen_schedule
from apps.runs.services.start import MAX_REASON_CHARS
from apps.tasks.moments import zone_of
from apps.tasks.sentences import explain, show_moment
from apps.tasks.services import check_pause
from apps.tasks.timing import TimingError, parse_moment

BY = "manage.py"


class Command(HubCommand):
    help = "Pause a schedule, or with --all every one; what is held back is recorded."

    def add_arguments(self, parser: CommandParser) -> None:
        add_choice(parser)
        parser.add_argument(
            "--until",
            metavar="TIME",
            help="in the schedule's time zone (--all: the hub's); else until resumed",
        )
        parser.add_argument("--reason", default="", help="kept in the ledger")

    def handle(self, *args: Any, **options: Any) -> None:
        schedule = chosen_schedule(options)
        zone = zone_of(schedule)
        reason = options["reason"].strip()
        if len(reason) > MAX_REASON_CHARS:
            text = _("A reason has %(most)s characters at most.")
            raise CommandError(text % {"most": MAX_REASON_CHARS})
        try:
            text = options["until"]
            until = parse_moment(text, zone, field="until") if text else None
            check_pause(until=until, zone=zone, now=services.database_now())
        except TimingError as exc:
            raise CommandError(explain(exc)) from exc
        except InvalidInput as exc:
            raise CommandError(exc.fields["until"][0]) from exc
        services.pause(schedule=schedule, until=until, reason=reason, by=BY)
        self.stdout.write(_said(schedule, until and until.astimezone(zone)))


def _said(schedule: Any, until: Any) -> str:
    facts = {
        "name": printable(str(schedule)),
        "end": show_moment(until) if until else "",
    }
    if schedule is None and until:
        return _("Every schedule is paused until %(end)s.") % facts
    if schedule is None:
        return _("Every schedule is paused.")
    if until:
        return _("%(name)s is paused until %(end)s.") % facts
    return _("%(name)s is paused until it is resumed.") % facts

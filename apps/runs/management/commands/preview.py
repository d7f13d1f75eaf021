from __future__ import annotations

from argparse import ArgumentTypeError
from datetime import UTC, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.core.management.base import CommandError, CommandParser
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.core.commands import HubCommand
from apps.core.text import columns
from apps.runs import services
from apps.runs.services.preview import MAX_COUNT
from apps.tasks.moments import hub_zone
from apps.tasks.sentences import explain
from apps.tasks.timing import (
    Every,
    Once,
    Plan,
    Rule,
    TimingError,
    parse_cron,
    parse_every,
    parse_moment,
    parse_zone,
)

# A start may be a fire itself.
JUST = timedelta(microseconds=1)


class Command(HubCommand):
    help = (
        "Show when a schedule would fire: "
        'manage.py preview "30 2 * * *" --timezone America/New_York'
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("cron", nargs="?", help="a cron expression of five fields")
        parser.add_argument(
            "--every", metavar="SECONDS", help="instead: every so many seconds"
        )
        parser.add_argument(
            "--at", metavar="TIME", help="instead: once, such as 2026-03-08T02:30"
        )
        parser.add_argument(
            "--timezone", metavar="ZONE", help="its time zone (default: the hub's)"
        )
        parser.add_argument("--start", metavar="TIME", help="nothing fires before")
        parser.add_argument("--end", metavar="TIME", help="nothing fires after")
        parser.add_argument(
            "--count",
            type=_count,
            default=10,
            metavar="N",
            help=f"how many fires are shown, up to {MAX_COUNT} (default: %(default)s)",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            plan = _plan(options)
            # From the start on, also where that is over; else what is to come.
            after = plan.start - JUST if plan.start else timezone.now()
            found = services.preview(plan=plan, after=after, count=options["count"])
        except TimingError as exc:
            raise CommandError(explain(exc)) from exc
        self.stdout.write(found.words)
        if not found.fires:
            self.stdout.write(_("Nothing is to come."))
            return
        rows = [(plan.zone.key, "UTC", "")]
        rows += [
            (
                fire.local.isoformat(" "),
                fire.utc.astimezone(UTC).isoformat(" "),
                ", ".join(fire.marks),
            )
            for fire in found.fires
        ]
        for line in columns(rows):
            self.stdout.write(line)


def _plan(options: dict[str, Any]) -> Plan:
    """Return what is to be looked at; raises TimingError, and CommandError for two."""
    zone = parse_zone(options["timezone"]) if options["timezone"] else hub_zone()
    limits = {
        name: parse_moment(options[name], zone, field=name) if options[name] else None
        for name in ("start", "end")
    }
    return Plan(rule=_rule(options, zone, limits["start"]), zone=zone, **limits)


def _rule(options: dict[str, Any], zone: ZoneInfo, start: Any) -> Rule:
    given = [name for name in ("cron", "every", "at") if options[name] is not None]
    if len(given) != 1:
        raise CommandError(
            _("Say when: either a cron expression, --every or --at, and only one.")
        )
    if given == ["every"]:
        return Every(parse_every(options["every"]), start or timezone.now())
    if given == ["at"]:
        return Once(parse_moment(options["at"], zone, field="at"))
    return parse_cron(options["cron"])


def _count(text: str) -> int:
    if not (text.isascii() and text.isdigit() and 1 <= int(text[:9]) <= MAX_COUNT):
        raise ArgumentTypeError(f"{text!r} is not a number from 1 to {MAX_COUNT}.")
    return int(text)

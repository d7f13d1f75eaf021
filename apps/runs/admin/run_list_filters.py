"""What the address of the list of runs asks for: read, said, and written again."""

from __future__ import annotations

import re
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple
from urllib.parse import urlencode

from django.contrib.auth.models import User
from django.http import HttpRequest, QueryDict
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.core.api.params import parse_uuid
from apps.runs.models import RunStatus, Trigger
from apps.runs.searching import Named, Search, named
from apps.scripts.models import Script
from apps.tasks.models import Task
from apps.tasks.moments import hub_zone
from apps.tasks.sentences import explain, show_moment
from apps.tasks.timing import TimingError, parse_moment

# In the order in which addresses name them.
NAMES: tuple[str, ...] = (
    "status",
    "script",
    "task",
    "schedule",
    "trigger",
    "who",
    "queue",
)
NAMES += ("period", "from", "to", "q", "in")
MARKS = ("after", "before")
# What Django's lists put into addresses, and what ours asks for while it is open.
OTHERS = {"_changelist_filters", "_popup", "_to_field", "_facets", "e", "rows", "top"}
# As the addresses of such lists were before, and Django writes them.
OLDER = {
    "status__exact": "status",
    "trigger__exact": "trigger",
    "schedule__id__exact": "schedule",
    "task__id__exact": "task",
    "script__id__exact": "script",
}
PERIODS = {
    "1h": (timedelta(hours=1), gettext_lazy("last hour")),
    "24h": (timedelta(hours=24), gettext_lazy("24 hours")),
    "7d": (timedelta(days=7), gettext_lazy("7 days")),
    "30d": (timedelta(days=30), gettext_lazy("30 days")),
}
IN_TEXT = "text"
MOST_CHARACTERS = 200
NUMBER = re.compile(r"[0-9]{1,18}")


class Mark(NamedTuple):
    """Where in the list a page begins: behind a run, or before one."""

    run: uuid.UUID
    is_before: bool


@dataclass(frozen=True)
class Filters:
    """What a list is limited to. `given` is what an address says of it and can be
    understood; `problems` has a sentence for each thing that cannot."""

    search: Search
    given: Mapping[str, Sequence[str]]
    mark: Mark | None = None
    problems: Sequence[str] = ()

    @property
    def named(self) -> Named | None:
        """The scripts and tasks that were found by their names."""
        return self.search.named

    def address(self, **changes: Any) -> str:
        """Return the query of the list with these changes, from its first page on;
        None takes a filter away."""
        values = {**self.given, **changes}
        pairs = [
            (name, one)
            for name in (*NAMES, *MARKS)
            for one in _several(values.get(name))
        ]
        return f"?{urlencode(pairs)}"

    def toggled(self, status: str) -> str:
        """Return the query with a status more, or less."""
        statuses = [one for one in self.given.get("status", ()) if one != status]
        if len(statuses) == len(self.given.get("status", ())):
            statuses.append(status)
        return self.address(status=statuses)


def _several(value: Any) -> Sequence[Any]:
    if value is None:
        return ()
    return [value] if isinstance(value, str | uuid.UUID) else value


def read_filters(request: HttpRequest) -> Filters:
    """Return what the address asks for; nothing that it may say is an error."""
    assert isinstance(request.user, User)
    return _Reader(request.user, request.GET).filters()


@dataclass
class _Reader:
    user: User
    query: QueryDict
    given: dict[str, list[str]] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)

    def filters(self) -> Filters:
        values = self._values()
        statuses = self._statuses(values.get("status", []))
        since, until = self._time(values)
        about: dict[str, Any] = {
            "script": self._name(values, "script", "script__id__exact"),
            "task": self._name(values, "task", "task__id__exact"),
            "schedule": self._schedule(values),
            "trigger": self._trigger(values),
            "who": self._text(values, "who"),
            "queue": self._text(values, "queue"),
        }
        about |= self._wanted(values, about)
        search = Search(self.user, statuses, since=since, until=until, **about)
        return Filters(search, self.given, self._mark(), self.problems)

    def _values(self) -> dict[str, list[str]]:
        """Return what is not empty, by name; sorts out what no list of runs knows."""
        values: dict[str, list[str]] = {}
        for name, found in self.query.lists():
            several = [one for one in found if one.strip()]
            if name in (*NAMES, *OLDER):
                values.setdefault(name, []).extend(several)
            elif name not in OTHERS and name not in MARKS:
                facts = {"name": _short(name)}
                self._problem(_("The list of runs knows no filter %(name)s.") % facts)
        for old in ("status", "trigger", "schedule"):
            values.setdefault(old, []).extend(values.pop(_older(old), []))
        return {name: found for name, found in values.items() if found}

    def _problem(self, sentence: str) -> None:
        self.problems.append(sentence)

    def _unknown(self, name: str, value: str, choices: Sequence[str]) -> None:
        facts = {"name": name, "value": _short(value), "choices": ", ".join(choices)}
        self._problem(_("%(name)s: %(value)s is not one of %(choices)s.") % facts)

    def _statuses(self, values: list[str]) -> tuple[str, ...]:
        wanted = [one for value in values for one in value.split(",") if one]
        known = [status for status in RunStatus.values if status in wanted]
        for value in dict.fromkeys(wanted):
            if value not in known:
                self._unknown("status", value, RunStatus.values)
        if known:
            self.given["status"] = known
        return tuple(known)

    def _text(self, values: dict[str, list[str]], name: str) -> str:
        if name not in values:
            return ""
        text = values[name][-1].strip()
        if len(text) > MOST_CHARACTERS:
            facts = {"name": name, "most": MOST_CHARACTERS}
            self._problem(
                _("%(name)s: only its first %(most)s characters were looked for.")
                % facts
            )
            text = text[:MOST_CHARACTERS]
        self.given[name] = [text]
        return text

    def _name(self, values: dict[str, list[str]], name: str, older: str) -> str | None:
        """Return a script's or a task's name, which older addresses give by its id."""
        if older in values and name not in values:
            rows: Any = Script.objects if name == "script" else Task.objects
            number = self._number(name, values[older][-1])
            visible = rows.visible_to(self.user).filter(pk=number)
            found = None if number is None else visible.first()
            if found is None:
                if number is not None:
                    self._problem(
                        _("%(name)s: there is none with the id %(id)s.")
                        % {"name": name, "id": number}
                    )
                return None
            values[name] = [found.name]
        if name not in values:
            return None
        # As it is: a name may be longer than what is looked for, and end in a space.
        self.given[name] = [values[name][-1]]
        return values[name][-1]

    def _number(self, name: str, text: str) -> int | None:
        if NUMBER.fullmatch(text):
            return int(text)
        self._problem(
            _("%(name)s: %(value)s is not the id of one.")
            % {"name": name, "value": _short(text)}
        )
        return None

    def _schedule(self, values: dict[str, list[str]]) -> int | None:
        if "schedule" not in values:
            return None
        number = self._number("schedule", values["schedule"][-1])
        if number is not None:
            self.given["schedule"] = [str(number)]
        return number

    def _trigger(self, values: dict[str, list[str]]) -> str:
        if "trigger" not in values:
            return ""
        value = values["trigger"][-1]
        if value not in Trigger.values:
            self._unknown("trigger", value, Trigger.values)
            return ""
        self.given["trigger"] = [value]
        return value

    def _time(
        self, values: dict[str, list[str]]
    ) -> tuple[datetime | None, datetime | None]:
        since = self._moment(values, "from")
        until = self._moment(values, "to")
        if since and until and until <= since:
            zone = hub_zone()
            facts = {
                "from": show_moment(since.astimezone(zone)),
                "to": show_moment(until.astimezone(zone)),
            }
            self._problem(
                _("to: it ends (%(to)s) before it begins (%(from)s).") % facts
            )
            until = None
            del self.given["to"]
        if "period" not in values:
            return since, until
        period = values["period"][-1]
        if period not in PERIODS:
            self._unknown("period", period, list(PERIODS))
            return since, until
        self.given["period"] = [period]
        begin = timezone.now() - PERIODS[period][0]
        return max(since, begin) if since else begin, until

    def _moment(self, values: dict[str, list[str]], name: str) -> datetime | None:
        if name not in values:
            return None
        text = values[name][-1].strip()
        try:
            moment = parse_moment(_day_after(text, name), hub_zone(), field=name)
        except TimingError as exc:
            self._problem(f"{name}: {explain(exc)}")
            return None
        self.given[name] = [text]
        return moment

    def _wanted(
        self, values: dict[str, list[str]], about: Mapping[str, Any]
    ) -> dict[str, Any]:
        """Return what a text stands for: an id, names, or words in a run."""
        text = self._text(values, "q")
        if not text:
            return {}
        if run := parse_uuid(text):
            return {"run": run}
        place = values.get("in", [""])[-1]
        if place == IN_TEXT:
            self.given["in"] = [place]
        elif place:
            self._unknown("in", place, [IN_TEXT])
        is_narrow = any(about[name] is not None for name in NAMES[1:4])
        if place == IN_TEXT or is_narrow:
            return {"text": text}
        found = named(self.user, text)
        return {"named": found} if found else {"text": text}

    def _mark(self) -> Mark | None:
        for name in MARKS:
            text = self.query.get(name)
            if not text:
                continue
            if run := parse_uuid(text):
                return Mark(run, name == "before")
            self._problem(
                _(
                    "%(name)s: %(value)s is not a place in the list; here is its first "
                    "page."
                )
                % {"name": name, "value": _short(text)}
            )
        return None


def _older(name: str) -> str:
    return next(old for old, new in OLDER.items() if new == name)


def _short(text: str) -> str:
    return text if len(text) <= 40 else f"{text[:40]}…"


def _day_after(text: str, name: str) -> str:
    """Return the end of a day where a time ends with a date alone."""
    if name != "to":
        return text
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return text
    return str(day + timedelta(days=1)) if day < date.max else text

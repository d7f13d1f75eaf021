"""A page of the list of runs: what Django's list of a model does, but by keyset."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from typing import Any, NamedTuple

from django.conf import settings
from django.contrib.admin.views.main import ChangeList
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.runs.admin.run_list_filters import IN_TEXT, PERIODS, Filters, read_filters
from apps.runs.admin.run_list_rows import Row, shown_rows
from apps.runs.models import Run, RunStatus, Trigger, Worker
from apps.runs.searching import Found
from apps.scripts.models import Script
from apps.tasks.models import Schedule, Task

PAGE = 50
# Of more names than these a list is too long to choose from; they are typed.
MOST_CHOICES = 100
MOST_OFFERED = 1000
# So many newer runs are counted, before it says "more than".
MOST_NEWER = 50


class Choice(NamedTuple):
    """What can be clicked, and whether it is on."""

    label: str
    address: str
    is_on: bool


class Chip(NamedTuple):
    """A filter that is on, and the list without it."""

    name: str
    value: str
    address: str
    moment: datetime | None = None


@dataclass(frozen=True)
class Names:
    """What a filter offers: a list to choose from, or names to type and be offered."""

    name: str
    label: str
    value: str
    options: Sequence[tuple[str, str]]
    is_typed: bool = False


@dataclass
class RunPage:
    """One page: its rows, where others begin, and what can be filtered by."""

    filters: Filters
    user: Any
    found: list[dict[str, Any]] = field(default_factory=list)
    newer: str = ""
    older: str = ""
    # When the last run was queued that was looked at, where older ones were not.
    reached: datetime | None = None

    def __post_init__(self) -> None:
        mark = self.filters.mark
        is_rising = mark is not None and mark.is_before
        place = mark.run if mark else None
        looked = self.filters.search.look(place, not is_rising, PAGE + 1)
        has_more = len(looked.rows) > PAGE
        self.found = looked.rows[:PAGE]
        if is_rising:
            self.found.reverse()
        self._set_neighbours(looked, has_more, is_rising)

    def _set_neighbours(self, looked: Found, has_more: bool, is_rising: bool) -> None:
        on, back = ("before", "after") if is_rising else ("after", "before")
        ends = (self.found[0], self.found[-1]) if self.found else None
        ahead: uuid.UUID | None = looked.reached
        if has_more and ends:
            ahead = ends[0 if is_rising else 1]["id"]
        behind = ends[1 if is_rising else 0]["id"] if ends else None
        if behind is None and self.filters.mark:
            behind = self.filters.mark.run
        links = {
            on: self.filters.address(**{on: ahead}) if ahead else "",
            back: self.filters.address(**{back: behind})
            if behind and self.filters.mark
            else "",
        }
        self.older, self.newer = links["after"], links["before"]
        if looked.reached and not is_rising:
            self.reached = made_at(looked.reached)

    @cached_property
    def rows(self) -> list[Row]:
        return shown_rows(self.found, self.user)

    @property
    def is_first(self) -> bool:
        return self.filters.mark is None

    @property
    def first(self) -> str:
        """The address of the newest runs."""
        return self.filters.address()

    @property
    def has_others(self) -> bool:
        """Whether there may be runs on other pages."""
        return bool(self.older or self.newer)

    @property
    def top(self) -> uuid.UUID | None:
        """The run that a live page asks for newer ones than."""
        return self.found[0]["id"] if self.is_first and self.found else None

    # -- What can be clicked -------------------------------------------------------
    def statuses(self) -> list[Choice]:
        on = self.filters.given.get("status", ())
        return [
            Choice(str(label), self.filters.toggled(value), value in on)
            for value, label in RunStatus.choices
        ]

    def periods(self) -> list[Choice]:
        given = self.filters.given
        is_all = not {"period", "from", "to"} & given.keys()
        none: dict[str, Any] = {"from": None, "to": None}
        every = self.filters.address(period=None, **none)
        return [
            *(
                Choice(
                    str(label),
                    self.filters.address(period=value, **none),
                    given.get("period") == [value],
                )
                for value, (_time, label) in PERIODS.items()
            ),
            Choice(_("all"), every, is_all),
        ]

    def mine(self) -> Choice:
        me = self.user.get_username()
        is_on = self.filters.given.get("who") == [me]
        return Choice(_("mine"), self.filters.address(who=None if is_on else me), is_on)

    def hidden(self) -> list[tuple[str, str]]:
        """What the form keeps that has no field in it."""
        given = self.filters.given
        names = ("status", "schedule", "period", "in")
        return [(name, value) for name in names for value in given.get(name, ())]

    # -- What can be chosen or typed -----------------------------------------------
    def text(self) -> str:
        return self._given("q")

    def choosers(self) -> list[Names]:
        scripts = Script.objects.visible_to(self.user).order_by("name")
        tasks = Task.objects.visible_to(self.user).order_by("name")
        return [
            self._names("script", _("script"), scripts),
            self._names("task", _("task"), tasks),
            self._choose("trigger", _("trigger"), Trigger.choices),
            self._choose("queue", _("queue"), [(q, q) for q in self._queues()]),
            Names("who", _("requested by"), self._given("who"), self._people(), True),
        ]

    def moments(self) -> list[tuple[str, str, datetime | None]]:
        """The fields of a time of one's own: name, label and moment."""
        search = self.filters.search
        given = self.filters.given
        return [
            ("from", _("from"), search.since if "from" in given else None),
            ("to", _("to"), search.until if "to" in given else None),
        ]

    def _given(self, name: str) -> str:
        return next(iter(self.filters.given.get(name, ())), "")

    def _names(self, name: str, label: str, rows: QuerySet[Any]) -> Names:
        found = list(rows.values_list("name", flat=True)[:MOST_OFFERED])
        options = [(one, one) for one in found]
        if len(found) > MOST_CHOICES:
            return Names(name, label, self._given(name), options, True)
        return self._choose(name, label, options)

    def _choose(self, name: str, label: str, options: Sequence[Any]) -> Names:
        value = self._given(name)
        shown = [(str(one), str(text)) for one, text in options]
        if value and value not in dict(shown):
            shown.append((value, value))
        return Names(name, label, value, shown)

    def _queues(self) -> list[str]:
        queues = Worker.objects.order_by().values_list("queue", flat=True).distinct()
        return sorted({settings.QUEUE, *queues, *(r["queue"] for r in self.found)})

    def _people(self) -> list[tuple[str, str]]:
        names = {row["requested_by_name"] for row in self.found}
        names = (names | {self.user.get_username()}) - {""}
        return [(name, name) for name in sorted(names)]

    # -- What is on ------------------------------------------------------------------
    def chips(self) -> list[Chip]:
        """Each filter that is on, to be taken away."""
        return [
            chip
            for name, values in self.filters.given.items()
            if name != "in"
            for chip in self._chips(name, values)
        ]

    def _chips(self, name: str, values: Sequence[str]) -> list[Chip]:
        if name == "status":
            return [
                Chip(_("status"), str(RunStatus(v).label), self.filters.toggled(v))
                for v in values
            ]
        search, value = self.filters.search, values[0]
        moments = {"from": search.since, "to": search.until}
        words = {
            "schedule": self._schedule_name,
            "trigger": lambda: str(Trigger(value).label),
            "period": lambda: str(PERIODS[value][1]),
        }
        text = words[name]() if name in words else value
        # Where a text is looked for goes with it, and with nothing else.
        gone = {name: None} | ({"in": None} if name == "q" else {})
        address = self.filters.address(**gone)
        return [Chip(_filter_name(name), text, address, moments.get(name))]

    def _schedule_name(self) -> str:
        number = self.filters.search.schedule or 0
        seen = Schedule.objects.filter(
            pk=number, task__in=Task.objects.visible_to(self.user).values("pk")
        )
        schedule = seen.select_related("task").first()
        return str(schedule) if schedule else str(number)

    def hint(self) -> tuple[str, str, str] | None:
        """Where a text was looked for; the other place, as a link's words and address."""
        given, named = self.filters.given, self.filters.named
        if named:
            text = _(
                "Runs of what has “%(text)s” in its name: %(scripts)d of the "
                "scripts, %(tasks)d of the tasks."
            )
            facts = {
                "text": self.text(),
                "scripts": len(named.scripts),
                "tasks": len(named.tasks),
            }
            other = _("Look for it in notes and errors")
            return text % facts, other, self.filters.address(**{"in": IN_TEXT})
        if self.filters.search.text:
            text = _(
                "“%(text)s” was looked for in notes, errors, names and the ends of ids."
            )
            back = self.filters.address(**{"in": None}) if "in" in given else ""
            return text % {"text": self.text()}, _("Look for it in names alone"), back
        return None

    @cached_property
    def is_filtered(self) -> bool:
        return bool(self.filters.given)


def _filter_name(name: str) -> str:
    return {
        "script": _("script"),
        "task": _("task"),
        "schedule": _("schedule"),
        "trigger": _("trigger"),
        "who": _("requested by"),
        "queue": _("queue"),
        "period": _("queued in"),
        "from": _("from"),
        "to": _("to"),
        "q": _("text"),
    }[name]


def made_at(run_id: uuid.UUID) -> datetime:
    """Return when an id was made."""
    milliseconds = min(run_id.int >> 80, int(timezone.now().timestamp() * 1000))
    return datetime.fromtimestamp(milliseconds / 1000, UTC)


class RunChangeList(ChangeList):
    """Django's list of runs with our own filters, and pages without numbers: nothing
    is counted, and no page is reached by walking over those before it."""

    model_admin: Any

    def get_queryset(
        self, request: HttpRequest, exclude_parameters: Any = None
    ) -> QuerySet[Run]:
        """Return the runs that are done something to where all that match are."""
        self.run_filters = read_filters(request)
        self.filter_specs: list[Any] = []
        self.has_filters = self.has_active_filters = False
        self.clear_all_filters_qs = "?"
        return self.run_filters.search.queryset()

    def get_results(self, request: HttpRequest) -> None:
        self.page = RunPage(self.run_filters, request.user)
        self.result_list = self.page.found
        self.result_count = len(self.page.found)
        self.full_result_count = None
        self.show_full_result_count = False
        self.show_admin_actions = bool(self.page.found)
        self.can_show_all = self.multi_page = False
        self.paginator = None

"""Runs that fit more than an index serves: who asked, how, where, and words in them.

An index leads to the runs of the statuses, scripts, tasks and the time that are asked
for (see listing.py); the ids of runs are in the order of their time. What else they
must fit is looked at row by row, and no page looks at more than LOOKED_AT of them: it
says how far it came, and the next one goes on there. So a page costs the same at any
size of the table.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import product
from operator import itemgetter
from typing import Any

from django.contrib.auth.models import AnonymousUser, User
from django.db.models import F, Q, QuerySet

from apps.core.ids import first_uuid7
from apps.core.prepared import PreparedValues, Spliced
from apps.runs.fingerprints import fingerprint_of
from apps.runs.listing import MANY_BRANCHES, Branch, Listing, Walk, visible_scripts
from apps.runs.models import Run, RunStatus, Trigger
from apps.runs.rows import COLUMNS
from apps.scripts.models import Script
from apps.tasks.models import Task

# How many runs a page looks at, row by row.
LOOKED_AT = 20_000
MOST_NAMED_TASKS = 20
BATCH = 500
# As the console shows a run's id.
SHORT_ID = re.compile(r"[0-9a-fA-F]{12}")
EPOCH = datetime(1970, 1, 2, tzinfo=UTC)


def rows_of(runs: QuerySet[Run]) -> Any:
    """Return a queryset of runs as dicts of what lists show of them."""
    names = {"task_name": F("task__name"), "max_running": F("script__max_running")}
    return runs.values(*COLUMNS, "task", "fingerprint", **names)


ROWS = PreparedValues(lambda: rows_of(Run.objects.order_by().filter(pk__in=Spliced())))


@dataclass(frozen=True)
class Named:
    """Ids of the scripts and tasks in whose names a text was found."""

    scripts: tuple[int, ...] = ()
    tasks: tuple[int, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.scripts or self.tasks)


def named(user: User | AnonymousUser, text: str) -> Named:
    """Return the scripts and tasks that `user` may know of with `text` in their names."""
    scripts = Script.objects.visible_to(user).filter(name__icontains=text).order_by()
    tasks = Task.objects.visible_to(user).filter(name__icontains=text).order_by("pk")
    return Named(
        tuple(scripts.values_list("pk", flat=True)),
        tuple(tasks.values_list("pk", flat=True)[:MOST_NAMED_TASKS]),
    )


@dataclass(frozen=True)
class Found:
    """Rows in the order in which they were met, and the id of the last run that was
    looked at where there may be more beyond it; None where all were met."""

    rows: list[dict[str, Any]]
    reached: uuid.UUID | None = None


@dataclass(frozen=True)
class Search(Listing):
    """A listing of what was queued from `since` to before `until`, and fits all that is
    given of the rest.

    `run` is the one with that id, `named` are runs of one of these scripts and tasks,
    and `text` stands somewhere in a run (see `_fits_text`).
    """

    since: datetime | None = None
    until: datetime | None = None
    trigger: str = ""
    who: str = ""
    queue: str = ""
    run: uuid.UUID | None = None
    named: Named | None = None
    text: str = ""

    @property
    def is_looked_for(self) -> bool:
        """Whether runs are looked at row by row."""
        return bool(self.trigger or self.who or self.queue or self.text)

    def look(self, mark: uuid.UUID | None, falling: bool, count: int) -> Found:
        """Return at most `count` rows that come after `mark`, the id of a run or None
        for the first, by falling ids or by rising ones."""
        first, last = self._bounds()
        walk = Walk(
            mark=mark,
            falling=falling,
            count=count,
            first=first,
            last=last,
            fits=self._fits(),
            overlaps=self.named is not None,
        )
        branches = self._branches(walk)
        if not branches:
            return Found([])
        reached = None
        if self.is_looked_for:
            reached = walk.reached(branches, max(LOOKED_AT // len(branches), count))
            walk = replace(
                walk,
                first=reached if falling and reached else first,
                last=reached if not falling and reached else last,
            )
        rows = ROWS.fetch(*walk.ids(branches))
        rows.sort(key=itemgetter("id"), reverse=falling)
        return Found(rows, None if len(rows) == count else reached)

    def every(self, batch: int = BATCH) -> Iterator[list[dict[str, Any]]]:
        """Yield all rows, the newest first, a batch at a time."""
        found = self.look(None, True, batch)
        while found.rows or found.reached:
            if found.rows:
                yield found.rows
            mark = found.reached
            if len(found.rows) == batch:
                mark = found.rows[-1]["id"]
            if mark is None:
                return
            found = self.look(mark, True, batch)

    def queryset(self) -> QuerySet[Run]:
        """Return the same runs for what is done to those of them that are active."""
        runs = Run.objects.filter(self._fits(), self._of_names())
        bounds = zip(("id__gte", "id__lte"), self._bounds(), strict=True)
        runs = runs.filter(**{k: v for k, v in bounds if v is not None})
        if self.statuses:
            runs = runs.filter(status__in=self.statuses)
        if self.schedule is not None:
            runs = runs.filter(schedule=self.schedule)
        if self.task is not None:
            runs = runs.filter(
                task__in=Task.objects.filter(name=self.task).values("pk")
            )
        scripts = self._scripts()
        if scripts is None:
            return runs if self._sees_all else runs.filter(script__isnull=False)
        known = Q(script__in=[pk for pk in scripts if pk is not None])
        if None in scripts:
            known |= Q(script=None, script_name=self.script)
        return runs.filter(known)

    # -- What it comes to ----------------------------------------------------------
    def _bounds(self) -> tuple[uuid.UUID | None, uuid.UUID | None]:
        """Return the least and the greatest id."""
        if self.run is not None:
            return self.run, self.run
        first = first_uuid7(max(self.since, EPOCH)) if self.since else None
        if self.until is None:
            return first, None
        end = first_uuid7(max(self.until, EPOCH))
        return first, uuid.UUID(int=end.int - 1)

    def _branches(self, walk: Walk) -> list[Branch]:
        if self.named is None:
            return super()._branches(walk)
        statuses = self.statuses if len(self.statuses) < len(RunStatus) else ()
        fixed: list[Branch] = [{"status": status} for status in statuses] or [{}]
        branches = [
            {"script_id": script} | status
            for script, status in product(self.named.scripts, fixed)
        ]
        if len(branches) > MANY_BRANCHES:
            branches = self._fewer(walk, branches)
        seen = visible_scripts(self.user)
        for task in self.named.tasks:
            branches += self._runs_of_task(task, seen, statuses)
        return branches

    def _fewer(self, walk: Walk, branches: list[Branch]) -> list[Branch]:
        if not self.is_looked_for:
            return super()._fewer(walk, branches)
        # Whose rows begin nearest need not be whose rows fit.
        scripts = tuple(sorted({branch["script_id"] for branch in branches}))
        statuses = sorted({branch.get("status", "") for branch in branches})
        return [
            {"script_id": scripts} | ({"status": status} if status else {})
            for status in statuses
        ]

    def _of_names(self) -> Q:
        if self.named is None:
            return Q()
        return Q(script__in=self.named.scripts) | Q(task__in=self.named.tasks)

    def _fits(self) -> Q:
        fits = Q()
        for column in ("trigger", "queue"):
            if value := getattr(self, column):
                fits &= Q(**{column: value})
        if self.who:
            fits &= Q(requested_by_name=self.who)
        if self.text:
            return fits & self._fits_text()
        if not self.trigger and self.run is None and self.named is None:
            # What forms ask for is in nobody's way unless it is looked for.
            fits &= ~Q(trigger=Trigger.CHOICES)
        return fits

    def _fits_text(self) -> Q:
        """In its note, in what is known of its error, in its script's or its task's
        name, or as the end of its id."""
        names = named(self.user, self.text)
        fits = Q(note__icontains=self.text) | Q(detail__icontains=self.text)
        fits |= Q(fingerprint__icontains=self.text)
        # An error's numbers, paths and times are not kept, so they are left out here.
        error = fingerprint_of(self.text)
        if re.search(r"[^\W\d_]{3}", re.sub(r"<\w+>", "", error)):
            fits |= Q(fingerprint__icontains=error)
        if names.scripts:
            fits |= Q(script__in=names.scripts)
        if names.tasks:
            fits |= Q(task__in=names.tasks)
        if SHORT_ID.fullmatch(self.text):
            fits |= Q(id__iendswith=self.text)
        return fits

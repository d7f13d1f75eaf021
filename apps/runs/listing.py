"""Pages of runs: by an index whatever the filter, so that none grows with the table.

An index gives runs in the order of their ids only where all its columns before the id
are fixed. So a filter becomes branches that fix them (two statuses: two branches), each
is walked from the page's mark for at most a page, and what was found is merged. A
database asked for two statuses at once would sort all runs of both, or walk the table
until a page is full, which is never where no run fits.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from itertools import product
from operator import itemgetter
from typing import Any

from django.contrib.auth.models import AnonymousUser, User
from django.db import connection
from django.db.models import Exists, IntegerField, OuterRef, Q, Subquery

from apps.core.prepared import Param, PreparedValues, Spliced
from apps.runs.models import Run, RunStatus
from apps.runs.rows import rows
from apps.scripts.models import Script
from apps.tasks.models import Task

# Columns and the value of each; None is NULL, KNOWN anything else, a tuple any of it.
Branch = dict[str, Any]
KNOWN = object()
# Of more, those that begin too far from the mark are left out first.
MANY_BRANCHES = 20
ROWS = PreparedValues(lambda: rows(Run.objects.order_by().filter(pk__in=Spliced())))
# Each script, and whether a user who is no superuser may know of it.
VISIBLE = PreparedValues(
    lambda: (
        Script.objects.order_by()
        .annotate(
            is_visible=Exists(
                Script.objects.visible_to_user(Param("user", IntegerField())).filter(
                    pk=OuterRef("pk")
                )
            )
        )
        .values("pk", "is_visible")
    )
)
# The least one, and from each the next.
SCRIPTS_OF_TASK = """
WITH RECURSIVE met(script_id) AS (
    SELECT (SELECT min(script_id) FROM runs_run WHERE task_id = %s)
    UNION ALL
    SELECT (
        SELECT min(script_id) FROM runs_run
        WHERE task_id = %s AND script_id > met.script_id
    )
    FROM met WHERE met.script_id IS NOT NULL
)
SELECT script_id FROM met WHERE script_id IS NOT NULL
"""


def visible_scripts(user: User | AnonymousUser) -> list[int] | None:
    """Return the ids of the scripts that `user` may know of; None: of all there are."""
    if user.is_superuser:
        return None
    if not user.is_authenticated:
        visible = Script.objects.visible_to(user).order_by()
        return list(visible.values_list("pk", flat=True))
    seen = {r["pk"]: r["is_visible"] for r in VISIBLE.fetch(user=user.pk)}
    return None if all(seen.values()) else [pk for pk in seen if seen[pk]]


@dataclass(frozen=True)
class Listing:
    """The runs that `user` may know of, of these statuses (none: any), of a script and
    a task by their names and a schedule by its id (None: any)."""

    user: User | AnonymousUser
    statuses: Collection[str] = ()
    script: str | None = None
    task: str | None = None
    schedule: int | None = None

    def fetch(
        self, mark: uuid.UUID | None, falling: bool, count: int
    ) -> list[dict[str, Any]]:
        """Return at most `count` rows of `rows.COLUMNS` that come after `mark`, which
        is the id of a run or None for the first, by falling ids or by rising ones."""
        walk = Walk(mark, falling, count)
        branches = self._branches(walk)
        if not branches:
            return []
        found = ROWS.fetch(*walk.ids(branches))
        # The ids come from the database in order, the rows that have them need not.
        return sorted(found, key=itemgetter("id"), reverse=falling)

    @property
    def _sees_all(self) -> bool:
        return bool(self.user.is_superuser)

    def _branches(self, walk: Walk) -> list[Branch]:
        statuses = self.statuses if len(self.statuses) < len(RunStatus) else ()
        scripts = self._scripts()
        if self.schedule is not None:
            return self._branches_of_schedule(scripts, statuses)
        if self.task is not None:
            return self._branches_of_task(scripts, statuses)
        if scripts is None:
            return [self._any_script() | s for s in _fixed("status", statuses)]
        branches = [
            self._of_script(script) | status
            for script, status in product(scripts, _fixed("status", statuses))
        ]
        is_long = self.script is None and len(branches) > MANY_BRANCHES
        return self._fewer(walk, branches) if is_long else branches

    def _fewer(self, walk: Walk, branches: list[Branch]) -> list[Branch]:
        """Return what finds the same page as many branches of scripts do."""
        return walk.nearest(branches)

    def _branches_of_schedule(
        self, scripts: Collection[int | None] | None, statuses: Collection[str]
    ) -> list[Branch]:
        """One schedule has one task and mostly one script: its runs are walked, and
        those that do not fit are passed over."""
        branch: Branch = {"schedule_id": self.schedule}
        if statuses:
            branch["status"] = tuple(statuses)
        if self.task is not None:
            tasks = Task.objects.filter(name=self.task).values_list("pk", flat=True)
            branch["task_id"] = tuple(tasks)
        if scripts is None:
            return [branch | self._any_script()]
        if self.script is None:
            return [branch | {"script_id": tuple(scripts)}]
        return [branch | self._of_script(script) for script in scripts]

    def _branches_of_task(
        self, scripts: Collection[int | None] | None, statuses: Collection[str]
    ) -> list[Branch]:
        task = Task.objects.filter(name=self.task).values_list("pk", flat=True).first()
        return [] if task is None else self._runs_of_task(task, scripts, statuses)

    def _runs_of_task(
        self,
        task: int,
        scripts: Collection[int | None] | None,
        statuses: Collection[str],
    ) -> list[Branch]:
        if scripts is None and not statuses:
            return [{"task_id": task} | self._any_script()]
        # A task's script may have been changed, so it may have runs of several.
        met = [s for s in _scripts_of_task(task) if scripts is None or s in scripts]
        if self._sees_all:
            met.append(None)
        return [
            {"task_id": task} | self._of_script(script) | {"status": status}
            for script, status in product(met, statuses or RunStatus.values)
        ]

    def _scripts(self) -> Collection[int | None] | None:
        """Return the scripts whose runs are wanted; None where no script is left out.

        None among them: runs whose script is no longer known, under its name.
        """
        if self.script is not None:
            visible = Script.objects.visible_to(self.user).order_by()
            named = list(visible.filter(name=self.script).values_list("pk", flat=True))
            return [*named, None] if self._sees_all else named
        return visible_scripts(self.user)

    def _any_script(self) -> Branch:
        # A script's row is never deleted by the hub. Were one, its runs would be left
        # to superusers: nothing says any more who else may know of them.
        return {} if self._sees_all else {"script_id": KNOWN}

    def _of_script(self, script: int | None) -> Branch:
        named = script is None and self.script is not None
        return {"script_id": script} | ({"script_name": self.script} if named else {})


def _fixed(column: str, values: Iterable[Any]) -> list[Branch]:
    return [{column: value} for value in values] or [{}]


def _scripts_of_task(task: int) -> list[int | None]:
    """Return which scripts a task ever ran, by jumps in an index: not by reading its
    runs."""
    with connection.cursor() as cursor:
        cursor.execute(SCRIPTS_OF_TASK, [task, task])
        return [row[0] for row in cursor.fetchall()]


@dataclass(frozen=True)
class Walk:
    """A way through runs by id, from a mark on, for `count` rows.

    Only rows with ids from `first` to `last` are met, and of them those that `fits`,
    which names columns of runs alone. With `overlaps` a run may be in several branches.
    """

    mark: uuid.UUID | None
    falling: bool
    count: int
    first: uuid.UUID | None = None
    last: uuid.UUID | None = None
    fits: Q | None = None
    overlaps: bool = False

    @property
    def order(self) -> str:
        return "-id" if self.falling else "id"

    def limited(self, runs: Any) -> Any:
        """Return those of a queryset that are met after the mark."""
        bounds = {
            "id__lt" if self.falling else "id__gt": self.mark,
            "id__gte": self.first,
            "id__lte": self.last,
        }
        runs = runs.filter(**{k: v for k, v in bounds.items() if v is not None})
        return runs.filter(self.fits) if self.fits else runs

    def nearest(self, branches: list[Branch]) -> list[Branch]:
        """Return the branches of scripts that may have rows on the page, the one whose
        rows begin nearest to the mark first: there are no more of them than rows."""
        found = []
        statuses = {branch.get("status") for branch in branches}
        scripts = {branch["script_id"] for branch in branches}
        for status in statuses:
            fixed = {"status": status} if status else {}
            runs = self.limited(Run.objects.filter(script=OuterRef("pk"), **fixed))
            first = Subquery(runs.order_by(self.order).values("pk")[:1])
            begins = Script.objects.filter(pk__in=scripts).order_by()
            for pk, at in begins.annotate(at=first).values_list("pk", "at"):
                if at is not None:
                    found.append((at, {"script_id": pk, **fixed}))
        found.sort(key=lambda pair: pair[0], reverse=self.falling)
        return [branch for _at, branch in found[: self.count]]

    def ids(self, branches: list[Branch]) -> tuple[str, list[Any]]:
        """Return the SQL that finds the ids of the first rows of all branches.

        In our own words, since a queryset that is limited cannot be a part of a union
        on SQLite.
        """
        limit = f"{self._sorted} LIMIT {self.count}"
        wheres = [self._where(branch, self.fits) for branch in branches]
        return self._merged(wheres, limit, limit)

    def reached(self, branches: list[Branch], looked_at: int) -> uuid.UUID | None:
        """Return the id of the last run that is met where no more than `looked_at` of
        each branch are, whether they fit or not; None where that is all of them."""
        # What a tuple says is no part of an index's order, like what rows must fit.
        fixed = [
            {k: v for k, v in branch.items() if not isinstance(v, tuple)}
            for branch in branches
        ]
        limit = f"{self._sorted} LIMIT 1 OFFSET {looked_at - 1}"
        wheres = [self._where(branch, None) for branch in fixed]
        with connection.cursor() as cursor:
            cursor.execute(*self._merged(wheres, limit, f"{self._sorted} LIMIT 1"))
            found = cursor.fetchone()
        return uuid.UUID(str(found[0])) if found else None

    @property
    def _sorted(self) -> str:
        return f"ORDER BY id {'DESC' if self.falling else 'ASC'}"

    def _merged(
        self, wheres: Sequence[tuple[str, list[Any]]], limit: str, all_limit: str
    ) -> tuple[str, list[Any]]:
        """Return the SQL for the ids that fit one of these conditions, with a limit
        for each of them and one for all."""
        parts = [
            f"SELECT id FROM (SELECT id FROM runs_run{where} {limit}) "  # noqa: S608
            f"AS part_{number}"
            for number, (where, _values) in enumerate(wheres)
        ]
        params = [value for _where, values in wheres for value in values]
        if len(parts) == 1:
            return parts[0], params
        found = (" UNION " if self.overlaps else " UNION ALL ").join(parts)
        return f"SELECT id FROM ({found}) AS found {all_limit}", params  # noqa: S608

    def _where(self, branch: Branch, fits: Q | None) -> tuple[str, list[Any]]:
        """Return a condition, in which the names of columns are this module's own."""
        parts: list[str] = []
        values: list[Any] = []
        for column, value in branch.items():
            if value is None or value is KNOWN:
                parts.append(f"{column} IS {'NOT ' if value else ''}NULL")
            elif isinstance(value, tuple):
                # Nothing is in an empty list, which SQL cannot write.
                marks = ", ".join(["%s"] * len(value)) or "NULL"
                parts.append(f"{column} IN ({marks})")
                values += value
            else:
                parts.append(f"{column} = %s")
                values.append(value)
        for sign, mark in (
            ("<" if self.falling else ">", self.mark),
            (">=", self.first),
            ("<=", self.last),
        ):
            if mark is not None:
                parts.append(f"id {sign} %s")
                values.append(Run._meta.pk.get_db_prep_value(mark, connection))
        if fits:
            sql, more = _condition(fits)
            parts.append(sql)
            values += more
        return (f" WHERE {' AND '.join(parts)}" if parts else ""), values


def _condition(fits: Q) -> tuple[str, list[Any]]:
    """Return the SQL of a condition on columns of runs."""
    query = Run.objects.filter(fits).order_by().query
    compiler = query.get_compiler(connection=connection)
    sql, params = compiler.compile(query.where)
    return f"({sql})", list(params)

"""Queries whose SQL is made once: making it costs Django more than asking it.

For the few queries that nearly every request asks. They run through Django's cursors,
so they are counted, logged and rolled back like all others.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any, Generic, TypeVar

from django.db import connections
from django.db.models import Expression, Field, Model, QuerySet
from django.db.models.query import (  # type: ignore[attr-defined]  # the stubs lack it
    get_related_populators,
)

M = TypeVar("M", bound=Model)


class Param(Expression):
    """A place in a prepared query for a value that comes with each call."""

    def __init__(self, name: str, field: Field[Any, Any]) -> None:
        super().__init__(output_field=field)
        self.name = name

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, list[Any]]:
        # Itself, so that each call can put a value in its place.
        return "%s", [self]


class Prepared(Generic[M]):
    """A query of models, with what it joins by select_related.

    `make` returns the queryset, with a Param wherever a value differs from call to
    call; it is called once a thread. What else it reads is fixed from then on.
    """

    def __init__(self, make: Callable[[], QuerySet[M]]) -> None:
        self._make = make
        self._made = threading.local()

    def fetch(self, **values: Any) -> list[M]:
        """Return the objects that the query finds with these values."""
        plan = getattr(self._made, "plan", None)
        if plan is None:
            plan = self._made.plan = _Plan(self._make())
        return plan.fetch(values)

    def first(self, **values: Any) -> M | None:
        """Return the first object, or None. The query itself should be limited."""
        return next(iter(self.fetch(**values)), None)


class _Plan:
    """The SQL of a queryset, and how its rows become objects."""

    def __init__(self, queryset: QuerySet[Any]) -> None:
        self.db = queryset.db
        self.compiler = compiler = queryset.query.get_compiler(using=self.db)
        self.sql, self.params = compiler.as_sql()
        select, about = compiler.select or [], compiler.klass_info or {}
        self.converters = compiler.get_converters([column[0] for column in select])
        fields = about["select_fields"]
        self.model = about["model"]
        self.mine = slice(fields[0], fields[-1] + 1)
        self.names = [column[0].target.attname for column in select[self.mine]]
        self.joined = get_related_populators(about, select, self.db)

    def fetch(self, values: dict[str, Any]) -> list[Any]:
        connection = connections[self.db]
        params = [
            p.output_field.get_db_prep_value(values[p.name], connection)
            if isinstance(p, Param)
            else p
            for p in self.params
        ]
        with connection.cursor() as cursor:
            cursor.execute(self.sql, params)
            rows: Any = cursor.fetchall()
        if self.converters:
            rows = self.compiler.apply_converters(rows, self.converters)
        return [self._object(row) for row in rows]

    def _object(self, row: Any) -> Any:
        made = self.model.from_db(self.db, self.names, row[self.mine])
        for populator in self.joined:
            populator.populate(row, made)
        return made

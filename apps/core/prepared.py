"""Statements whose SQL is made once: making it costs Django more than running it.

For the few that nearly every request or run needs. They go through Django's cursors, so
they are counted, logged and rolled back like all others.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Hashable, Mapping, Sequence
from copy import copy
from typing import Any, Generic, TypeVar

from django.db import connections, router, transaction
from django.db.models import (
    CharField,
    DurationField,
    Expression,
    Field,
    Model,
    QuerySet,
    TextField,
)
from django.db.models.constants import OnConflict
from django.db.models.functions import Now
from django.db.models.query import (  # type: ignore[attr-defined]  # the stubs lack it
    get_related_populators,
)
from django.db.models.signals import post_save, pre_save
from django.db.models.sql import InsertQuery, UpdateQuery

M = TypeVar("M", bound=Model)

# Fields that write a string as it is, and nothing of their own.
PLAIN = {CharField, TextField}
_DURATION: Field[Any, Any] = DurationField()


class Param(Expression):
    """A place in a prepared query for a value that comes with each call."""

    def __init__(self, name: str, field: Field[Any, Any]) -> None:
        super().__init__(output_field=field)
        self.name = name

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, list[Any]]:
        # Itself, so that each call can put a value in its place.
        return "%s", [self]


class Prepared(Generic[M]):
    """A query of models, with what it joins by select_related and its annotations.

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


class Spliced(Expression):
    """A place in a prepared query for SQL of our own that comes with each call: what
    stands in the brackets of an IN."""

    MARK = "{spliced}"

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, list[Any]]:
        return f"({self.MARK})", [self]


class PreparedValues:
    """A query of `.values()`, with any number of Param and at most one Spliced."""

    def __init__(self, make: Callable[[], QuerySet[Any, Any]]) -> None:
        self._make = make
        self._made = threading.local()

    def fetch(
        self, sql: str = "", params: Sequence[Any] = (), **values: Any
    ) -> list[dict[str, Any]]:
        """Return the rows. `sql` is what is spliced in, with a %s for each of
        `params`, which are as the database takes them."""
        plan = getattr(self._made, "plan", None)
        if plan is None:
            plan = self._made.plan = _Compiled(self._make())
        rows = plan.rows(values, sql, params)
        return [dict(zip(plan.names, row, strict=True)) for row in rows]


class PreparedUpdate:
    """An UPDATE of the rows that a queryset finds, with what it sets.

    `make` returns both, with a Param wherever a value differs from call to call. It is
    called once a thread for each `shape`: what else decides the SQL, such as which
    columns are set.
    """

    def __init__(
        self, make: Callable[..., tuple[QuerySet[Any], Mapping[str, Any]]]
    ) -> None:
        self._make = make
        self._made = threading.local()

    def apply(self, *shape: Hashable, **values: Any) -> int:
        """Update with these values; how many rows it found."""
        plans: dict[Any, _Statement] = self._made.__dict__.setdefault("plans", {})
        plan = plans.get(shape)
        if plan is None:
            queryset, changes = self._make(*shape)
            query: Any = queryset.query.chain(UpdateQuery)
            query.add_update_values(changes)
            query.clear_ordering(force=True)
            query.clear_select_clause()
            plan = plans[shape] = _Statement(queryset.model, query)
        return plan.apply(values)


class PreparedInsert:
    """An INSERT of one row.

    `make` returns an object without its key, with a Param in each field whose value
    differs from call to call; it is called once a thread. `leave`: a row that is there
    already and conflicts with it is left alone, and no IntegrityError.
    """

    def __init__(self, make: Callable[[], Model], *, leave: bool = True) -> None:
        self._make = make
        self._on_conflict = OnConflict.IGNORE if leave else None
        self._made = threading.local()

    def apply(self, **values: Any) -> int:
        """Insert a row of these values; 0 when there is one that it conflicts with."""
        plan: _Statement | None = getattr(self._made, "plan", None)
        if plan is None:
            made = self._make()
            fields = [
                field for field in made._meta.concrete_fields if not field.primary_key
            ]
            query = InsertQuery(type(made), on_conflict=self._on_conflict)
            query.insert_values(fields, [made])
            plan = self._made.plan = _Statement(type(made), query)
        return plan.apply(values)


class _Statement:
    """The SQL of a statement that writes."""

    def __init__(self, model: type[Model], query: Any) -> None:
        self.db = router.db_for_write(model)
        made = query.get_compiler(using=self.db).as_sql()
        # Of an INSERT it is a list, with one entry.
        self.sql, self.params = made[0] if isinstance(made, list) else made

    def apply(self, values: Mapping[str, Any]) -> int:
        connection = connections[self.db]
        given = _given(self.params, values, connection)
        with (
            transaction.mark_for_rollback_on_error(using=self.db),
            connection.cursor() as cursor,
        ):
            cursor.execute(self.sql, given)
            return int(cursor.rowcount)


def _given(
    params: Sequence[Any],
    values: Mapping[str, Any],
    connection: Any,
    spliced: Sequence[Any] = (),
) -> list[Any]:
    """Return the parameters of one call, as the database takes them."""
    given: list[Any] = []
    for param in params:
        if isinstance(param, Param):
            field = param.output_field
            given.append(field.get_db_prep_value(values[param.name], connection))
        elif isinstance(param, Spliced):
            given += spliced
        else:
            given.append(param)
    return given


class PreparedCreate(Generic[M]):
    """`objects.create` for one model, whose SQL is made with the first row.

    For models that inherit no table and whose key is made here, not by the database;
    raises TypeError for any other. Values are values, never expressions; but those of
    the fields `from_now` are timedeltas from the database's now, or None. Which moment
    that was is read from the table when somebody asks the new row for it.
    """

    def __init__(self, model: type[M], *, from_now: Collection[str] = ()) -> None:
        about = model._meta
        if about.parents or about.db_returning_fields:
            raise TypeError(
                f"{about.label} needs more than one INSERT of what is here."
            )
        self._model = model
        self._fields = [
            (field, type(field) in PLAIN)
            for field in about.local_concrete_fields
            if not field.generated
        ]
        self._from_now = frozenset(from_now)
        self._sql: dict[str, str] = {}

    def create(self, **values: Any) -> M:
        """Write a row and return it. Raises what `Model.save` does, IntegrityError for
        one; signals are sent as it sends them."""
        moments = {name: values.pop(name) for name in self._from_now}
        row: Any = self._model(**values)
        for name in moments:
            # As a field is that was not read yet.
            del row.__dict__[name]
        using = router.db_for_write(self._model, instance=row)
        row._prepare_related_fields_for_save(operation_name="save")
        about = {"sender": self._model, "instance": row, "raw": False, "using": using}
        pre_save.send(update_fields=None, **about)
        with transaction.mark_for_rollback_on_error(using=using):
            self._insert(row, moments, using)
        row._state.db = using
        row._state.adding = False
        post_save.send(created=True, update_fields=None, **about)
        return row

    def _insert(self, row: Any, moments: Mapping[str, Any], using: str) -> None:
        connection = connections[using]
        params = []
        for field, is_plain in self._fields:
            if field.attname in moments:
                value = _DURATION.get_db_prep_value(moments[field.attname], connection)
                params.append(value)
                continue
            if is_plain:
                value = getattr(row, field.attname)
            else:
                value = field.pre_save(row, add=True)
            # NULL is NULL in every field, and text is text; most of a new row is.
            if value is not None and not (is_plain and type(value) is str):
                value = field.get_db_prep_save(value, connection)
            params.append(value)
        if using not in self._sql:
            self._sql[using] = self._compile(row, using)
        with connection.cursor() as cursor:
            cursor.execute(self._sql[using], params)

    def _compile(self, row: Any, using: str) -> str:
        query = InsertQuery(self._model)
        shape = copy(row)
        for name in self._from_now:
            setattr(shape, name, Now() + Param(name, _DURATION))
        query.insert_values([field for field, _is_plain in self._fields], [shape])
        [(sql, _params)] = query.get_compiler(using=using).as_sql()
        return str(sql)


class _Compiled:
    """The SQL of a queryset, and how what it gives is read."""

    def __init__(self, queryset: QuerySet[Any, Any]) -> None:
        query = queryset.query
        self.db = queryset.db
        self.compiler = query.get_compiler(using=self.db)
        self.sql, self.params = self.compiler.as_sql()
        self.select = self.compiler.select or []
        columns = [column[0] for column in self.select]
        self.converters = self.compiler.get_converters(columns)
        self.names = [*query.values_select, *query.annotation_select]

    def rows(
        self, values: dict[str, Any], sql: str = "", params: Sequence[Any] = ()
    ) -> Any:
        connection = connections[self.db]
        given = _given(self.params, values, connection, params)
        with connection.cursor() as cursor:
            cursor.execute(self.sql.replace(Spliced.MARK, sql), given)
            rows = cursor.fetchall()
        if self.converters:
            return self.compiler.apply_converters(rows, self.converters)
        return rows


class _Plan(_Compiled):
    """How rows become objects, too."""

    def __init__(self, queryset: QuerySet[Any]) -> None:
        super().__init__(queryset)
        about: Any = self.compiler.klass_info
        fields = about["select_fields"]
        self.model = about["model"]
        self.mine = slice(fields[0], fields[-1] + 1)
        self.attributes = [
            column[0].target.attname for column in self.select[self.mine]
        ]
        self.joined = get_related_populators(about, self.select, self.db)
        self.annotated = list(self.compiler.annotation_col_map.items())

    def fetch(self, values: dict[str, Any]) -> list[Any]:
        return [self._object(row) for row in self.rows(values)]

    def _object(self, row: Any) -> Any:
        made = self.model.from_db(self.db, self.attributes, row[self.mine])
        for populator in self.joined:
            populator.populate(row, made)
        for name, column in self.annotated:
            setattr(made, name, row[column])
        return made

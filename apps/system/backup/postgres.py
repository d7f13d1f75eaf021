"""A PostgreSQL database in files, one a table, with nothing but the driver.

`pg_dump` is in no image of ours, and has to be as new as the server. Each table is a
COPY in one snapshot; the tables themselves are made by the migrations that the backup
names. Foreign keys are checked at the end of a transaction, so tables come in any order.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.db import connection, transaction
from django.db.migrations.executor import MigrationExecutor

from apps.system.backup.manifest import RestoreFailed

MIGRATIONS = "django_migrations"
BLOCK_BYTES = 1024 * 1024


@contextmanager
def snapshot() -> Iterator[None]:
    """Read the database as it is at one moment, whatever runs go on."""
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        yield


def tables() -> list[str]:
    """Return the hub's tables that there are."""
    known = connection.introspection.django_table_names(include_views=False)
    with connection.cursor() as cursor:
        there = set(connection.introspection.table_names(cursor))
    return sorted(there.intersection({*known, MIGRATIONS}))


def write_table(table: str, path: Path) -> dict[str, Any]:
    """Write a table's rows into a file; returns its columns and the number of rows."""
    with connection.cursor() as cursor:
        found = connection.introspection.get_table_description(cursor, table)
        columns = [column.name for column in found]
        statement = f"COPY {_quoted(table)} ({_names(columns)}) TO STDOUT"
        with path.open("wb") as file, cursor.copy(statement) as copy:
            for block in copy:
                file.write(block)
        return {"columns": columns, "rows": cursor.rowcount}


def check_may_create() -> None:
    """Refuse a database in which this user could drop tables, and make none."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT has_schema_privilege(current_schema(), 'CREATE')")
        (may,) = cursor.fetchone()
    if not may:
        raise RestoreFailed(
            "This user may make no tables in the database. As its owner: GRANT CREATE ON "
            "SCHEMA public TO …, then restore again."
        )


def drop(names: Iterable[str]) -> None:
    """Remove tables and all that depends on them."""
    with transaction.atomic(), connection.cursor() as cursor:
        for name in names:
            cursor.execute(f"DROP TABLE IF EXISTS {_quoted(name)} CASCADE")


def migrate_to(migrations: list[tuple[str, str]]) -> None:
    """Make the tables as these migrations, and no others, leave them."""
    executor = MigrationExecutor(connection)
    wanted = set(migrations)
    children = executor.loader.graph.node_map
    ends = [
        key
        for key in migrations
        if not any(
            child.key in wanted and child.key[0] == key[0]
            for child in children[key].children
        )
    ]
    executor.migrate(ends)


def load(folder: Path, told: dict[str, dict[str, Any]]) -> None:
    """Fill the tables from the files; all of them or none."""
    with transaction.atomic(), connection.cursor() as cursor:
        there = tables()
        # Migrations have put rows of their own into them.
        cursor.execute(f"TRUNCATE {', '.join(map(_quoted, there))} CASCADE")
        for table, about in told.items():
            _check_names(cursor, table, about["columns"], there)
            names = _names(about["columns"])
            statement = f"COPY {_quoted(table)} ({names}) FROM STDIN"
            path = folder / f"{table}.copy"
            with path.open("rb") as file, cursor.copy(statement) as copy:
                while block := file.read(BLOCK_BYTES):
                    copy.write(block)
            if cursor.rowcount != about["rows"]:
                raise RestoreFailed(
                    f"The table {table} has {cursor.rowcount} rows instead of "
                    f"{about['rows']}."
                )
            _set_sequences(cursor, table)


def _check_names(cursor: Any, table: str, columns: list[str], there: list[str]) -> None:
    """Refuse names that become part of a statement and are none of ours."""
    known: set[str] = set()
    if table in there:
        found = connection.introspection.get_table_description(cursor, table)
        known = {column.name for column in found}
    if not known.issuperset(columns) or not columns:
        raise RestoreFailed(f"The backup is damaged: it has no such table {table!a}.")


def _set_sequences(cursor: Any, table: str) -> None:
    """Have the next row's number be above those that were filled in."""
    for found in connection.introspection.get_sequences(cursor, table):
        column = _quoted(found["column"])
        cursor.execute(
            f"SELECT setval(pg_get_serial_sequence(%s, %s), coalesce(max({column}), 1), "  # noqa: S608
            f"max({column}) IS NOT NULL) FROM {_quoted(table)}",
            [_quoted(table), found["column"]],
        )


def _quoted(name: str) -> str:
    return str(connection.ops.quote_name(name))


def _names(columns: Iterable[str]) -> str:
    return ", ".join(map(_quoted, columns))

"""Old workers go on while a newer version's migrations are applied.

So migrations only add, and add nothing that an old INSERT would lack. What takes away or
tightens comes a version later, and says in a comment that begins with `contract:` why no
version in use needs what goes.
"""

from __future__ import annotations

import inspect
import sys
from pathlib import Path

import pytest
from django.db import migrations, models
from django.db.migrations.loader import MigrationLoader

# Up to these nobody had an older version that could run beside.
FIRST_RELEASE = {"accounts": 1, "runs": 11, "scripts": 2, "system": 3, "tasks": 4}
MARK = "# contract:"
ADDS = (
    migrations.CreateModel,
    migrations.AddIndex,
    migrations.RenameIndex,
    migrations.RemoveIndex,
    migrations.RemoveConstraint,
    migrations.AlterModelOptions,
    migrations.AlterModelManagers,
    migrations.RunPython,
)


def problems(operations):
    """Return what old code may fail of, as sentences."""
    return [
        f"{type(operation).__name__}: {operation.describe()}"
        for operation in operations
        if not isinstance(operation, ADDS) and not _is_optional(operation)
    ]


def _is_optional(operation):
    """Whether it adds a column that an old INSERT may leave out."""
    if not isinstance(operation, migrations.AddField):
        return False
    field = operation.field
    return (
        field.null
        or field.has_db_default()
        or isinstance(field, models.ManyToManyField)
    )


def later_migrations():
    loader = MigrationLoader(None)
    for (app, name), migration in sorted(loader.disk_migrations.items()):
        if type(migration).__module__.startswith("apps."):
            number = int(name.split("_")[0])
            if number > FIRST_RELEASE.get(app, 0):
                yield migration


@pytest.mark.parametrize("migration", list(later_migrations()), ids=str)
def test_a_migration_only_adds_or_says_why_it_may_not(migration):
    source = Path(inspect.getfile(sys.modules[type(migration).__module__]))
    if MARK in source.read_text(encoding="utf-8"):
        return
    assert problems(migration.operations) == []


def test_there_are_migrations_to_look_at():
    assert "runs.0012_worker_clock" in map(str, later_migrations())


NUMBER = models.IntegerField()


@pytest.mark.parametrize(
    "operation",
    [
        migrations.RemoveField("run", "x"),
        migrations.RenameField("run", "x", "y"),
        migrations.DeleteModel("run"),
        migrations.RenameModel("run", "walk"),
        migrations.AlterField("run", "x", NUMBER),
        migrations.AddField("run", "x", NUMBER),
        migrations.AddField("run", "y", models.IntegerField(default=1)),
        migrations.AddConstraint(
            "run", models.CheckConstraint(condition=models.Q(x=1), name="c")
        ),
        migrations.RunSQL("ALTER TABLE runs_run DROP COLUMN x"),
    ],
    ids=lambda operation: operation.describe(),
)
def test_what_takes_away_or_demands_is_found(operation):
    assert len(problems([operation])) == 1


@pytest.mark.parametrize(
    "operation",
    [
        migrations.AddField("run", "x", models.IntegerField(null=True)),
        migrations.AddField("run", "y", models.IntegerField(db_default=1)),
        migrations.CreateModel("walk", [("id", models.AutoField(primary_key=True))]),
        migrations.AddIndex("run", models.Index(fields=["x"], name="i")),
    ],
    ids=lambda operation: operation.describe(),
)
def test_what_only_adds_is_fine(operation):
    assert problems([operation]) == []

"""Databases with all tables in them, which hubs of tests begin with.

To migrate takes seconds, which a test of something else need not pay each time.
"""

from __future__ import annotations

import atexit
import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import uuid
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
from psycopg import sql

from tests.servers.postgres import create_database, drop_database

MIGRATE = [
    *(sys.executable, str(Path(__file__).resolve().parents[2] / "manage.py")),
    *("migrate", "--verbosity", "0"),
]
MIGRATE_S = 120
# What says which hub a database belongs to, and since when: no two may have the same.
ANEW = "UPDATE runs_instance SET id = {0}, created_at = {0}, prune_due_at = {0}"


def lay_tables(path: Path) -> None:
    """Make an SQLite database with all tables, unless there is one."""
    if path.exists():
        return
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    shutil.copyfile(_template(), path)
    path.chmod(0o600)
    now = datetime.now(UTC).strftime("%Y-%m-%d %H:%M:%S.%f")
    database = sqlite3.connect(path)
    try:
        with database:
            database.execute(ANEW.format("?"), (uuid.uuid4().hex, now, now))
    finally:
        database.close()


def lay_tables_in(url: str) -> None:
    """Put a database with all tables in the place of an empty one of PostgreSQL."""
    with psycopg.connect(url) as connection:
        if connection.execute("SELECT to_regclass('django_migrations')").fetchone()[0]:
            return
    server_url = urlsplit(url)._replace(path="/postgres").geturl()
    name = urlsplit(url).path.lstrip("/")
    template = urlsplit(_postgres_template(server_url)).path.lstrip("/")
    drop_database(url)
    with psycopg.connect(server_url, autocommit=True) as connection:
        connection.execute(
            sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(
                sql.Identifier(name), sql.Identifier(template)
            )
        )
    now = datetime.now(UTC)
    with psycopg.connect(url) as connection:
        connection.execute(ANEW.format("%s"), (uuid.uuid4(), now, now))


@cache
def _postgres_template(server_url: str) -> str:
    """Return the address of the database that the others are copies of."""
    url = create_database(server_url)
    with tempfile.TemporaryDirectory(prefix="hub-tables-") as folder:
        _migrate(Path(folder), DATABASE_URL=url)
    return url


@cache
def _template() -> Path:
    """Return the database that the others are copies of, made once a process."""
    folder = Path(tempfile.mkdtemp(prefix="hub-tables-"))
    atexit.register(_remove, folder, os.getpid())
    _migrate(folder)
    return folder / "var" / "database.db"


def _migrate(folder: Path, **env: str) -> None:
    """Make all tables in a database, by default that of the data folder."""
    data = folder / "var"
    data.mkdir(mode=0o700)
    given = {"DATA_DIR": str(data), "WORKSPACE": str(folder), "SECRET_KEY": "none"}
    subprocess.run(
        MIGRATE,
        env={"PATH": os.environ.get("PATH", os.defpath), **given, **env},
        stdin=subprocess.DEVNULL,
        check=True,
        timeout=MIGRATE_S,
    )


def _remove(folder: Path, owner: int) -> None:
    # A forked child inherits this exit handler, and the folder is not its own.
    if os.getpid() == owner:
        shutil.rmtree(folder, ignore_errors=True)

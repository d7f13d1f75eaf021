"""The PostgreSQL of tests: the system's, the wheel's, and its faults."""

from __future__ import annotations

import os
import pwd
import select
import shutil
from contextlib import ExitStack

import psutil
import psycopg
import pytest

from tests.servers import (
    ServerMissing,
    create_database,
    drop_database,
    postgres_server,
)
from tests.servers import postgres as module
from tests.servers.fixtures import missing
from tests.servers.postgres import find_postgres, postgres_of_wheel, reachable


@pytest.fixture(scope="module")
def server():
    with ExitStack() as stack:
        try:
            running = stack.enter_context(postgres_server())
        except ServerMissing as exc:
            missing(exc)
        yield running


def ask(url: str, question: str) -> object:
    """Return the first column of the first row."""
    with psycopg.connect(url, connect_timeout=2) as connection:
        row = connection.execute(question).fetchone()
        return row and row[0]


def test_the_server_of_the_wheel_answers():
    with postgres_server(postgres_of_wheel()) as server:
        assert ask(server.url, "SHOW fsync") == "off"


def test_without_one_on_the_system_the_wheels_is_taken(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(module, "SYSTEM", tmp_path)
    assert find_postgres() == postgres_of_wheel()


def test_the_newest_of_the_system_is_taken(monkeypatch, tmp_path):
    for version in ("9.6", "15", "9"):
        folder = tmp_path / version / "bin"
        folder.mkdir(parents=True)
        for name in ("postgres", "initdb"):
            (folder / name).touch()
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(module, "SYSTEM", tmp_path)
    assert find_postgres() == tmp_path / "15/bin/postgres"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root runs it as another user")
def test_root_runs_it_as_an_unprivileged_user(server):
    user = psutil.Process(server.pid).uids().effective
    assert pwd.getpwuid(user).pw_name in {"postgres", "nobody"}


@pytest.mark.skipif(os.geteuid() != 0, reason="only root runs it as another user")
def test_programs_in_a_folder_of_root_alone_are_copied_and_run(tmp_path):
    package = postgres_of_wheel().parents[2]
    tmp_path.chmod(0o700)
    for folder in (package, package.with_name(f"{package.name}.libs")):
        shutil.copytree(folder, tmp_path / folder.name).chmod(0o700)
    hidden = tmp_path / postgres_of_wheel().relative_to(package.parent)
    with postgres_server(hidden) as server:
        assert server.program.is_relative_to(server.folder)
        assert ask(server.url, "SELECT 1") == 1


def test_programs_that_everybody_reaches_are_used_where_they_are(tmp_path):
    assert reachable(find_postgres(), tmp_path / "copies") == find_postgres()


def test_a_stranger_on_this_machine_is_refused(server):
    with pytest.raises(psycopg.OperationalError, match="password authentication"):
        ask(server.url.replace(server.password, "guess"), "SELECT 1")


def test_databases_are_made_and_removed_even_in_use(server):
    one, other = create_database(server.url), create_database(server.url)
    with psycopg.connect(one, autocommit=True) as user:
        user.execute("CREATE TABLE thing (id int)")
        assert ask(other, "SELECT to_regclass('thing')") is None
        drop_database(one)
        with pytest.raises(psycopg.OperationalError, match="terminating connection"):
            user.execute("SELECT 1")
    drop_database(other)
    assert ask(server.url, "SELECT count(*) FROM pg_database") == 3


def test_it_ends_with_its_folder_when_the_block_is_left():
    with postgres_server() as server:
        tree = server.child.tree()
        assert len(tree) > 3
        connection = psycopg.connect(server.url)
    connection.close()
    assert not [process for process in tree if process.is_running()]
    assert not server.folder.exists()


def test_killed_it_refuses_and_restarted_it_has_its_data(server):
    url = create_database(server.url)
    with psycopg.connect(url) as connection:
        connection.execute("CREATE TABLE thing (id int)")
    server.kill()
    with pytest.raises(psycopg.OperationalError):
        ask(url, "SELECT 1")
    server.restart()
    assert ask(url, "SELECT to_regclass('thing')") == "thing"
    drop_database(url)


def test_restarted_empty_it_has_forgotten(server):
    create_database(server.url)
    server.restart(empty=True)
    assert ask(server.url, "SELECT count(*) FROM pg_database") == 3


def test_frozen_it_is_silent_and_thawed_it_goes_on(server):
    with psycopg.connect(server.url, autocommit=True) as connection:
        server.freeze()
        connection.pgconn.send_query(b"SELECT 1")
        silent, _, _ = select.select([connection.pgconn.socket], [], [], 0.2)
        server.thaw()
        heard, _, _ = select.select([connection.pgconn.socket], [], [], 10)
        connection.pgconn.finish()
    assert (bool(silent), bool(heard)) == (False, True)


def test_an_initdb_that_fails_is_named_with_what_it_said(tmp_path):
    folder = tmp_path / "package/install/bin"
    folder.mkdir(parents=True)
    for program in (folder / "initdb", folder / "postgres"):
        program.write_text("#!/bin/sh\necho no locale of that name >&2\nexit 1\n")
        program.chmod(0o755)
    with (
        pytest.raises(ServerMissing, match="initdb failed:\nno locale of that name"),
        postgres_server(folder / "postgres"),
    ):
        pass

"""A script that is given two secrets, and tells what it was given."""

from __future__ import annotations

import pytest
from django.db import connection

from apps.runs import logs, worker
from apps.tasks.models import Task

PASSWORD = "hunter2-geheim"
TOKEN = "first line of it\nand the second"
DOTS = "••••••"
MARK = {"secret": "stored"}
VAULT = """#!/bin/bash
# /// script
# [tool.automation-hub]
# anonymous = true
# [tool.automation-hub.environment]
# REGION = "eu"
# [tool.automation-hub.parameters.password]
# secret = true
# env = "DB_PASSWORD"
# required = true
# [tool.automation-hub.parameters.token]
# secret = true
# stdin = true
# multiline = true
# [tool.automation-hub.parameters.host]
# ///
echo "region $REGION, arguments: $*"
echo "password has ${#DB_PASSWORD} characters: $DB_PASSWORD"
printf %s "$DB_PASSWORD" | base64
printf %s "${DB_PASSWORD:0:5}"; sleep 0.6; printf '%s\\n' "${DB_PASSWORD:5}"
echo "to stderr: $DB_PASSWORD" >&2
cat > received
wc -c < received
cat received
rm received
echo made > "out-$DB_PASSWORD.txt"
"""


@pytest.fixture
def vault(add_script):
    return add_script("vault.sh", VAULT)


@pytest.fixture
def task(vault):
    return Task(name="nightly", script=vault, parameters={"password": PASSWORD})


@pytest.fixture
def performed():
    """Have a slot perform what waits; returns the run and its log."""

    def perform(run):
        worker.look()
        run.refresh_from_db()
        return run, "".join(logs.read_text(run.pk))

    return perform


def everything() -> str:
    """Return every value of every row of every table, as text."""
    found = []
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names():
            cursor.execute(f'SELECT * FROM "{table}"')
            found += [str(value) for row in cursor.fetchall() for value in row]
    return "\n".join(found)


def assert_nowhere(*secrets: str) -> None:
    """Fail if the database holds one of these in the open."""
    text = everything()
    assert "vault.sh" in text
    for secret in secrets:
        for line in secret.splitlines():
            assert line not in text

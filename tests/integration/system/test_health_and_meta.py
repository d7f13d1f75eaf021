from __future__ import annotations

import sqlite3
from contextlib import closing

import psycopg
import pytest
from django.db import OperationalError, connection
from django.test import Client

from apps.runs import services
from apps.runs.models import Worker
from apps.system import database_health, health

pytestmark = pytest.mark.django_db


@pytest.fixture
def worker():
    services.report_worker(name="w1", pid=1, draining=False)


def test_all_is_well(client, worker):
    answer = client.get("/health")

    assert answer.status_code == 200
    assert answer.json() == {
        "status": "ok",
        "checks": {
            "database": {"ok": True},
            "broker": {"ok": True, "kind": "database"},
            "workers": {"ok": True, "alive": 1, "slots": {"default": 2}},
            "clocks": {"ok": True},
            "versions": {"ok": True},
        },
    }


def test_without_workers_it_is_degraded_and_says_what_to_do(client):
    answer = client.get("/health")

    assert answer.status_code == 200
    assert answer.json()["status"] == "degraded"
    assert "manage.py qcluster" in answer.json()["checks"]["workers"]["message"]


@pytest.fixture
def logged(monkeypatch, caplog):
    """What was logged; nothing was said of any part before."""
    monkeypatch.setattr(health, "_logged_at", {})
    return lambda: [record.getMessage() for record in caplog.records]


@pytest.fixture
def down(monkeypatch):
    """A database whose driver says more than everybody may know."""

    def look():
        failure = OperationalError('user "ann" at db.internal: no route to host')
        return database_health.Look(failure=failure, can_read=False)

    monkeypatch.setattr(database_health, "look", look)


def test_without_a_database_it_is_503_and_names_no_host(client, down, logged):
    answers = [client.get("/health"), client.get("/health/ready")]

    assert [answer.status_code for answer in answers] == [503, 503]
    assert "internal" not in "".join(answer.text for answer in answers)
    assert "OperationalError" in answers[1].json()["message"]
    assert client.get("/health/live").status_code == 200
    assert len([line for line in logged() if "at db.internal" in line]) == 1


def test_what_is_still_wrong_is_logged_again_after_a_minute(
    client, down, monkeypatch, logged
):
    monkeypatch.setattr(health, "LOG_EVERY_S", 0)
    client.get("/health/ready")
    client.get("/health/ready")
    assert len([line for line in logged() if "at db.internal" in line]) == 2


def test_a_database_without_tables_is_503_and_says_what_to_do(client):
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE runs_worker RENAME TO runs_elsewhere")
    answer = client.get("/health")

    assert answer.status_code == 503
    assert answer.json()["checks"]["database"]["message"] == (
        "It has no tables yet; make them with: manage.py setup."
    )


def test_a_database_that_is_read_only_is_degraded(client, worker):
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("PRAGMA query_only = ON")
        else:
            cursor.execute("SET TRANSACTION READ ONLY")
    try:
        answers = client.get("/health"), client.get("/health/ready")
    finally:
        if connection.vendor == "sqlite":
            with connection.cursor() as cursor:
                cursor.execute("PRAGMA query_only = OFF")

    assert [answer.status_code for answer in answers] == [200, 200]
    assert answers[0].json()["status"] == "degraded"
    assert answers[0].json()["checks"]["workers"]["ok"]
    assert answers[0].json()["checks"]["database"]["message"] == (
        "It is read-only; nothing can be started or recorded."
    )


def test_a_wrong_password_is_told_apart(postgres_url):
    with pytest.raises(psycopg.OperationalError) as caught:
        psycopg.connect(postgres_url, password="wrong")
    failure = OperationalError()
    failure.__cause__ = caught.value

    assert database_health.sentence_of(failure) == (
        "It refuses the user or the password that DATABASE_URL names."
    )


def test_a_full_disk_is_told_apart():
    """With the error of a real database that has as many pages as it may."""
    with closing(sqlite3.connect(":memory:")) as full:
        full.execute("PRAGMA max_page_count = 1")
        with pytest.raises(sqlite3.OperationalError) as caught:
            full.execute("CREATE TABLE t (x)")
    failure = OperationalError()
    failure.__cause__ = caught.value

    assert database_health.sentence_of(failure).startswith("Its disk is full")


@pytest.mark.parametrize(
    "path", ["/health", "/health/", "/health/live", "/health/ready"]
)
def test_probes_may_call_by_any_host(path):
    assert Client().get(path, headers={"host": "10.1.2.3:8000"}).status_code == 200


def test_liveness_asks_nobody(django_assert_num_queries, client):
    with django_assert_num_queries(0):
        assert client.get("/health/live").status_code == 200


def test_other_addresses_do_check_the_host():
    assert Client().get("/docs", headers={"host": "evil.example"}).status_code == 400


def test_meta_says_what_runs_here(api_as, hello, worker):
    meta = api_as("Viewer").get("/meta").json()

    assert meta["name"] == "automation-hub"
    assert meta["broker"] == "database"
    assert meta["database"] in {"sqlite", "postgresql"}
    assert meta["counts"] == {"scripts": 1, "tasks": 0, "runs_active": 0}
    assert meta["queues"] == ["default"]


def test_workers_of_another_version_are_told_of_and_nothing_is_wrong(client, worker):
    services.report_worker(name="w2", pid=2, draining=False)
    Worker.objects.filter(name="w2").update(version="0.0.9")

    answer = client.get("/health").json()

    assert answer["status"] == "ok"
    assert answer["checks"]["versions"] == {
        "ok": True,
        "message": "1 of 2 worker(s) are of another version than the portal: an upgrade "
        "goes on, or was left half-way. The console's page of workers says which.",
    }


def test_a_workers_wrong_clock_is_told_of(client, worker):
    Worker.objects.update(clock_ahead_s=-3600.4)

    answer = client.get("/health").json()

    assert answer["status"] == "degraded"
    assert answer["checks"]["clocks"]["message"] == (
        "The clocks of 1 of 1 worker(s) are wrong, one is 3600 s behind the database's "
        "clock; the console's page of workers says whose."
    )


def test_the_console_says_whose_clock_is_wrong(admin_client, worker):
    Worker.objects.update(clock_ahead_s=3600)

    page = admin_client.get("/admin/runs/worker/").content.decode()

    assert "3600 s ahead of the database&#x27;s clock" in page

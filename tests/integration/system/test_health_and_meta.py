from __future__ import annotations

import pytest
from django.db import OperationalError
from django.test import Client

from apps.runs import dispatch, services
from apps.system import health

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


class Broken:
    """A broker's ping and a database's cursor that fail with what a driver may say."""

    def ping(self):
        raise ConnectionRefusedError("redis.internal:6379 refused")

    def cursor(self):
        raise OperationalError('user "ann" at db.internal: no route to host')


def test_without_a_broker_it_is_degraded_and_names_no_host(
    client, worker, monkeypatch, logged
):
    monkeypatch.setattr(dispatch, "_broker", lambda queue: Broken())

    answers = [client.get("/health") for _ in range(3)]

    assert {answer.status_code for answer in answers} == {200}
    assert answers[0].json()["status"] == "degraded"
    assert answers[0].json()["checks"]["broker"] == {
        "ok": False,
        "kind": "database",
        "message": "It does not answer (ConnectionRefusedError); the hub's log says "
        "more.",
    }
    assert logged() == ["The broker does not answer: redis.internal:6379 refused"]


def test_without_a_database_it_is_503_and_names_no_host(client, monkeypatch, logged):
    monkeypatch.setattr(health, "connection", Broken())

    answers = [client.get("/health"), client.get("/health/ready")]

    assert [answer.status_code for answer in answers] == [503, 503]
    assert "internal" not in "".join(answer.text for answer in answers)
    assert "OperationalError" in answers[1].json()["message"]
    assert client.get("/health/live").status_code == 200
    assert len([line for line in logged() if "at db.internal" in line]) == 1


def test_what_is_still_wrong_is_logged_again_after_a_minute(
    client, monkeypatch, logged
):
    monkeypatch.setattr(health, "connection", Broken())
    monkeypatch.setattr(health, "LOG_EVERY_S", 0)
    client.get("/health/ready")
    client.get("/health/ready")
    assert len([line for line in logged() if "at db.internal" in line]) == 2


def test_a_database_without_tables_is_503(client, monkeypatch):
    def no_table():
        raise OperationalError("no such table: runs_worker")

    monkeypatch.setattr(health, "_workers", no_table)

    answer = client.get("/health")

    assert answer.status_code == 503
    assert "runs_worker" not in answer.content.decode()


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

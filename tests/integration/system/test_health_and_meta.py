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


def test_without_a_broker_it_is_degraded(client, worker, monkeypatch):
    monkeypatch.setattr(dispatch, "broker_problem", lambda: "ConnectionError: refused")

    answer = client.get("/health")

    assert answer.status_code == 200
    assert answer.json()["status"] == "degraded"
    assert answer.json()["checks"]["broker"]["message"] == "ConnectionError: refused"


def test_without_a_database_it_is_503_and_readiness_too(client, monkeypatch):
    class Broken:
        def cursor(self):
            raise OperationalError("no route to host")

    monkeypatch.setattr(health, "connection", Broken())

    assert client.get("/health").status_code == 503
    assert client.get("/health/ready").status_code == 503
    assert client.get("/health/live").status_code == 200


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

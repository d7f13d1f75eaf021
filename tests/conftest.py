"""Fixtures that every test may use."""

from __future__ import annotations

import shutil
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from django.utils import timezone, translation
from django_q.brokers.redis_broker import Redis
from django_q.conf import Conf
from rest_framework.test import APIClient

from apps.core import context
from apps.runs import dispatch
from apps.runs.models import Reason, Run, RunStatus, Trigger
from apps.scripts import services as scripts
from apps.scripts.models import Script
from automation_hub.redis_address import redis_options

pytest_plugins = ["tests.servers.fixtures", "tests.failures"]

HELLO = """#!/usr/bin/env python3
# /// script
# [tool.automation-hub]
# title = "Say hello"
# anonymous = true
# ///
import argparse

parser = argparse.ArgumentParser()
parser.add_argument("--name", default="world", help="Who is greeted")
parser.add_argument("--times", type=int, default=1)
args = parser.parse_args()
for _ in range(args.times):
    print("hello", args.name)
"""
CLOSED = '#!/bin/sh\necho "not for everybody"\n'


@pytest.fixture(autouse=True)
def _english() -> Iterator[None]:
    """A request for another language leaves it active in its thread: not for the next
    test."""
    with translation.override("en"):
        yield


@pytest.fixture(autouse=True)
def _no_request() -> None:
    """A request leaves its id to what its thread logs later: not to the next test."""
    context.request_id.set("")


@pytest.fixture
def scripts_dir(settings, tmp_path) -> Path:
    """An empty scripts folder of this test's own, and a data folder beside it."""
    settings.SCRIPTS_DIR = tmp_path / "scripts"
    settings.SCRIPTS_DIR.mkdir()
    settings.DATA_DIR = tmp_path / "var"
    settings.DATA_DIR.mkdir()
    settings.STORAGES = {
        **settings.STORAGES,
        "artifacts": {
            "BACKEND": "django.core.files.storage.FileSystemStorage",
            "OPTIONS": {"location": settings.DATA_DIR / "artifacts"},
        },
    }
    return settings.SCRIPTS_DIR


@pytest.fixture
def add_script(db, scripts_dir):
    """Write a script into the folder, look into it, and return the row."""

    def add(name: str = "hello.py", source: str = HELLO) -> Script:
        path = scripts_dir / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(source)
        path.chmod(0o755)
        scripts.sync_scripts()
        return Script.objects.get(name=name)

    return add


@pytest.fixture
def ship_script(db, scripts_dir):
    """Bring in a script that the project ships."""

    def ship(name: str) -> Script:
        shipped = Path(__file__).parent.parent / "scripts" / name
        shutil.copy(shipped, scripts_dir / name)
        scripts.sync_scripts()
        return Script.objects.get(name=name)

    return ship


@pytest.fixture
def hello(add_script) -> Script:
    return add_script()


@pytest.fixture
def closed(add_script) -> Script:
    """A script that anonymous callers may not run."""
    return add_script("closed.sh", CLOSED)


@pytest.fixture
def redis_broker(shared_redis, settings, monkeypatch) -> Iterator[Redis]:
    """Have this process use a Redis database of its own as the broker; the broker."""
    settings.REDIS_URL = shared_redis.fresh_url()
    options = redis_options(settings.REDIS_URL) | {"retry": None}
    monkeypatch.setattr(Conf, "ORM", None)
    monkeypatch.setattr(Conf, "REDIS", options)
    monkeypatch.setattr(dispatch, "_brokers", {})
    monkeypatch.setattr(dispatch, "_broken_until", 0.0)
    broker = dispatch._broker(settings.QUEUE)
    yield broker
    broker.connection.close()


@pytest.fixture
def make_run(hello):
    """Make a run in any state, with what that state requires filled in."""

    def make(**changes: Any) -> Run:
        values: dict[str, Any] = {
            "script": hello,
            "trigger": Trigger.API,
            "timeout_s": 60,
        }
        status = changes.get("status", RunStatus.QUEUED)
        if status == RunStatus.RUNNING:
            values |= {
                "claim_token": uuid.uuid4(),
                "lease_until": timezone.now() + timezone.timedelta(seconds=30),
                "worker": "somebody",
                "claimed_at": timezone.now(),
                "began_at": timezone.now(),
            }
        elif status != RunStatus.QUEUED:
            values |= {"finished_at": timezone.now(), "reason": Reason.EXIT}
        values |= changes
        values.setdefault("script_name", values["script"].name)
        return Run.objects.create(**values)

    return make


@pytest.fixture
def make_user(db):
    """Make a user in roles, such as make_user("ann", "Operator")."""

    def make(name: str, *roles: str, **changes: Any) -> User:
        user = User.objects.create_user(name, password="a long password", **changes)
        user.groups.set(Group.objects.filter(name__in=roles))
        return user

    return make


@pytest.fixture
def api() -> APIClient:
    """A caller without credentials, from an address that nobody trusts."""
    return APIClient(REMOTE_ADDR="203.0.113.9", headers={"accept": "application/json"})


@pytest.fixture
def api_as(make_user):
    """A signed-in caller in a role: api_as("Operator")."""

    def client_for(*roles: str, **changes: Any) -> APIClient:
        name = "-".join(roles).lower() or f"user{User.objects.count()}"
        client = APIClient(REMOTE_ADDR="203.0.113.9")
        client.force_login(make_user(name, *roles, **changes))
        return client

    return client_for


@pytest.fixture
def nearby(settings) -> APIClient:
    """A caller without credentials from an address that ANONYMOUS_API names."""
    settings.ANONYMOUS_API = ["127.0.0.0/8"]
    return APIClient(REMOTE_ADDR="127.0.0.1", SERVER_NAME="localhost")

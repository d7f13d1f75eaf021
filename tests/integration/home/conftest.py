"""What the tests of the home page share."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from apps.runs.models import Reason, RunStatus, Worker


@pytest.fixture
def look(admin_client):
    """The text of the home page, for an administrator or whoever's client is given."""

    def at(client: Client = admin_client, path: str = "/admin/") -> str:
        answer = client.get(path)
        assert answer.status_code == 200
        return answer.content.decode()

    return at


@pytest.fixture
def fail(make_run):
    """Make a run that failed some hours ago, with the end of its output."""

    def made(said: str | None = None, hours: float = 1, **more):
        at = timezone.now() - timedelta(hours=hours)
        return make_run(
            status=RunStatus.FAILED,
            reason=Reason.EXIT,
            exit_code=1,
            fingerprint=said,
            finished_at=at,
            **more,
        )

    return made


@pytest.fixture
def make_worker(db):
    def made(name: str, **more) -> Worker:
        about = {"queue": "default", "slots": 2, "seen_at": timezone.now()} | more
        return Worker.objects.create(name=name, host="h", pid=1, version="1", **about)

    return made

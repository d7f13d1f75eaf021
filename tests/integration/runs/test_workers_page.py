"""The page of workers: who serves what, what runs there, and what lacks."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from apps.runs.models import RunStatus, Worker
from tests.integration.planning.conftest import text_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def worker(settings):
    def make(name="w1", *, ago_s=0, **changes):
        values = {
            "name": name,
            "host": f"host-of-{name}",
            "pid": 7,
            "queue": "default",
            "slots": 3,
            "version": settings.HUB_VERSION,
            "seen_at": timezone.now() - timedelta(seconds=ago_s),
        }
        return Worker.objects.create(**values | changes)

    return make


@pytest.fixture
def read(admin_client):
    def read(query="", client=admin_client, page="changelist"):
        return text_of(client.get(reverse(f"admin:runs_worker_{page}") + query))

    return read


def test_a_worker_says_what_runs_there_and_what_is_free(worker, read, make_run, hello):
    worker()
    make_run(status=RunStatus.RUNNING, worker="w1")

    text = read()

    assert "1 worker, 1 of 3 slots busy." in text
    assert "w1 host-of-w1 default alive 1 busy, 2 free hello.py since" in text


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"draining": True}, "default draining"),
        ({"problem": "No room."}, "default takes no runs No room."),
        ({"version": "0.0.1"}, "0.0.1 not the portal's"),
        ({"clock_ahead_s": 60.0}, "clock: 60 s ahead of the database's clock"),
    ],
)
def test_what_is_odd_about_a_worker_is_said(worker, read, changes, sentence):
    worker(**changes)

    assert sentence in read()


def test_a_worker_of_the_same_version_is_not_marked(worker, read):
    worker()

    assert "not the portal's" not in read()


def test_those_that_are_gone_are_folded_away(worker, admin_client):
    worker("here")
    worker("old", ago_s=9999)
    worker("older", ago_s=99999)

    text = admin_client.get(reverse("admin:runs_worker_changelist")).content.decode()
    front, _fold, folded = text.partition("<details")

    assert "here" in front
    assert "host-of-old" not in front
    assert "2 workers are gone" in folded
    assert folded.index("host-of-old<") < folded.index("host-of-older<")


def test_a_queue_that_nobody_serves_is_told_with_what_to_do(worker, read, make_run):
    worker()
    worker("away", queue="gpu", ago_s=9999)
    make_run(queue="default")
    for _run in range(2):
        make_run(queue="gpu")
    make_run(queue="never")

    text = read()

    assert "2 runs wait in the queue gpu, which no worker serves." in text
    assert "QUEUE=gpu manage.py qcluster" in text
    assert "A worker of it was last seen" in text
    assert "1 run waits in the queue never" in text
    assert "in the queue default, which" not in text


def test_without_any_it_says_how_to_start_one(read):
    assert "No worker is there, so nothing runs" in read()
    assert "manage.py qcluster" in read()


def test_one_queue_is_chosen_in_the_address(worker, read):
    worker("a")
    worker("b", queue="gpu")

    text = read("?queue=gpu")

    assert "host-of-b" in text
    assert "host-of-a" not in text
    assert "No worker serves the queue none now." in read("?queue=none")


def test_what_a_reader_may_not_see_is_only_counted(
    worker, read, client, make_user, make_run, closed
):
    worker()
    closed.groups.create(name="night shift")
    make_run(status=RunStatus.RUNNING, worker="w1", script=closed)
    client.force_login(make_user("ann", "Viewer", is_staff=True))

    text = read(client=client)

    assert "1 busy, 2 free 1 run that you may not see" in text
    assert "closed.sh" not in text


def test_the_live_part_is_the_same_and_never_kept(worker, admin_client):
    worker()

    answer = admin_client.get(reverse("admin:runs_worker_live"))

    assert "host-of-w1" in text_of(answer)
    assert "no-store" in answer["Cache-Control"]
    assert "<html" not in answer.content.decode()


@pytest.mark.parametrize("page", ["changelist", "live"])
def test_who_may_not_see_workers_sees_none(client, make_user, page):
    client.force_login(make_user("ann", is_staff=True))

    assert client.get(reverse(f"admin:runs_worker_{page}")).status_code == 403


def test_it_asks_as_often_however_many_run(
    worker, admin_client, make_run, django_assert_max_num_queries
):
    for number in range(4):
        worker(f"w{number}")
        for _run in range(3):
            make_run(status=RunStatus.RUNNING, worker=f"w{number}")

    with django_assert_max_num_queries(8):
        admin_client.get(reverse("admin:runs_worker_live"))

"""A worker whose disk is full starts nothing, and everybody is told why."""

from __future__ import annotations

import os
import tempfile

import pytest

from apps.runs import services
from apps.runs.cluster.slot import Slot
from apps.runs.models import Worker
from apps.runs.services import space
from apps.runs.state import Board

EVERYTHING = 2**62


@pytest.fixture(autouse=True)
def _nothing_seen_yet():
    space._last.clear()
    yield
    space._last.clear()


@pytest.fixture
def full(settings, tmp_path):
    """A disk that has less left than a run needs, whatever it has."""
    settings.DATA_DIR, settings.MIN_FREE_BYTES = tmp_path, EVERYTHING


@pytest.fixture
def report(db):
    """Report a worker of a queue, as its own tick does."""

    def report(name, queue="default", problem=None):
        services.report_worker(name=name, pid=1, draining=False)
        changes = {"queue": queue} | ({} if problem is None else {"problem": problem})
        Worker.objects.filter(name=name).update(**changes)

    return report


def test_with_room_there_is_no_problem(settings, tmp_path):
    settings.DATA_DIR, settings.MIN_FREE_BYTES = tmp_path, 1

    assert services.storage_problem() == ""


def test_without_room_it_says_how_much_is_left_and_needed(full):
    problem = services.storage_problem()

    assert problem.startswith("The disk is full: the data folder has ")
    assert problem.endswith("new runs start from 4096.0\xa0PB on (MIN_FREE_BYTES).")


def test_a_slot_says_when_the_disk_becomes_full_and_when_it_is_over(
    full, settings, caplog
):
    said = []
    with tempfile.TemporaryFile() as turn:
        slot = Slot(turn, Board(1))
        for needed in (1, EVERYTHING, EVERYTHING // 2, EVERYTHING // 4, 1, 1):
            settings.MIN_FREE_BYTES = needed
            slot._is_refused()
            said.append(len(caplog.messages))

    assert said == [0, 1, 1, 1, 2, 2]
    assert caplog.messages[0].startswith("The disk is full")
    assert caplog.messages[1] == "New runs start again."


def test_zero_switches_it_off(full, settings):
    settings.MIN_FREE_BYTES = 0
    settings.DATA_DIR = settings.DATA_DIR / "missing"

    assert services.storage_problem() == ""


def test_a_folder_that_is_not_there_is_a_problem_without_its_path(settings, tmp_path):
    settings.DATA_DIR = tmp_path / "missing"

    assert services.storage_problem() == (
        "The data folder cannot be read: No such file or directory."
    )


@pytest.mark.parametrize(("files", "left", "full"), [(9, 0, 1), (9, 1, 0), (0, 0, 0)])
def test_a_disk_without_inodes_is_full(settings, monkeypatch, files, left, full):
    settings.MIN_FREE_BYTES = 1
    found = os.statvfs_result((4096, 4096, 9, 9, 9, files, left, left, 0, 255))
    monkeypatch.setattr(os, "statvfs", lambda folder: found)

    problem = services.storage_problem()

    assert problem == "The disk is full: the data folder can take no more files." * full


def test_it_asks_the_file_system_once_a_second(full, monkeypatch):
    asked = []
    statvfs = os.statvfs
    monkeypatch.setattr(os, "statvfs", lambda path: asked.append(1) or statvfs(path))
    for _ in range(5):
        services.storage_problem()
    assert len(asked) == 1

    monkeypatch.setattr(space, "KEEP_S", 0)
    services.storage_problem()

    assert len(asked) == 2


def test_the_worker_says_so_in_its_row_and_takes_it_back(full, report, settings):
    report("w1")
    assert Worker.objects.get().problem == services.storage_problem() != ""

    settings.MIN_FREE_BYTES = 1
    report("w1")

    assert Worker.objects.get().problem == ""


def test_health_is_degraded_and_tells_why(full, report, client):
    report("w1")
    report("w2", problem="")

    body = client.get("/health").json()

    assert body["status"] == "degraded"
    assert body["checks"]["workers"] | {"slots": 0} == {
        "ok": False,
        "alive": 2,
        "slots": 0,
        "message": "1 of 2 worker(s) start no new runs. " + services.storage_problem(),
    }


def test_the_admin_shows_it(full, report, admin_client):
    report("w1")

    assert "The disk is full" in admin_client.get("/admin/runs/worker/").text


def test_a_folder_that_cannot_be_written_is_a_problem(settings, monkeypatch):
    # As root may write everywhere, and a mount is not for a test to make.
    monkeypatch.setattr(os, "access", lambda path, mode: False)

    assert services.storage_problem() == (
        "The data folder is not writable for the worker's user."
    )

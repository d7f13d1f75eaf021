"""What ended runs left outside the database is cleared away, and nothing else."""

from __future__ import annotations

import os
import time
import uuid
from datetime import timedelta

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import FileSystemStorage
from django.utils import timezone

from apps.core.ids import first_uuid7
from apps.runs import artifacts, services
from apps.runs.models import Artifact, Instance, Run
from apps.runs.services import leftovers

pytestmark = pytest.mark.django_db

NOW = timezone.now()


class Failing(FileSystemStorage):
    """A storage that deletes nothing whose path holds "locked"."""

    asked: list[str] = []

    def delete(self, name):
        self.asked.append(name)
        if "locked" in name:
            raise PermissionError(name)
        super().delete(name)


@pytest.fixture(autouse=True)
def _data(scripts_dir):
    """A data folder of this test's own, and a database that is a year old."""
    Instance.objects.update(created_at=NOW - timedelta(days=365))


@pytest.fixture
def failing(settings):
    Failing.asked = []
    location = settings.DATA_DIR / "artifacts"
    backend = f"{__name__}.{Failing.__name__}"
    settings.STORAGES = {
        **settings.STORAGES,
        "artifacts": {"BACKEND": backend, "OPTIONS": {"location": location}},
    }
    return Failing.asked


@pytest.fixture
def make_old(make_run):
    """Make a run that ended 100 days ago and left these files."""

    def make(*names):
        moment = NOW - timedelta(days=100)
        run = make_run(status="failed", id=an_id(100), finished_at=moment)
        for name in names:
            Artifact.objects.create(
                run=run, name=name, path=keep(run.pk, name), size_bytes=1
            )
        return run

    return make


def an_id(days):
    return first_uuid7(NOW - timedelta(days=days))


def keep(folder, name="a.txt"):
    return artifacts.storage().save(f"{folder}/{name}", ContentFile(b"x"))


def make_work_folder(settings, name, hours=2):
    folder = settings.DATA_DIR / "runs" / str(name)
    (folder / "work").mkdir(parents=True)
    (folder / "work" / "left.txt").write_text("x")
    at = time.time() - hours * 3600
    os.utime(folder, (at, at))
    return folder


# -- Files -----------------------------------------------------------------------
def test_a_file_that_cannot_be_deleted_stops_no_other(failing, make_old, caplog):
    run = make_old("a.txt", "locked.txt", "z.txt")

    assert services.prune(now=NOW).runs == 1

    assert artifacts.storage().listdir(str(run.pk)) == ([], ["locked.txt"])
    assert "locked.txt could not be deleted from the artifacts" in caplog.text
    assert not Run.objects.exists()


def test_a_later_prune_deletes_what_could_not_be_deleted(failing, make_old, settings):
    run = make_old("locked.txt")
    services.prune(now=NOW)
    Failing.delete, deny = FileSystemStorage.delete, Failing.delete
    try:
        report = services.prune(now=NOW)
    finally:
        Failing.delete = deny

    assert report == services.PruneReport(artifacts=1, bytes=1)
    assert not (settings.DATA_DIR / "artifacts" / str(run.pk)).exists()


def test_a_storage_that_is_away_is_not_asked_for_every_file(failing, make_old):
    run = make_old(*(f"locked{n}.txt" for n in range(10)))

    list(leftovers.delete_files((run.pk, a.path) for a in run.artifacts.all()))

    assert len(failing) == 3


def test_a_file_that_is_gone_already_is_no_problem(make_old, caplog):
    run = make_old("a.txt")
    artifacts.storage().delete(run.artifacts.get().path)

    assert services.prune(now=NOW).runs == 1
    assert caplog.text == ""


def test_files_without_a_run_are_swept_and_counted(settings):
    keep(an_id(2), "a.txt")
    keep(an_id(2), "b.txt")

    assert services.prune(now=NOW, dry_run=True).artifacts == 2
    assert services.prune(now=NOW) == services.PruneReport(artifacts=2, bytes=2)
    assert list((settings.DATA_DIR / "artifacts").iterdir()) == []


def test_a_file_without_a_row_goes_with_its_run(make_old, settings):
    run = make_old("a.txt")
    keep(run.pk, "killed before its row.txt")

    services.prune(now=NOW)

    assert not (settings.DATA_DIR / "artifacts" / str(run.pk)).exists()


@pytest.mark.parametrize(
    "name",
    ["backup", an_id(0.01), an_id(400), str(an_id(2)).upper()],
    ids=["no run's", "of this hour", "older than the database", "otherwise written"],
)
def test_files_that_may_be_somebody_elses_are_left_alone(name):
    path = keep(name)

    assert services.prune(now=NOW).artifacts == 0
    assert artifacts.storage().exists(path)


def test_files_of_known_runs_are_left_alone(make_run):
    path = keep(make_run(id=an_id(2)).pk)

    assert services.prune(now=NOW).artifacts == 0
    assert artifacts.storage().exists(path)


# -- Work folders ----------------------------------------------------------------
def test_work_folders_of_ended_and_unknown_runs_go(make_run, settings):
    folders = [
        make_work_folder(settings, make_run(status="failed").pk),
        make_work_folder(settings, uuid.uuid4()),
    ]

    services.prune(now=NOW)

    assert [folder.exists() for folder in folders] == [False, False]


def test_work_folders_that_may_be_in_use_stay(make_run, settings):
    folders = [
        make_work_folder(settings, make_run(status="running").pk),
        make_work_folder(settings, make_run().pk),
        make_work_folder(settings, uuid.uuid4(), hours=0.5),
        make_work_folder(settings, "not-a-run"),
    ]

    services.prune(now=NOW)

    assert all(folder.exists() for folder in folders)


def test_a_work_folder_that_is_a_link_is_not_followed(settings, tmp_path, caplog):
    (tmp_path / "elsewhere").mkdir()
    (settings.DATA_DIR / "runs").mkdir()
    link = settings.DATA_DIR / "runs" / str(uuid.uuid4())
    link.symlink_to(tmp_path / "elsewhere")
    os.utime(link, (1, 1), follow_symlinks=False)

    services.prune(now=NOW)

    assert (tmp_path / "elsewhere").exists()
    assert "could not be deleted" in caplog.text


def test_a_dry_run_leaves_work_folders(settings):
    folder = make_work_folder(settings, uuid.uuid4())

    services.prune(now=NOW, dry_run=True)

    assert folder.exists()

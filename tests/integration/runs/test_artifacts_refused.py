"""What no slip of a script makes an artifact: the hub's own files, and links."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from tests.integration.runs.test_artifacts import collect, kept

pytestmark = pytest.mark.django_db


@pytest.fixture
def own(settings, monkeypatch):
    """Files as the hub has them beside those of its runs."""
    data = Path(settings.DATA_DIR)
    database = dict(settings.DATABASES["default"], NAME=str(data / "database.db"))
    monkeypatch.setitem(settings.DATABASES, "default", database)
    (data / "artifacts" / "another").mkdir(parents=True)
    names = ("secret_key", "secrets_key", "database.db", "database.db-wal")
    for name in (*names, "artifacts/another/1"):
        (data / name).write_text("hush")
    return data


@pytest.mark.parametrize(
    "path",
    [
        *("secret_key", "secrets_key", "database.db", "database.db-wal"),
        *("artifacts/another/1", "runs/../secret_key"),
        *("/proc/self/environ", "/sys/kernel/uevent_seqnum", "/dev/null"),
    ],
)
def test_what_is_the_hubs_or_the_systems_own_is_refused(run, place, own, path):
    place.listed.write_text(f"{own / path}\n")

    (problem,) = collect(run)

    assert "it is the hub's own or the system's" in problem
    assert kept(run) == []


def test_it_is_refused_through_a_folder_that_is_a_link_too(run, place, own):
    (place.work / "here").symlink_to(own)
    place.listed.write_text("here/secret_key\n")

    (problem,) = collect(run)

    assert "it is the hub's own" in problem
    assert kept(run) == []


def test_a_work_folder_that_became_a_link_is_left_alone(run, place, tmp_path):
    (tmp_path / "theirs").mkdir()
    (tmp_path / "theirs" / "private.txt").write_text("hush")
    place.work.rmdir()
    place.work.symlink_to(tmp_path / "theirs")

    collect(run)

    assert kept(run) == []


def test_a_list_that_is_a_link_is_not_read(run, place, tmp_path):
    (tmp_path / "file.txt").write_text("x")
    (tmp_path / "list").write_text(f"{tmp_path / 'file.txt'}\n")
    place.listed.unlink()
    place.listed.symlink_to(tmp_path / "list")

    assert collect(run) == []
    assert kept(run) == []


def test_patterns_find_nothing_in_environments_that_are_built_meanwhile(
    run, place, settings
):
    built = Path(settings.DATA_DIR) / "envs" / "ab" / "lib"
    built.mkdir(parents=True)
    (built / "entry_points.txt").write_text("now")

    collect(run, "**/*.txt", since=time.time() - 5)

    assert kept(run) == []

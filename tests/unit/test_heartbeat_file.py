"""The file by which a probe sees that a worker is well."""

from __future__ import annotations

import os

import pytest

from apps.runs.cluster.main import Heartbeat


@pytest.fixture
def path(tmp_path):
    return tmp_path / "heartbeat"


def test_it_is_renewed_when_its_time_has_come(path, settings):
    settings.HEARTBEAT_S = 0
    heartbeat = Heartbeat(path)
    heartbeat.go_on()
    os.utime(path, (1, 1))

    heartbeat.go_on()

    assert path.stat().st_mtime > 1


def test_it_is_left_alone_until_then(path, settings):
    settings.HEARTBEAT_S = 1000
    heartbeat = Heartbeat(path)
    heartbeat.go_on()
    os.utime(path, (1, 1))

    heartbeat.go_on()

    assert path.stat().st_mtime == 1


def test_it_goes_with_its_worker(path):
    heartbeat = Heartbeat(path)
    heartbeat.go_on()

    heartbeat.end()

    assert not path.exists()


def test_a_file_that_cannot_be_written_is_named_and_ends_nothing(tmp_path, caplog):
    heartbeat = Heartbeat(tmp_path / "no such folder" / "heartbeat")

    heartbeat.go_on()
    heartbeat.end()

    assert "HEARTBEAT_FILE cannot be written" in caplog.text


def test_without_a_name_there_is_none():
    heartbeat = Heartbeat(None)

    heartbeat.go_on()
    heartbeat.end()

    assert heartbeat.path is None

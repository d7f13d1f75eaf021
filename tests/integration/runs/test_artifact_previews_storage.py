"""Previews of files that are gone, large, or in a bucket that may be away."""

from __future__ import annotations

import itertools

import pytest
from django.core.files.base import File
from django.core.files.storage import FileSystemStorage

from apps.runs import artifacts
from apps.runs.admin.artifacts import address
from automation_hub.addresses import artifacts_storage
from tests.integration.runs.kept import keep, page, run_page
from tests.servers.fixtures import missing
from tests.servers.process import ServerMissing
from tests.servers.s3 import KEYS, s3_server

pytestmark = pytest.mark.django_db

GIVEN = {
    "access_key": KEYS["AWS_ACCESS_KEY_ID"],
    "secret_key": KEYS["AWS_SECRET_ACCESS_KEY"],
}
NUMBERS = itertools.count(1)
GIF = b"GIF89a\1\0\1\0\0\0\0;"
AWAY = "The artifact storage does not answer"


@pytest.fixture(scope="module")
def server():
    try:
        with s3_server() as server:
            yield server
    except ServerMissing as exc:
        missing(exc)


@pytest.fixture
def bucket(server, scripts_dir, settings):
    """A bucket of this test's own, which STORAGES names."""
    name = f"bucket-{next(NUMBERS)}"
    entry = artifacts_storage(server.artifacts_url(name), settings.DATA_DIR, **GIVEN)
    settings.STORAGES = {**settings.STORAGES, "artifacts": entry}
    return name


class Counted(File):
    """A file that counts what is read of it."""

    read_bytes = 0

    def read(self, size=-1):
        assert 0 < size <= 2**20, "A file is read in blocks."
        Counted.read_bytes += size
        return self.file.read(size)


class CountingStorage(FileSystemStorage):
    def _open(self, name, mode="rb"):
        return Counted(super()._open(name, mode))


@pytest.fixture
def run(make_run):
    return make_run(status="completed")


@pytest.mark.parametrize("name", ["a.txt", "a.json", "a.md", "a.csv", "a", "a.gif"])
def test_a_file_that_is_gone_is_a_sentence(admin_client, run, name):
    artifact = keep(run, name, "x", path=f"{run.pk}/gone")

    for text in (run_page(admin_client, run), page(admin_client, artifact)):
        assert "has no artifact" in text or "data-fetch=" in text
    assert "has no artifact" in page(admin_client, artifact, query="?part")
    assert admin_client.get(address("picture", artifact)).status_code == 404


def test_of_a_large_file_no_more_than_its_beginning_is_read(
    admin_client, run, settings
):
    large = keep(run, "a.txt", b"line\n" * 2**20)
    settings.STORAGES = {
        **settings.STORAGES,
        "artifacts": {
            "BACKEND": f"{__name__}.CountingStorage",
            "OPTIONS": {"location": settings.DATA_DIR / "artifacts"},
        },
    }
    Counted.read_bytes = 0

    assert "Only the first 512.0\xa0KB of its 5.0\xa0MB" in page(admin_client, large)
    assert 0 < Counted.read_bytes <= 512 * 1024


def test_a_file_in_a_bucket_has_its_page_and_its_picture(admin_client, bucket, run):
    text, picture = keep(run, "a.txt", "in a bucket"), keep(run, "pic.gif", GIF)

    assert "in a bucket</pre>" in page(admin_client, text)
    answer = admin_client.get(address("picture", picture))
    assert b"".join(answer.streaming_content) == GIF


def test_the_runs_page_asks_no_bucket(admin_client, bucket, run, monkeypatch):
    keep(run, "a.txt", "in a bucket")
    monkeypatch.setattr(artifacts, "read_start", None)

    text = run_page(admin_client, run)

    assert '<details class="hub-artifact-preview" open data-fetch=' in text


@pytest.mark.parametrize("view", ["artifact", "compare"])
def test_a_bucket_that_is_away_is_a_sentence(
    admin_client, scripts_dir, settings, make_run, view
):
    keep(make_run(status="completed"), "a.txt", "x")
    artifact = keep(make_run(status="completed"), "a.txt", "y")
    _use_a_bucket_that_is_away(settings)

    assert AWAY in page(admin_client, artifact, view=view)
    assert admin_client.get(address("picture", artifact)).status_code == 503


def test_a_read_that_breaks_off_is_a_sentence(admin_client, run, monkeypatch):
    artifact = keep(run, "a.txt", "x")

    def fail(*args):
        raise OSError("broken")

    monkeypatch.setattr(File, "read", fail, raising=False)

    assert AWAY in page(admin_client, artifact)


def _use_a_bucket_that_is_away(settings):
    # Nothing listens on port 1.
    url = "s3://bucket/hub?endpoint_url=http://127.0.0.1:1&region_name=eu-west-1"
    entry = artifacts_storage(url, settings.DATA_DIR, **GIVEN)
    settings.STORAGES = {**settings.STORAGES, "artifacts": entry}

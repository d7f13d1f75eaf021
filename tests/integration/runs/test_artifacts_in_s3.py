"""Artifacts in a bucket: kept, read, swept; and what happens when it is away.

A real server that speaks S3.
"""

from __future__ import annotations

import hashlib
import itertools
from datetime import timedelta

import pytest
from django.core.files.base import ContentFile
from django.utils import timezone

from apps.core.ids import first_uuid7
from apps.runs import artifacts, s3, services
from apps.runs.folders import folders as folders_of
from apps.runs.models import Artifact, Instance
from automation_hub.addresses import artifacts_storage
from tests.servers.fixtures import missing
from tests.servers.process import ServerMissing
from tests.servers.s3 import KEYS, s3_server

pytestmark = pytest.mark.django_db

GIVEN = {
    "access_key": KEYS["AWS_ACCESS_KEY_ID"],
    "secret_key": KEYS["AWS_SECRET_ACCESS_KEY"],
}
NUMBERS = itertools.count(1)
# More than one part of an upload in parts.
LARGE = bytes(range(256)) * 4096 * 10


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
    use(settings, server.artifacts_url(name))
    yield name
    server.thaw()


def use(settings, url):
    entry = artifacts_storage(url, settings.DATA_DIR, **GIVEN)
    settings.STORAGES = {**settings.STORAGES, "artifacts": entry}


@pytest.fixture
def run(make_run):
    return make_run(status="running")


@pytest.fixture
def leave(run):
    """Have the run leave files, and collect them; returns what was not kept and why."""
    place = folders_of(run)
    place.make()

    def leave(keep_on=lambda: True, **files):
        for name, content in files.items():
            (place.work / name).write_bytes(content)
        return artifacts.collect(run, patterns=[], since=0, keep_on=keep_on)

    return leave


@pytest.fixture
def download(api_as, run):
    client = api_as("Operator")
    return lambda name: client.get(f"/runs/runs/{run.pk}/artifacts/{name}")


def test_what_a_run_left_is_in_the_bucket_below_the_prefix(server, bucket, run, leave):
    assert leave(report=b"x" * 10) == []

    (key,) = server.keys_in(bucket)
    artifact = Artifact.objects.get(run=run)
    assert key == f"hub/{artifact.path}"
    assert artifact.path.startswith(f"{run.pk}/")
    assert artifact.sha256 == hashlib.sha256(b"x" * 10).hexdigest()


@pytest.mark.parametrize("content", [b"", b"x", LARGE], ids=["empty", "one", "large"])
def test_it_comes_back_as_it_was_in_pieces(bucket, leave, download, content):
    assert leave(report=content) == []

    answer = download("report")

    assert answer.status_code == 200
    assert answer["Content-Length"] == str(len(content))
    assert answer["Content-Disposition"] == 'attachment; filename="report"'
    blocks = list(answer.streaming_content)
    assert b"".join(blocks) == content
    assert max(map(len, blocks), default=0) <= 64 * 1024


def test_it_is_read_from_the_network_as_it_is_sent(bucket, run, leave):
    leave(report=LARGE)

    with artifacts.open_kept(Artifact.objects.get(run=run)) as file:
        assert not file.seekable()
        assert file.read(3) == LARGE[:3]
        assert file.read() == LARGE[3:]


def test_one_that_is_gone_from_the_bucket_is_404(server, bucket, run, leave, download):
    leave(report=b"x")
    server.client().delete_object(Bucket=bucket, Key=server.keys_in(bucket)[0])

    answer = download("report")

    assert answer.status_code == 404
    assert answer.json()["message"] == f"Run {run.pk} has no artifact 'report'."


def test_without_its_bucket_a_download_is_503_with_a_sentence(
    server, bucket, run, leave, download, settings, caplog
):
    leave(report=b"x")
    use(settings, server.url_of("elsewhere"))

    answer = download("report")

    assert (answer.status_code, answer["Retry-After"]) == (503, "5")
    assert answer.json() == {
        "code": "artifacts_unavailable",
        "message": "The artifact storage does not answer, so 'report' of run "
        f"{run.pk} cannot be had now. Try again later.",
    }
    assert "NoSuchBucket" in caplog.text


def test_while_the_server_is_frozen_a_download_is_503(
    server, bucket, leave, download, monkeypatch, settings
):
    leave(report=b"x")
    monkeypatch.setattr(s3, "READ_S", 0.2)
    monkeypatch.setattr(s3, "ATTEMPTS", 1)
    use(settings, server.url_of(bucket))

    server.freeze()
    assert download("report").status_code == 503

    server.thaw()
    monkeypatch.undo()
    assert b"".join(download("report").streaming_content) == b"x"


def test_what_a_bucket_does_not_take_is_named_and_not_asked_for_again(
    server, bucket, run, leave, settings, caplog
):
    use(settings, server.url_of("elsewhere"))

    problems = leave(a=b"1", b=b"2", c=b"3", d=b"4")

    work = folders_of(run).work
    assert problems == [
        f"{work / name} was not kept: the artifact storage failed ({why})"
        for name, why in [
            ("a", "NoSuchBucket"),
            ("b", "NoSuchBucket"),
            ("c", "not tried after these"),
            ("d", "not tried after these"),
        ]
    ]
    assert not Artifact.objects.exists()
    assert caplog.text.count("was not stored") == 2


def test_a_server_that_is_not_there_is_named_without_its_address(
    bucket, leave, settings
):
    use(settings, "s3://bucket?endpoint_url=http://127.0.0.1:1&region_name=x")

    (problem,) = leave(a=b"1")

    assert problem.endswith("the artifact storage failed (EndpointConnectionError)")


def test_a_long_upload_asks_whether_the_run_is_still_ours(server, bucket, leave):
    asked = []

    def keep_on():
        asked.append(1)
        return len(asked) < 3

    assert leave(keep_on, large=LARGE) == []
    assert server.keys_in(bucket) == []
    assert not Artifact.objects.exists()


def test_a_slow_upload_asks_at_each_block_that_it_sends(bucket, leave):
    asked = []

    def keep_on():
        asked.append(1)
        return True

    assert leave(keep_on, large=LARGE) == []

    # Blocks of 128 KiB at most, so that hardly a network is too slow for a lease.
    assert len(asked) > len(LARGE) / 2**17


def test_a_storage_says_at_each_request_that_it_is_at_work(bucket):
    told = []

    with artifacts.watched(lambda: told.append(1)):
        artifacts.storage().exists("a")
        assert len(told) == 1
        artifacts.storage().delete("a")

    assert len(told) == 2


@pytest.mark.parametrize("prefix", ["hub", "hub/deep", ""])
def test_the_folders_of_a_bucket_are_named_page_by_page(
    server, bucket, settings, prefix
):
    use(settings, server.url_of(bucket, prefix))
    storage = artifacts.storage()
    for name in ("one", "two", "three"):
        storage.save(f"{name}/file", ContentFile(b"x"))

    assert sorted(storage.folder_names()) == ["one", "three", "two"]
    assert sorted(storage.listdir("")[0]) == ["one", "three", "two"]


def test_retention_deletes_what_is_in_the_bucket(server, bucket, make_run):
    moment = timezone.now() - timedelta(days=100)
    Instance.objects.update(created_at=moment - timedelta(days=1))
    run = make_run(status="failed", id=first_uuid7(moment), finished_at=moment)
    (folders_of(run)).make()
    (folders_of(run).work / "a").write_bytes(b"123")
    artifacts.collect(run, patterns=[], since=0, keep_on=lambda: True)
    assert len(server.keys_in(bucket)) == 1

    assert services.prune().artifacts == 1
    assert server.keys_in(bucket) == []


def test_objects_without_a_run_are_swept_and_counted(server, bucket):
    Instance.objects.update(created_at=timezone.now() - timedelta(days=100))
    run_id = first_uuid7(timezone.now() - timedelta(days=2))
    client = server.client()
    for key in (f"hub/{run_id}/a", f"hub/{run_id}/b", "hub/other/c", "top"):
        client.put_object(Bucket=bucket, Key=key, Body=b"12")

    report = services.prune()

    assert (report.artifacts, report.bytes) == (2, 4)
    assert server.keys_in(bucket) == ["hub/other/c", "top"]


def test_a_bucket_that_is_away_stops_no_pruning(server, bucket, settings, caplog):
    use(settings, server.url_of("elsewhere"))

    assert services.prune() == services.PruneReport()
    assert "The artifacts cannot be listed" in caplog.text


@pytest.mark.parametrize("verb", ["exists", "size", "delete", "listdir", "open"])
def test_whatever_is_asked_of_a_bucket_that_is_away_fails_as_an_oserror(
    server, bucket, settings, verb
):
    use(settings, "s3://bucket?endpoint_url=http://127.0.0.1:1&region_name=x")

    with pytest.raises(artifacts.StorageFailed, match="EndpointConnectionError"):
        getattr(artifacts.storage(), verb)("a/b")

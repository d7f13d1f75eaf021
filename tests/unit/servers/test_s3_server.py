"""The S3-compatible server of tests, and its faults."""

from __future__ import annotations

import pytest
from botocore.exceptions import EndpointConnectionError, ReadTimeoutError

from tests.servers import ServerMissing
from tests.servers.fixtures import missing
from tests.servers.s3 import s3_server


@pytest.fixture
def server():
    try:
        with s3_server() as server:
            yield server
    except ServerMissing as exc:
        missing(exc)


def test_it_keeps_objects_in_buckets_of_their_own(server):
    url = server.artifacts_url("one")
    server.artifacts_url("other")
    server.client().put_object(Bucket="one", Key="a/b", Body=b"x")

    assert (server.keys_in("one"), server.keys_in("other")) == (["a/b"], [])
    assert url.startswith("s3://one/hub?endpoint_url=http%3A%2F%2F127.0.0.1")


def test_frozen_it_is_silent_and_thawed_it_goes_on(server):
    server.freeze()
    with pytest.raises(ReadTimeoutError):
        server.client().list_buckets()

    server.thaw()

    assert server.answers()


def test_killed_it_refuses_and_restarted_it_is_empty(server):
    server.artifacts_url("one")
    server.kill()
    with pytest.raises(EndpointConnectionError):
        server.client().list_buckets()

    server.start()

    assert server.client().list_buckets()["Buckets"] == []

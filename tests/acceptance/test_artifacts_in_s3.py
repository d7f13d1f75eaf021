"""A whole hub whose artifacts are in a bucket, and what happens when that is away."""

from __future__ import annotations

import pytest

from tests.servers.fixtures import missing
from tests.servers.process import ServerMissing
from tests.servers.s3 import KEYS, s3_server

pytestmark = pytest.mark.acceptance

SCRIPT = """#!/bin/sh
# /// script
# [tool.automation-hub]
# anonymous = true
# ///
echo hello > report.txt
"""


@pytest.fixture
def server():
    try:
        with s3_server() as server:
            yield server
    except ServerMissing as exc:
        missing(exc)


@pytest.fixture
def hub(make_hub, server, tmp_path):
    (tmp_path / "key").write_text(KEYS["AWS_SECRET_ACCESS_KEY"] + "\n")
    hub = make_hub(
        ANONYMOUS_API="127.0.0.0/8",
        ARTIFACTS_URL=server.artifacts_url("kept"),
        AWS_ACCESS_KEY_ID=KEYS["AWS_ACCESS_KEY_ID"],
        AWS_SECRET_ACCESS_KEY_FILE=str(tmp_path / "key"),
    )
    hub.add_script("report.sh", SCRIPT)
    return hub.start()


def finish_run(hub):
    """Run the script to its end, which the storage does not change; the run's JSON."""
    answer = hub.request("POST", "/runs/runs", json={"script_name": "report.sh"})
    run = hub.wait_for_run(answer.json()["run_id"])
    assert run["status"] == "completed"
    return run


def download(hub, run):
    return hub.request("GET", f"/runs/runs/{run['run_id']}/artifacts/report.txt")


def test_artifacts_go_to_the_bucket_and_come_from_it(hub, server):
    run = finish_run(hub)

    assert [artifact["name"] for artifact in run["artifacts"]] == ["report.txt"]
    assert len(server.keys_in("kept")) == 1
    assert download(hub, run).text == "hello\n"
    assert not (hub.data_dir / "artifacts").exists()


def test_while_it_is_away_runs_end_as_they_did_and_downloads_are_refused(hub, server):
    before = finish_run(hub)
    server.kill()

    run = finish_run(hub)
    refused = download(hub, before)

    assert run["artifacts"] == []
    log = hub.request("GET", f"/runs/runs/{run['run_id']}/log").text
    assert "report.txt was not kept: the artifact storage failed" in log
    assert (refused.status, refused.headers["Retry-After"]) == (503, "5")
    assert "Try again later." in refused.json()["message"]

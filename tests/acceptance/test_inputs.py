"""A whole hub with files and choices: portal, workers and both databases for real."""

from __future__ import annotations

import hashlib
import http.client
import tarfile
import threading

import psutil
import pytest

from tests.integration.inputs.conftest import READS
from tests.integration.inputs.test_choices import HOSTS, USES
from tests.servers.fixtures import missing
from tests.servers.process import ServerMissing
from tests.servers.s3 import KEYS, s3_server

pytestmark = pytest.mark.acceptance

MIB = 2**20
SUM = """#!/bin/sh
# /// script
# [tool.automation-hub.parameters.data]
# file = true
# ///
sha256sum < "${1#--data=}"
pwd; echo "${1#--data=}"
"""
SLOW = "sleep 1\n"


@pytest.fixture(params=[("sqlite", "orm"), ("postgres", "redis")], ids=" ".join)
def hub(request, make_hub):
    database, broker = request.param
    return started(make_hub(database=database, broker=broker))


def started(hub):
    hub.add_script("sum.sh", SUM)
    hub.add_script("reads.py", READS)
    hub.add_script("hosts.sh", HOSTS + SLOW)
    hub.add_script("uses.sh", USES)
    hub.start(workers=2)
    hub.token = token_of(hub, "admin")
    return hub


def token_of(hub, user):
    return hub.manage("token", "create", "t", "--user", user).stdout.strip()


def send(hub, content, name="data.csv"):
    answer = hub.request(
        "POST",
        f"/uploads?name={name}",
        body=content,
        headers={"Content-Type": "application/octet-stream"},
        token=hub.token,
        timeout_s=60,
    )
    assert answer.status == 201, answer.text
    return answer.json()


def send_form(hub, content, name="data.csv"):
    head = f'--b\r\nContent-Disposition: form-data; name="file"; filename="{name}"'
    body = f"{head}\r\n\r\n".encode() + content + b"\r\n--b--\r\n"
    kind = {"Content-Type": "multipart/form-data; boundary=b"}
    answer = hub.request(
        "POST", "/uploads", body=body, headers=kind, token=hub.token, timeout_s=60
    )
    assert answer.status == 201, answer.text
    return answer.json()


def run(hub, script, **parameters):
    body = {"script_name": script, "parameters": parameters}
    answer = hub.request("POST", "/runs/runs", json=body, token=hub.token)
    assert answer.status == 201, answer.text
    found = hub.wait_for_run(answer.json()["run_id"], 30, token=hub.token)
    log = hub.request("GET", f"/runs/runs/{found['run_id']}/log", token=hub.token)
    return found, log.text


def ask(hub, **body):
    body = {"parameter": "host", "parameters": {"env": "dev"}} | body
    return hub.request("POST", "/scripts/uses.sh/choices", json=body, token=hub.token)


def test_a_file_gets_to_the_script_whole(hub):
    content = bytes(range(256)) * 4096 * 20
    digest = hashlib.sha256(content).hexdigest()
    for upload in (send(hub, content), send_form(hub, content)):
        assert (upload["sha256"], upload["size_bytes"]) == (digest, 20 * MIB)
        found, log = run(hub, "sum.sh", data=upload["id"])
        sha256, work, path = log.splitlines()
        assert (found["status"], sha256.split()[0]) == ("completed", digest)
        assert path == f"{work}/inputs/data/data.csv"
        assert found["artifacts"] == []


def test_a_large_file_is_in_nobodys_memory(make_hub):
    hub = started(make_hub())
    portal = psutil.Process(hub.children[0].pid)
    workers = [portal, *portal.children(recursive=True)]

    def memory():
        return max(one.memory_info().rss for one in workers if one.is_running())

    send(hub, b"x")
    before = memory()
    for sender in (send, send_form):
        sender(hub, b"x" * (90 * MIB))
        assert memory() - before < 30 * MIB


@pytest.mark.parametrize("kind", ["application/octet-stream", "multipart/form-data"])
def test_a_client_that_goes_in_the_middle_leaves_nothing(make_hub, kind):
    hub = started(make_hub())
    connection = http.client.HTTPConnection("127.0.0.1", hub.port, timeout=15)
    connection.putrequest("POST", "/uploads?name=a.csv")
    connection.putheader("Content-Type", f"{kind}; boundary=b")
    connection.putheader("Content-Length", str(8 * MIB))
    connection.putheader("Authorization", f"Bearer {hub.token}")
    connection.endheaders()
    part = b'--b\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\n'
    connection.send((part if "form" in kind else b"") + b"x" * MIB)
    folder = hub.data_dir / "artifacts" / "uploads"
    if "form" not in kind:
        hub.wait_for(
            lambda: folder.is_dir() and list(folder.iterdir()),
            what="the file was begun",
        )
    connection.close()

    # The next request is answered, and by then or soon nothing is there.
    assert hub.request("GET", "/uploads", token=hub.token).json()["results"] == []
    hub.wait_for(
        lambda: not folder.is_dir() or not list(folder.iterdir()),
        what="what had come was gone",
    )


def test_a_file_over_the_limit_is_answered(make_hub):
    hub = started(make_hub(UPLOAD_LIMIT_BYTES=str(MIB)))
    for size in (MIB + 1, 5 * MIB):
        answer = hub.request(
            "POST",
            "/uploads?name=a",
            body=b"x" * size,
            headers={"Content-Type": "application/octet-stream"},
            token=hub.token,
        )
        assert (answer.status, answer.json()["code"]) == (413, "too_large")


def test_choices_are_listed_once_for_all_who_ask(hub):
    answers = []
    threads = [
        threading.Thread(target=lambda: answers.append(ask(hub))) for _ in range(6)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {answer.status for answer in answers} == {202}
    assert len({answer.json()["run_id"] for answer in answers}) == 1

    # Until then no value is taken.
    body = {"script_name": "uses.sh", "parameters": {"env": "dev", "host": "dev1"}}
    early = hub.request("POST", "/runs/runs", json=body, token=hub.token)
    assert (early.status, list(early.json()["fields"])) == (400, ["parameters.host"])
    ready = hub.wait_for(
        lambda: (answer := ask(hub)).status == 200 and answer, what="they were listed"
    )
    assert [one["value"] for one in ready.json()["choices"]] == ["dev1", "dev2"]
    found, log = run(hub, "uses.sh", env="dev", host="dev2")
    assert (found["status"], log) == ("completed", "--env=dev --host=dev2\n")
    page = hub.request("GET", "/runs/runs?script=hosts.sh", token=hub.token).json()
    assert [one["trigger"] for one in page["results"]] == ["choices"]


def test_choices_that_take_too_long_are_given_up(make_hub):
    hub = started(make_hub())
    hub.add_script("hosts.sh", HOSTS + "sleep 60\n")
    hub.add_script("uses.sh", USES.replace("timeout_s = 7", "timeout_s = 1"))
    assert ask(hub).status == 202
    given_up = hub.wait_for(
        lambda: (answer := ask(hub)).status == 409 and answer, what="it was given up"
    )
    assert "hosts.sh listed no choices" in given_up.json()["message"]


def test_the_command_line_sends_files_and_waits_for_choices(hub):
    path = hub.folder / "my file.csv"
    path.write_text("of this host")
    done = hub.manage("run", "reads.py", f"data={path}", "--wait")
    assert done.stdout == "inputs/data/my file.csv b'of this host'\n"
    done = hub.manage("run", "uses.sh", "env=prod", "host=prod2", "--wait")
    assert done.stdout == "--env=prod --host=prod2\n"


def test_files_may_be_in_a_bucket(make_hub, tmp_path):
    try:
        with s3_server() as server:
            (tmp_path / "key").write_text(KEYS["AWS_SECRET_ACCESS_KEY"] + "\n")
            hub = started(
                make_hub(
                    ARTIFACTS_URL=server.artifacts_url("kept"),
                    AWS_ACCESS_KEY_ID=KEYS["AWS_ACCESS_KEY_ID"],
                    AWS_SECRET_ACCESS_KEY_FILE=str(tmp_path / "key"),
                )
            )
            # More than one part of an upload in parts.
            content = bytes(range(256)) * 4096 * 20
            for upload in (send(hub, content), send_form(hub, b"small")):
                found, log = run(hub, "sum.sh", data=upload["id"])
                assert log.split()[0] == upload["sha256"], found["message"]
            assert len(server.keys_in("kept")) == 2
            assert not (hub.data_dir / "artifacts").exists()
            server.kill()
            answer = hub.request(
                "POST",
                "/uploads?name=a",
                body=b"x",
                headers={"Content-Type": "text/plain"},
                token=hub.token,
                timeout_s=60,
            )
            assert (answer.status, answer.json()["code"]) == (
                503,
                "uploads_unavailable",
            )
    except ServerMissing as exc:
        missing(exc)


def test_a_backup_has_the_files_that_were_sent(make_hub, tmp_path):
    hub = make_hub()
    hub.add_script("sum.sh", SUM)
    hub.setup()
    data = tmp_path / "data.csv"
    data.write_text("kept")
    hub.manage("run", "sum.sh", f"data={data}")
    hub.manage("backup", str(tmp_path / "backup.tar.gz"))
    with tarfile.open(tmp_path / "backup.tar.gz") as archive:
        [sent] = [name for name in archive.getnames() if "artifacts/uploads/" in name]
        assert archive.extractfile(sent).read() == b"kept"

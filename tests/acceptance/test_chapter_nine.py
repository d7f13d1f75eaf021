"""Chapter 9 of the deployment guide, with the manifests' pods as processes.

What the pods are told and run is read from k8s/; they share the data folder and Redis,
and nothing else.
"""

from __future__ import annotations

import http.server
import re
import threading

import pytest

from tests.acceptance.pods import Pod, build_image
from tests.servers.process import is_zombie

pytestmark = pytest.mark.acceptance
FEED = (
    '<?xml version="1.0"?><rss version="2.0"><channel><title>News</title>'
    "<link>http://127.0.0.1/</link><description>d</description>"
    "<item><title>One</title><link>http://127.0.0.1/1</link></item>"
    "</channel></rss>"
)
PASSWORD = re.compile(r"Administrator: admin  password: \S+  \(shown once\)")
# Waits until the test lets all go.
GATE = """#!/usr/bin/env python3
# /// script
# [tool.automation-hub]
# anonymous = true
# ///
import os, time
print("waiting", flush=True)
while not os.path.exists(os.path.join(os.environ["DATA_DIR"], "go")):
    time.sleep(0.05)
"""
NODE_PORT = {"Host": "192.0.2.20:31234"}
WAIT_S = 90


class FeedHandler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Type", "application/rss+xml")
        self.send_header("Content-Length", str(len(FEED)))
        self.end_headers()
        self.wfile.write(FEED.encode())

    def log_message(self, format, *args):
        pass


@pytest.fixture(scope="module")
def feed_url():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), FeedHandler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}/feed.xml"
    server.shutdown()
    server.server_close()


class Namespace:
    """The pods of one hub: api, and workers that come and go."""

    def __init__(self, hub):
        self.hub = hub
        self.image = build_image(hub.folder / "image")
        gate = self.image / "scripts" / "gate.py"
        gate.write_text(GATE, encoding="utf-8")
        gate.chmod(0o755)
        self.api = Pod(hub, "api", self.image)
        [self.setup_log] = self.api.begin()
        self.api.start("--bind", f"127.0.0.1:{hub.port}")
        hub.wait_for(hub.is_live, WAIT_S, what="api answered")

    def start_workers(self, count, **environment):
        workers = [
            Pod(self.hub, "worker", self.image, **environment) for _ in range(count)
        ]
        for worker in workers:
            worker.begin()
            worker.start()
        self.hub.wait_for_workers(count)
        return workers

    def statuses(self, runs):
        read = [self.hub.request("GET", f"/runs/runs/{run}").json() for run in runs]
        return [(run["status"], run["reason"]) for run in read]


@pytest.fixture
def namespace(make_hub):
    return Namespace(make_hub(broker="redis"))


def post(hub, script, **parameters):
    body = {"script_name": script, "parameters": parameters}
    answer = hub.request("POST", "/runs/runs", json=body)
    assert answer.status == 201, answer.text
    return answer.json()["run_id"]


def is_alive(process):
    return process.is_running() and not is_zombie(process)


def test_the_guides_four_points(namespace, feed_url):
    hub = namespace.hub
    [worker] = namespace.start_workers(1)

    # 1. All pods are running, by their own probes.
    assert hub.request("GET", "/health/ready").status == 200
    hub.wait_for(worker.is_live, WAIT_S, what="the worker's probe was content")
    assert PASSWORD.search(namespace.setup_log)

    # 2. and 3. Health and documents, over port-forward and at the node's address.
    for headers in ({}, NODE_PORT):
        health = hub.request("GET", "/health", headers=headers)
        assert (health.status, health.json()["status"]) == (200, "ok"), health.text
        assert hub.request("GET", "/docs", headers=headers).status == 200
    assert hub.request("GET", "/docs", headers={"Host": "192.0.2.99"}).status == 400

    # 4. The guide's curl, over port-forward. At the node's address it needs a token.
    run = hub.wait_for_run(post(hub, "fetch_rss.py", url=feed_url, limit=5), WAIT_S)
    assert (run["status"], run["exit_code"]) == ("completed", 0), run
    body = {"script_name": "fetch_rss.py", "parameters": {}}
    refused = hub.request("POST", "/runs/runs", json=body, headers=NODE_PORT)
    assert refused.status == 401, refused.text


def test_what_waits_completes_when_one_of_three_workers_is_killed(namespace):
    hub = namespace.hub
    workers = namespace.start_workers(3, WORKERS="1")
    runs = [post(hub, "gate.py") for _ in range(9)]

    def counted(status):
        return [s for s, _reason in namespace.statuses(runs)].count(status)

    hub.wait_for(lambda: counted("running") == 3, WAIT_S, what="all slots were busy")
    assert counted("queued") == 6

    killed = workers[0].process.tree()
    workers[0].process.kill()
    # Its script may not end in peace meanwhile.
    hub.wait_for(lambda: not any(map(is_alive, killed)), WAIT_S, what="it was dead")
    (hub.data_dir / "go").touch()

    for run in runs:
        hub.wait_for_run(run, WAIT_S)
    ended = namespace.statuses(runs)
    assert ended.count(("completed", "exit")) == 8, ended
    # Nobody can know how far the ninth got, so it is not run again unasked.
    assert ended.count(("failed", "lost")) == 1, ended

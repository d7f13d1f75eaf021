"""The guide's acceptance, word for word, on both brokers and both databases."""

from __future__ import annotations

import http.server
import itertools
import json
import threading

import pytest

pytestmark = pytest.mark.acceptance

FEED = """<?xml version="1.0" encoding="UTF-8"?>
<rss version="2.0"><channel><title>值班日志</title><link>http://127.0.0.1/</link>
<description>On call</description>
<item><title>磁盘 &amp; 内存</title><link>http://127.0.0.1/1</link></item>
<item><title>Second</title><link>http://127.0.0.1/2</link></item>
<item><title>Third</title><link>http://127.0.0.1/3</link></item>
</channel></rss>
"""
FINAL = {"completed", "failed", "cancelled"}


class FeedHandler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        body = FEED.encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/rss+xml")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format, *args):
        pass


@pytest.fixture(scope="module")
def feed_url():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), FeedHandler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}/feed.xml"
    server.shutdown()
    server.server_close()


@pytest.fixture(
    scope="module",
    params=itertools.product(("orm", "redis"), ("sqlite", "postgres")),
    ids="-".join,
)
def hub(request, make_module_hub):
    broker, database = request.param
    hub = make_module_hub(broker=broker, database=database, ANONYMOUS_API="127.0.0.0/8")
    hub.copy_script("fetch_rss.py")
    hub.add_script(
        "slow.py",
        "# /// script\n# [tool.automation-hub]\n# anonymous = true\n# ///\n"
        "import time\nprint('began')\ntime.sleep(120)\n",
    )
    return hub.start()


def start(hub, name, **parameters):
    answer = hub.request(
        "POST", "/runs/runs", json={"script_name": name, "parameters": parameters}
    )
    assert answer.status == 201, answer.text
    return answer.json()


def read(hub, run):
    return hub.request("GET", f"/runs/runs/{run['run_id']}").json()


def until(hub, run, *statuses):
    return hub.wait_for(
        lambda: (now := read(hub, run))["status"] in statuses and now, 60
    )


def test_the_guides_request_completes(hub, feed_url):
    run = start(hub, "fetch_rss.py", url=feed_url, limit=2)
    assert run["status"] == "queued"

    done = until(hub, run, *FINAL)

    assert (done["status"], done["exit_code"]) == ("completed", 0), done
    names = [artifact["name"] for artifact in done["artifacts"]]
    made = next(a for a in done["artifacts"] if a["name"].endswith(".json"))
    feed = json.loads(hub.request("GET", made["url"].removeprefix(hub.url)).body)
    assert feed["feed"]["title"] == "值班日志"
    assert [item["title"] for item in feed["items"]] == ["磁盘 & 内存", "Second"]
    assert any(name.endswith(".md") for name in names)


def test_a_failing_fetch_says_why(hub):
    run = start(hub, "fetch_rss.py", url="ftp://127.0.0.1/feed.xml")

    done = until(hub, run, *FINAL)

    assert (done["status"], done["reason"], done["exit_code"]) == ("failed", "exit", 2)
    log = hub.request("GET", f"/runs/runs/{run['run_id']}/log").text
    assert "Traceback" not in log
    assert len(log.strip().splitlines()) == 1


def test_a_running_run_can_be_followed_and_cancelled(hub):
    hub.manage("sync_scripts")
    token = hub.manage("token", "create", "t1", "--user", "admin").stdout.strip()
    run = start(hub, "slow.py")
    log = f"/runs/runs/{run['run_id']}/log?after=0"
    hub.wait_for(lambda: hub.request("GET", log).json()["chunks"], 60)

    answer = hub.request(
        "POST",
        f"/runs/runs/{run['run_id']}/cancel",
        headers={"Authorization": f"Bearer {token}"},
    )

    assert answer.status == 202
    assert until(hub, run, *FINAL)["reason"] == "user"
    hub.manage("token", "revoke", "t1", "--user", "admin")


def test_the_command_line_follows_and_takes_the_exit_code(hub, feed_url):
    done = hub.manage("run", "fetch_rss.py", f"url={feed_url}", "limit=1", "--wait")
    assert ".md" in done.stdout

    failed = hub.manage("run", "fetch_rss.py", "url=gopher://x/", "--wait", check=False)
    assert failed.returncode == 2
    assert "Traceback" not in failed.stderr


def test_health_is_ok_with_a_worker(hub):
    hub.wait_for(lambda: hub.request("GET", "/health").json()["status"] == "ok", 30)


def test_a_lost_message_is_sent_again(hub, feed_url):
    # The row as a web process leaves it that died before its message was sent.
    hub.manage(
        "shell",
        "-c",
        "from apps.runs.models import Run, Trigger\n"
        "from apps.scripts.models import Script\n"
        "script = Script.objects.get(name='fetch_rss.py')\n"
        "Run.objects.create(script=script, script_name=script.name, timeout_s=60,"
        f" trigger=Trigger.API, parameters={{'url': '{feed_url}'}})\n",
    )

    newest = hub.request("GET", "/runs/runs?limit=1").json()["results"][0]

    assert until(hub, newest, *FINAL)["status"] == "completed"

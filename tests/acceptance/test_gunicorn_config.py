"""gunicorn as images start it: where it listens, what it logs, how it ends."""

from __future__ import annotations

import json
import signal
import sys

import pytest

from tests.servers.hub import ROOT

pytestmark = pytest.mark.acceptance

CONFIG = str(ROOT / "automation_hub" / "gunicorn_config.py")
COMMAND = [
    *(sys.executable, "-m", "gunicorn", "--config", CONFIG),
    "automation_hub.wsgi:application",
]
END_S = 10


@pytest.fixture
def serve(make_hub):
    """Start a hub's portal with that configuration; returns hub and process."""

    def start(**environment):
        hub = make_hub(LOG_FORMAT="json", **environment)
        hub.setup()
        portal = hub.spawn("portal", COMMAND, BIND=f"127.0.0.1:{hub.port}")
        hub.wait_for(hub.is_live, 30, what="the portal answered")
        return hub, portal

    return start


def lines_of(portal):
    """Return what it said so far, each line of which is to be JSON."""
    return [json.loads(line) for line in portal.output().splitlines()]


def accesses(portal):
    return [line for line in lines_of(portal) if line["logger"] == "access"]


def test_each_request_is_a_json_line_with_its_id_and_without_its_query(serve):
    hub, portal = serve()
    agent = 'quote" and \\ tab\t'
    path = "/nope%0a%22%01%C3%A9?token=s3cret"
    hub.request("GET", path, headers={"X-Request-ID": "r-1", "User-Agent": agent})
    (line,) = hub.wait_for(lambda: accesses(portal), what="the request was logged")
    assert line["path"] == '/nope\n"\x01é'
    assert line["user_agent"] == agent.strip()
    assert line["request_id"] == "r-1"
    assert line["status"] == 404
    assert line["remote_addr"] == "127.0.0.1"
    assert 0 < line["duration_ms"] < 60_000
    assert "s3cret" not in portal.output()


def test_a_failing_probe_is_logged_and_others_are_not(serve):
    hub, portal = serve()
    hub.request("GET", "/health/ready")
    (hub.data_dir / "database.db").rename(hub.data_dir / "away")
    (hub.data_dir / "database.db").mkdir()
    hub.wait_for(
        lambda: hub.request("GET", "/health/ready").status == 503, what="not ready"
    )
    found = hub.wait_for(lambda: accesses(portal), what="the refusal was logged")
    assert {line["status"] for line in found} == {503}


def test_without_access_log_there_is_none(serve):
    hub, portal = serve(ACCESS_LOG="false")
    hub.request("GET", "/scripts")
    portal.send_signal(signal.SIGTERM)
    assert portal.wait(END_S) == 0
    assert accesses(portal) == []


def test_it_warns_of_a_misspelt_variable_once(serve):
    _hub, portal = serve(WORKER="3")
    found = [line for line in lines_of(portal) if "hub.W007" in line["message"]]
    assert len(found) == 1
    assert found[0]["level"] == "WARNING"


def test_it_leaves_nothing_in_the_folder_that_it_was_called_from(serve):
    hub, _portal = serve()
    assert {path.name for path in hub.folder.iterdir() if path.is_dir()} <= {
        *("scripts", "var"),
    }


@pytest.mark.parametrize(
    ("environment", "status", "sentence"),
    [
        ({"WEB_THREADS": "many"}, 1, "WEB_THREADS is 'many'; write a number."),
        ({"LOG_FORMAT": "xml"}, 4, "LOG_FORMAT is 'xml'; write text or json."),
    ],
)
def test_a_wrong_setting_ends_it_with_a_sentence(
    make_hub, environment, status, sentence
):
    hub = make_hub(SECRET_KEY="k" * 50)
    hub.env |= environment
    portal = hub.spawn("portal", COMMAND, BIND=f"127.0.0.1:{hub.port}")
    assert portal.wait(30) == status
    assert sentence in portal.output()
    assert "Traceback" not in portal.output()

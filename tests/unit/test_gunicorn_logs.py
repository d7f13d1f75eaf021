"""The access log: one line of valid JSON a request, whatever a caller sends."""

from __future__ import annotations

import json
from datetime import timedelta
from types import SimpleNamespace

import pytest

from automation_hub.gunicorn_logs import access_line, is_well_probe
from automation_hub.logging import json_line

HOSTILE = '"},\n{"level": "ERROR\\\x00\x1b[2J\x85\u2028\ud800'


def line_of(status="200 OK", **environ):
    """Return what is written of a request, and what it is read as."""
    answer = SimpleNamespace(
        status=status, sent=5, headers=[("X-Request-Id", "abc"), ("Server", "x")]
    )
    given = {"REQUEST_METHOD": "GET", "RAW_URI": "/", "REMOTE_ADDR": "10.0.0.1"}
    found = access_line(answer, given | environ, timedelta(milliseconds=12.34))
    return found, json_line(found)


def test_it_says_who_asked_what_and_how_it_went():
    found, text = line_of(RAW_URI="/runs", HTTP_USER_AGENT="curl/8")
    assert json.loads(text) == found
    assert found | {"time": ""} == {
        "time": "",
        "level": "INFO",
        "logger": "access",
        "method": "GET",
        "path": "/runs",
        "status": 200,
        "bytes": 5,
        "duration_ms": 12.3,
        "remote_addr": "10.0.0.1",
        "request_id": "abc",
        "user_agent": "curl/8",
    }


@pytest.mark.parametrize("name", ["RAW_URI", "HTTP_USER_AGENT", "REQUEST_METHOD"])
def test_what_a_caller_sends_stays_within_its_string(name):
    _found, text = line_of(**{name: HOSTILE})
    assert len(text.splitlines()) == 1
    assert json.loads(text)["level"] == "INFO"
    text.encode("utf-8")
    assert "\x1b" not in text


def test_text_of_other_scripts_can_be_read():
    raw = "/脚本".encode().decode("latin-1")
    found, text = line_of(RAW_URI=raw)
    assert found["path"] == "/脚本"
    assert "脚本" in text


def test_the_query_is_left_out():
    _found, text = line_of(QUERY_STRING="token=s3cret", RAW_URI="/a?token=s3cret")
    assert "s3cret" not in text


def test_what_is_long_is_cut():
    found, _text = line_of(RAW_URI="/" * 9000, HTTP_X_FORWARDED_FOR="1" * 9000)
    assert len(found["path"]) == len(found["forwarded_for"]) == 300


@pytest.mark.parametrize(
    ("path", "status", "expected"),
    [
        ("/health/live", "200 OK", True),
        ("/health/ready", "503 Service Unavailable", False),
        ("/runs", "200 OK", False),
    ],
)
def test_only_probes_that_went_well_are_passed_over(path, status, expected):
    found, _text = line_of(status=status, RAW_URI=path)
    assert is_well_probe(found) is expected

"""What `manage.py up` says when the portal answers."""

from __future__ import annotations

import json
import shlex

import pytest

from apps.system.up_greeting import SAMPLE, curl_line, greeting


@pytest.fixture(autouse=True)
def _nothing_set(monkeypatch, settings):
    monkeypatch.delenv("ANONYMOUS_API", raising=False)
    settings.PUBLIC_URL = ""


def test_it_names_the_address_the_login_and_a_request():
    text = "\n".join(greeting(9000, "ann"))
    assert "automation-hub is up at http://localhost:9000\n" in text
    assert "http://localhost:9000/admin/  as ann" in text
    assert "\ncurl -s -X POST http://localhost:9000/runs/runs -H" in text
    assert "TOKEN" not in text


def test_the_request_is_the_guides():
    words = shlex.split(curl_line("http://localhost:8000", SAMPLE))
    assert words[:5] == ["curl", "-s", "-X", "POST", "http://localhost:8000/runs/runs"]
    assert words[5:7] == ["-H", "Content-Type: application/json"]
    assert words[7] == "-d"
    assert json.loads(words[8]) == {"script_name": "fetch_rss.py", "parameters": SAMPLE}


def test_a_hub_that_is_not_open_to_loopback_asks_for_a_token(monkeypatch, settings):
    monkeypatch.setenv("ANONYMOUS_API", "")
    settings.ANONYMOUS_API = []
    text = "\n".join(greeting(8000, "ann"))
    assert '-H "Authorization: Bearer TOKEN"' in text
    assert "manage.py token create try --user ann" in text


def test_a_public_hub_is_named_by_its_public_address(settings):
    settings.PUBLIC_URL = "https://hub.example.com"
    text = "\n".join(greeting(8000, ""))
    assert "POST https://hub.example.com/runs/runs" in text
    assert "localhost" not in text
    assert "Bearer TOKEN" in text
    assert "with an account of yours" in text

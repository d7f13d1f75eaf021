"""Which Host headers are answered, where pods are told addresses without brackets."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from django.http.request import split_domain_port, validate_host

ROOT = Path(__file__).resolve().parents[2]
SHOW = "import json; from automation_hub import settings as s; print(json.dumps(s.ALLOWED_HOSTS))"


@pytest.fixture
def answers(tmp_path):
    """Say whether a hub with these variables answers a Host header."""

    def ask(header, **environment):
        done = subprocess.run(
            [sys.executable, "-c", SHOW],
            cwd=ROOT,
            env={"DATA_DIR": str(tmp_path), **environment},
            capture_output=True,
            text=True,
            check=True,
        )
        host, _port = split_domain_port(header)
        return validate_host(host, json.loads(done.stdout))

    return ask


@pytest.mark.parametrize(
    ("given", "header"),
    [
        ("fd00::1:2", "[fd00::1:2]:8000"),
        ("FD00:0:0:0::1", "[fd00::1]"),
        ("[fd00::1]", "[fd00::1]:8000"),
        ("10.0.0.7", "10.0.0.7:8000"),
        ("::1", "[::1]:8000"),
        ("hub.example.com", "hub.example.com"),
    ],
)
def test_an_address_is_answered_however_it_was_given(answers, given, header):
    assert answers(header, ALLOWED_HOSTS=f"localhost, {given}")
    assert not answers("[fd00::99]", ALLOWED_HOSTS=f"localhost, {given}")


def test_a_public_url_with_an_address_is_answered(answers):
    assert answers("[fd00::1]:8443", PUBLIC_URL="https://[fd00::1]:8443")

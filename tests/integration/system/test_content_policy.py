"""What browsers may load in the console."""

from __future__ import annotations

import pytest


@pytest.mark.parametrize("path", ["/admin/", "/admin/login/", "/admin/runs/run/"])
def test_the_console_lets_nothing_in_but_its_own_files(admin_client, path):
    policy = admin_client.get(path).headers["Content-Security-Policy"]
    rules = dict(rule.split(" ", 1) for rule in policy.split("; "))
    assert rules["default-src"] == "'none'"
    assert rules["script-src"] == rules["style-src"] == "'self'"
    assert rules["frame-ancestors"] == rules["base-uri"] == "'none'"


def test_the_documents_of_the_api_are_left_out(client):
    assert "Content-Security-Policy" not in client.get("/docs").headers

"""What `manage.py up` says when the portal answers."""

from __future__ import annotations

import json
from collections.abc import Mapping
from ipaddress import IPv4Address
from typing import Any

from django.conf import settings

from apps.accounts.anonymous import parse
from apps.system.up import LOOPBACK, is_set
from apps.system.up_port import HOST

SAMPLE = {"url": "https://www.people.com.cn/rss/politics.xml", "limit": 5}


def request_body(parameters: Mapping[str, Any]) -> str:
    """Return the JSON that asks for a run of fetch_rss.py."""
    body = {"script_name": "fetch_rss.py", "parameters": dict(parameters)}
    return json.dumps(body, separators=(",", ":"))


def curl_line(address: str, parameters: Mapping[str, Any], *, token: str = "") -> str:
    """Return a command that starts a run of fetch_rss.py, ready to be pasted."""
    credentials = f' -H "Authorization: Bearer {token}"' if token else ""
    return (
        f'curl -s -X POST {address}/runs/runs -H "Content-Type: application/json"'
        f"{credentials} -d '{request_body(parameters)}'"
    )


def greeting(port: int, administrator: str) -> list[str]:
    """Return the lines that say where the portal is, who may sign in, and what to try.

    `administrator` is empty where there is none.
    """
    address = settings.PUBLIC_URL or f"http://localhost:{port}"
    token = "" if _is_open() else "TOKEN"
    who = f"as {administrator}" if administrator else "with an account of yours"
    lines = [
        "",
        f"automation-hub is up at {address}",
        f"  Sign in:  {address}/admin/  {who}",
        f"  API:      {address}/docs",
        "  Try it:",
        curl_line(address, SAMPLE, token=token),
    ]
    if token:
        user = administrator or "USER"
        lines.append(
            f"  TOKEN is what this prints: manage.py token create try --user {user}"
        )
    return [*lines, "", "Ctrl-C stops it."]


def _is_open() -> bool:
    """Say whether the API takes a local caller without credentials."""
    entries = settings.ANONYMOUS_API
    if not is_set("ANONYMOUS_API"):
        entries = LOOPBACK.split(",")
    return not settings.PUBLIC_URL and parse(tuple(entries)).covers(IPv4Address(HOST))

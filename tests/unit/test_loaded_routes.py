"""What the portal has loaded when it begins to serve, and what it has not."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SHOW = """
import gc, importlib, json, sys
{first}
from automation_hub.wsgi import application
loaded = sorted(sys.modules)
from automation_hub.routes import UNUSED
later = [importlib.import_module(name).__name__ for name in UNUSED]
print(json.dumps([loaded, later, gc.get_freeze_count()]))
"""
BROKEN = """
from django.conf import settings
from automation_hub.routes import load_routes
settings.configure(ROOT_URLCONF="no.such.routes")
try:
    load_routes()
except ModuleNotFoundError as exc:
    print(exc)
import jinja2, requests
"""


@pytest.fixture
def serve(tmp_path):
    """Load the WSGI application in a process of its own."""

    def run(first=""):
        done = subprocess.run(
            [sys.executable, "-c", SHOW.format(first=first)],
            cwd=ROOT,
            env={"DATA_DIR": str(tmp_path), "SECRET_KEY": "not a secret" * 5},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    return run


def test_the_portal_loads_nothing_that_it_never_uses(serve):
    loaded, _later, _frozen = serve()

    for name in ("psycopg", "requests", "urllib3", "jinja2", "boto3", "moto"):
        assert name not in loaded


def test_what_few_pages_need_is_loaded_with_the_first_of_them(serve):
    loaded, _later, _frozen = serve()

    for name in ("redis", "pygments", "markdown_it", "nh3"):
        assert name not in loaded


def test_every_view_is_there_before_the_first_request(serve):
    loaded, _later, frozen = serve()

    assert {"apps.runs.api.views", "drf_spectacular.views"} <= set(loaded)
    assert frozen > 10_000


def test_what_was_left_out_can_be_imported_later(serve):
    _loaded, later, _frozen = serve()

    assert later == ["django.contrib.postgres", "jinja2", "pygments", "requests"]


def test_what_is_there_already_stays(serve):
    loaded, _later, _frozen = serve(first="import requests; requests.kept = True")

    assert "requests" in loaded


def test_views_that_cannot_be_loaded_keep_the_portal_from_starting():
    done = subprocess.run(
        [sys.executable, "-c", BROKEN], cwd=ROOT, capture_output=True, text=True
    )

    assert done.returncode == 0, done.stderr
    assert done.stdout == "No module named 'no'\n"

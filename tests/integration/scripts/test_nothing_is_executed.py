"""The portal reads scripts: it never imports or executes one."""

from __future__ import annotations

import sys

import pytest

from apps.runs import worker
from apps.scripts import services

pytestmark = pytest.mark.django_db

# Whatever executes one of these leaves the file behind.
LEAVES = "import pathlib\npathlib.Path({mark!r}).touch()\n"
SCRIPT = """import argparse
import helper_that_leaves_a_mark
parser = argparse.ArgumentParser()
parser.add_argument("--when", type=helper_that_leaves_a_mark.read, default=5)
args = parser.parse_args()
"""


@pytest.fixture
def mark(scripts_dir, tmp_path):
    """Fill the folder with what leaves a mark when it is executed; return the mark."""
    path = tmp_path / "mark"
    leaves = LEAVES.format(mark=str(path))
    shell = f"#!/bin/sh\ntouch '{path}'\n"
    (scripts_dir / "helper_that_leaves_a_mark.py").write_text(leaves)
    (scripts_dir / "main.py").write_text(SCRIPT + leaves)
    (scripts_dir / "conftest.py").write_text(leaves)
    for name in ("deploy", "a.sh"):
        (scripts_dir / name).write_text(shell)
        (scripts_dir / name).chmod(0o755)
    return path


def test_nothing_that_a_person_or_program_looks_at_executes_a_script(
    mark, admin_client, api_as
):
    services.sync_scripts(afresh=True)
    editor = api_as("Editor")
    editor.post("/scripts")
    for script in editor.get("/scripts").json()["results"]:
        name = script["script_name"]
        for tail in ("", "/source", "/versions"):
            assert editor.get(f"/scripts/{name}{tail}").status_code == 200
        editor.post("/runs/runs", {"script_name": name, "parameters": {"x": 1}})
    admin_client.post("/admin/scripts/script/sync/")
    for page in ("", "1/change/", "1/versions/", "1/versions/1/", "1/diff/", "1/run/"):
        admin_client.get(f"/admin/scripts/script/{page}")

    assert not mark.exists()
    assert "helper_that_leaves_a_mark" not in sys.modules


def test_what_a_worker_runs_does_leave_the_mark(mark, make_run, api_as):
    services.sync_scripts()
    api_as("Operator").post("/runs/runs", {"script_name": "a.sh"})

    worker.look()

    assert mark.exists()

"""A script that takes a file, one whose choices another lists, and their callers."""

from __future__ import annotations

import uuid

import pytest

from apps.runs import logs, services, worker
from apps.runs.models import Upload

READS = """#!/usr/bin/env python3
# /// script
# [tool.automation-hub]
# [tool.automation-hub.parameters.data]
# file = true
# [tool.automation-hub.parameters.more]
# file = {accept = [".csv"], max_bytes = 10}
# ///
import argparse, hashlib, pathlib, sys

parser = argparse.ArgumentParser()
parser.add_argument("data", type=pathlib.Path, nargs="?")
parser.add_argument("--more", action="append", type=argparse.FileType("rb"))
args = parser.parse_args()
for path in [args.data, *(pathlib.Path(one.name) for one in args.more or [])]:
    if path:
        print(path.relative_to(pathlib.Path.cwd()), path.read_bytes()[:20])
pathlib.Path("result.txt").write_text("done")
"""


@pytest.fixture
def reads(add_script):
    return add_script("reads.py", READS)


@pytest.fixture
def ann(make_user):
    return make_user("ann", "Operator", "Editor")


@pytest.fixture
def bob(make_user):
    return make_user("bob", "Operator", "Editor")


@pytest.fixture
def send(scripts_dir):
    """Send a file: send(ann, b"1,2", name="a.csv"); its row."""

    def send(user, content=b"1,2\n", name="data.csv") -> Upload:
        return services.store_upload(user=user, name=name, chunks=[content])

    return send


@pytest.fixture
def perform():
    """Run what waits; the run as it is then, and its log."""

    def perform(run):
        worker.look()
        run.refresh_from_db()
        return run, "".join(logs.read_text(run.pk))

    return perform


@pytest.fixture
def kept_files(settings):
    """Return the names of the stored uploads."""

    def names():
        folder = settings.DATA_DIR / "artifacts" / "uploads"
        return {path.name for path in folder.iterdir()} if folder.is_dir() else set()

    return names


@pytest.fixture
def nowhere() -> str:
    return str(uuid.uuid4())

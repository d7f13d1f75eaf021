"""With an https address the production settings satisfy Django's own checklist."""

from __future__ import annotations

import os
import subprocess
import sys

from tests.contracts.sources import ROOT


def deploy_check(tmp_path, **environment):
    return subprocess.run(
        [sys.executable, "manage.py", "check", "--deploy", "--fail-level", "WARNING"],
        cwd=ROOT,
        env={
            "PATH": os.environ["PATH"],
            "DATA_DIR": str(tmp_path),
            "SECRET_KEY": "a-key-of-fifty-characters-and-more-0123456789-abcdefgh",
            **environment,
        },
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_checklist_is_clean_behind_https(tmp_path):
    tmp_path.chmod(0o700)

    done = deploy_check(tmp_path, PUBLIC_URL="https://hub.example.com")

    assert done.returncode == 0, done.stderr


def test_it_is_not_clean_over_plain_http(tmp_path):
    tmp_path.chmod(0o700)

    done = deploy_check(tmp_path, PUBLIC_URL="http://hub.example.com")

    assert done.returncode == 1
    assert "security.W" in done.stderr

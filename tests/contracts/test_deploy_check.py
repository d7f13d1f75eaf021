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


def test_it_is_clean_as_many_hosts_start_it(tmp_path):
    tmp_path.chmod(0o700)
    (tmp_path / "password").write_text("postgres://hub:a%23b@db.example/hub\n")

    done = deploy_check(
        tmp_path,
        PUBLIC_URL="https://hub.example.com",
        REQUIRE_SECRET_KEY="true",
        DATABASE_URL_FILE=str(tmp_path / "password"),
        REDIS_URL="rediss://:secret@redis.example:6379/0",
        ARTIFACTS_URL="s3://hub/artifacts?region_name=eu-central-1",
        HOSTNAME="api-7c9d",
        KUBERNETES_SERVICE_HOST="10.0.0.1",
        LANG="C.UTF-8",
        PYTHONUNBUFFERED="1",
    )

    assert done.returncode == 0, done.stderr


def test_a_misspelt_variable_is_not_clean(tmp_path):
    tmp_path.chmod(0o700)

    done = deploy_check(tmp_path, PUBLIC_URL="https://hub.example.com", WORKER="4")

    assert done.returncode == 1
    assert "hub.W007" in done.stderr


def test_it_is_not_clean_over_plain_http(tmp_path):
    tmp_path.chmod(0o700)

    done = deploy_check(tmp_path, PUBLIC_URL="http://hub.example.com")

    assert done.returncode == 1
    assert "security.W" in done.stderr

"""Where no Chromium can be had, its tests say so; CI does not go without."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from tests.environment import ROOT
from tests.failures import FILE as FAILURES
from tests.servers import ServerMissing, chromium

SENTENCE = "No Chromium is on PATH; install one"
ONE_TEST = "tests/browser/test_every_page.py::test_each_language_is_a_click_away"


@pytest.fixture
def bare_path(tmp_path, monkeypatch):
    """A PATH on which there is nothing."""
    monkeypatch.setenv("PATH", str(tmp_path))
    return tmp_path


def test_it_is_named_what_is_missing_and_how_to_get_it(bare_path):
    with pytest.raises(ServerMissing, match=f"{SENTENCE}.*apt-get install chromium"):
        chromium.find()


def test_without_apt_nothing_is_installed_and_it_is_said(bare_path):
    assert chromium.install().startswith(SENTENCE)


@pytest.mark.parametrize(
    ("ci", "code", "verdict"), [("", 0, "1 skipped"), ("true", 1, "1 error")]
)
def test_tests_in_a_browser_are_skipped_without_one_but_not_under_ci(
    bare_path, ci, code, verdict
):
    environment = os.environ | {"CI": ci}
    for name in (FAILURES, "COVERAGE_PROCESS_START", "COVERAGE_PROCESS_CONFIG"):
        environment.pop(name, None)

    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-rsE", "--no-cov", ONE_TEST],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )

    assert done.returncode == code, done.stdout + done.stderr
    assert verdict in done.stdout
    assert SENTENCE in done.stdout

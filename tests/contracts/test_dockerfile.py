"""What the Dockerfile promises, read without an engine."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from automation_hub import __version__
from tests.contracts.dockerfile import (
    DOCKERFILE,
    command,
    dockerfile_text,
    environment,
    health_check,
    last,
    lineage,
    reaches_the_builder,
    stages,
)
from tests.contracts.sources import ROOT, project_files
from tests.contracts.tools import tool
from tests.environment import setting_names

TARGETS = ["api", "worker"]
# What the base images themselves read.
TOOLS_VARIABLES = ("PATH", "PYTHON", "PIP_")


def test_its_targets_are_the_portal_and_the_worker_and_the_portal_comes_last():
    assert list(stages()) == ["build", "hub", "worker", "api"]


@pytest.mark.parametrize(
    "word", ["# syntax=", "<<", "--link", "--mount", "--start-interval", "--chmod"]
)
def test_it_needs_nothing_that_an_old_builder_does_not_know(word):
    assert word not in dockerfile_text()


def test_the_base_is_one_argument():
    assert dockerfile_text().count("ARG BASE_IMAGE=") == 1
    bases = [stage.base for stage in stages().values()]
    assert set(bases) - set(stages()) == {"${BASE_IMAGE}"}


def test_the_index_is_an_argument_without_a_value_and_of_no_image():
    assert stages()["build"].values("ARG") == ["PIP_INDEX_URL="]
    assert all("PIP_INDEX" not in a for a in stages()["hub"].values("ARG"))


@pytest.mark.parametrize("target", TARGETS)
def test_it_runs_as_nobody_that_a_host_knows(target):
    assert last(target, "USER") == "10001:10001"
    assert last(target, "VOLUME") == '["/data"]'


@pytest.mark.parametrize("target", TARGETS)
def test_nothing_that_is_copied_belongs_to_whom_it_runs_as(target):
    copies = [c for stage in lineage(target) for c in stage.values("COPY")]
    assert len(copies) == 3
    assert all(c.startswith("--from=build ") and "chown" not in c for c in copies)


def test_packages_come_with_their_hashes_and_leave_no_cache():
    runs = " ".join(stages()["build"].values("RUN"))
    assert "--require-hashes" in runs
    assert "--only-binary :all:" in runs
    assert environment("build")["PIP_NO_CACHE_DIR"] == "1"


@pytest.mark.parametrize("target", TARGETS)
def test_no_tools_are_installed_into_an_image(target):
    runs = " ".join(r for stage in lineage(target) for r in stage.values("RUN"))
    assert "install " not in runs.replace("uninstall ", "").replace("install -d", "")


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        ("api", ["python", "-m", "gunicorn", "--config"]),
        ("worker", ["python", "manage.py", "qcluster"]),
    ],
)
def test_its_command_is_a_list_that_pid_1_hands_signals_to(target, expected):
    assert command(target, "ENTRYPOINT") == ["tini", "-s", "--"]
    assert command(target)[: len(expected)] == expected
    assert last(target, "STOPSIGNAL") == "SIGTERM"


@pytest.mark.parametrize("target", TARGETS)
def test_its_health_is_asked_of_the_probe(target):
    assert health_check(target) == ["python", "automation_hub/probe.py", target]


@pytest.mark.parametrize("target", TARGETS)
def test_every_file_that_it_names_is_there_and_copied(target):
    words = [*command(target), *health_check(target)]
    named = [Path(word) for word in words if word.endswith(".py")]
    assert [path for path in named if not (ROOT / path).is_file()] == []
    assert [path for path in named if not reaches_the_builder(path)] == []


def test_the_worker_alone_has_a_heartbeat_file_in_a_folder_that_can_be_written():
    assert environment("worker")["HEARTBEAT_FILE"] == "/tmp/heartbeat"
    assert "HEARTBEAT_FILE" not in environment("api")


@pytest.mark.parametrize("target", TARGETS)
def test_every_variable_that_it_sets_is_read_by_the_settings(target):
    ours = {n for n in environment(target) if not n.startswith(TOOLS_VARIABLES)}
    assert ours - set(setting_names()) == set()
    assert ours >= {"WORKSPACE", "DATA_DIR", "HUB_COMMIT"}


def test_the_version_in_the_labels_is_ours():
    assert f"VERSION={__version__}" in stages()["hub"].values("ARG")


@pytest.mark.parametrize("label", ["title", "licenses", "version", "revision"])
def test_the_images_are_labelled(label):
    assert f"org.opencontainers.image.{label}=" in stages()["hub"].values("LABEL")[0]


def test_all_that_is_copied_reaches_the_builder():
    sources = [
        Path(part)
        for value in stages()["build"].values("COPY")
        for part in value.split()[:-1]
    ]
    lost = [
        str(path)
        for path in project_files()
        if any(path.is_relative_to(source) for source in sources)
        and path.suffix != ".po"
        and not reaches_the_builder(path)
    ]
    assert lost == []


@pytest.mark.parametrize(
    "path",
    [
        ".git/config",
        ".env",
        ".venv/bin/python",
        "apps/.env",
        "apps/core/__pycache__/text.cpython-312.pyc",
        "compose.yaml",
        "db.sqlite3",
        "docs/faults.md",
        "scripts/.secret",
        "secrets/postgres",
        "staticfiles/hub/admin.css",
        "tests/settings.py",
        "var/database.db",
        "var/secret_key",
    ],
)
def test_what_is_secret_or_not_needed_does_not(path):
    assert not reaches_the_builder(Path(path))


def test_scripts_made_on_windows_keep_a_shebang_that_names_an_interpreter():
    names = [p.as_posix() for p in project_files() if p.parts[0] == "scripts"]
    done = subprocess.run(
        ["git", "-c", "safe.directory=*", "check-attr", "eol", "--", *names],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert [li for li in done.stdout.splitlines() if not li.endswith("eol: lf")] == []


def test_hadolint_finds_nothing():
    done = subprocess.run(
        [tool("hadolint"), str(DOCKERFILE)], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (0, ""), done.stdout + done.stderr


def test_every_exception_for_hadolint_has_its_reason_above_it():
    lines = dockerfile_text().splitlines()
    marks = [n for n, line in enumerate(lines) if "hadolint ignore" in line]
    assert all(re.match(r"# \w", lines[n - 1]) for n in marks)

"""A script with dependencies runs in an environment of its own. Real builds."""

from __future__ import annotations

import sys

import pytest

from apps.executor.envs import recipe
from apps.runs.building import Building
from apps.runs.models import LogChunk, Stream
from tests.packages import block

pytestmark = pytest.mark.django_db

WHO = "import alpha\nprint(alpha.WHO)\n"


@pytest.mark.parametrize("builder", ["uv", "pip"])
def test_its_packages_are_there_whatever_builds(execute, settings, builder):
    settings.ENV_BUILDER = builder

    run, log = execute(block("alpha>=1") + WHO)

    assert (run.status, run.reason) == ("completed", "exit"), log
    first, *_, before_last, last = log.splitlines()
    assert first == (
        "[automation-hub: Building the environment of 1 dependency: alpha>=1]"
    )
    assert before_last.startswith("[automation-hub: The environment was built in ")
    assert last == "alpha 1.0"


def test_uv_builds_where_it_is_on_path(execute):
    _run, log = execute(block("alpha") + WHO)

    assert "Creating virtual environment" in log


def test_the_pip_that_comes_with_python_builds_where_there_is_nothing_else(
    execute, monkeypatch, tmp_path
):
    """As in the images: no uv on PATH, and no pip beside the hub."""
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(recipe, "own_pip", lambda: False)

    run, log = execute(block("alpha") + WHO)

    assert run.status == "completed", log
    assert "Creating virtual environment" not in log


@pytest.mark.usefixtures("uv")
def test_what_a_builder_says_is_none_of_the_scripts_output(execute):
    run, _log = execute(block("alpha") + WHO)

    chunks = LogChunk.objects.filter(run=run)
    printed = chunks.filter(stream=Stream.STDOUT).values_list("text", flat=True)
    assert "".join(printed) == "alpha 1.0\n"
    assert run.log_bytes == len("alpha 1.0\n")


@pytest.mark.usefixtures("uv")
def test_scripts_with_the_same_set_share_one(execute, envs):
    execute(block("alpha", "Beta>=1, <2") + WHO, name="one.py")
    run, log = execute(block("beta<2,>=1", "ALPHA") + WHO, name="two.py")

    assert (run.status, log) == ("completed", "alpha 1.0\n")
    assert len(envs()) == 1


@pytest.mark.usefixtures("uv")
def test_another_set_is_another_one(execute, envs):
    execute(block("alpha") + WHO)
    run, _log = execute(block("alpha", "beta") + WHO + "import beta\n")

    assert run.status == "completed"
    assert len(envs()) == 2


@pytest.mark.usefixtures("uv")
def test_the_hubs_packages_are_not_in_it(execute):
    run, log = execute(block("alpha") + "import django\n")

    assert (run.status, run.exit_code) == ("failed", 1)
    assert "No module named 'django'" in log


@pytest.mark.parametrize("name", ["apps", "automation_hub"])
@pytest.mark.parametrize("header", ["", block("alpha")])
@pytest.mark.usefixtures("uv")
def test_the_hub_itself_is_importable_from_nowhere(execute, name, header):
    _run, log = execute(f"{header}import {name}\n")

    assert f"No module named '{name}'" in log


def test_without_dependencies_nothing_is_built(execute, envs):
    header = block(python=">=3.8")

    run, log = execute(header + "import django, sys\nprint(sys.executable)\n")

    assert (run.status, log) == ("completed", f"{sys.executable}\n")
    assert envs() == []


@pytest.mark.usefixtures("uv")
def test_a_shell_script_finds_its_programs_first(execute, settings):
    source = "#!/bin/sh\n" + block("alpha") + 'command -v python\necho "$VIRTUAL_ENV"\n'

    _run, log = execute(source, name="case.sh")

    python, home = log.splitlines()[-2:]
    assert python == f"{home}/bin/python"
    assert home.startswith(str(settings.DATA_DIR / "envs"))


@pytest.mark.parametrize("line", ["#!/usr/bin/env python3", "#!/usr/bin/python3"])
@pytest.mark.usefixtures("uv")
def test_a_python_script_without_its_ending_runs_in_it_too(execute, line):
    run, log = execute(f"{line}\n{block('alpha')}{WHO}", name="case")

    assert run.status == "completed", log


@pytest.mark.usefixtures("uv")
def test_bytecode_is_there_since_scripts_write_none(execute, envs):
    execute(block("alpha") + WHO)

    assert list(envs()[0].rglob("alpha.*.pyc"))


@pytest.mark.usefixtures("uv")
def test_what_a_script_depends_on_by_the_time_it_starts_counts(
    execute, scripts_dir, monkeypatch, envs
):
    """It was edited while its environment was built."""
    from_now_on = block("beta") + "import beta\nprint(beta.WHO)\n"
    edit = _edit_first(scripts_dir / "case.py", from_now_on)
    monkeypatch.setattr(Building, "_publish", edit)

    run, log = execute(block("alpha") + WHO)

    assert log.endswith("beta 1.0\n")
    run.script.refresh_from_db()
    assert run.script_sha256 == run.script.sha256


def _edit_first(path, text):
    honest = Building._publish

    def publish(self, *args):
        path.write_text(text)
        honest(self, *args)

    return publish


@pytest.mark.usefixtures("uv")
def test_an_environment_that_lost_its_interpreter_is_built_anew(execute, envs):
    execute(block("alpha") + WHO)
    (envs()[0] / "bin" / "python").unlink()

    run, log = execute(block("alpha") + WHO)

    assert run.status == "completed"
    assert "Building the environment" in log
    assert len(envs()) == 1


@pytest.mark.parametrize("builder", ["uv", "pip"])
def test_a_home_that_cannot_be_written_to_does_not_matter(
    execute, settings, monkeypatch, builder
):
    """As in a container: only the data folder can be."""
    settings.ENV_BUILDER = builder
    monkeypatch.setenv("HOME", "/proc/nobody")
    monkeypatch.setenv("TMPDIR", "/proc/nobody")

    run, log = execute(block("alpha") + WHO)

    assert run.status == "completed", log


@pytest.mark.usefixtures("uv")
def test_patterns_of_artifacts_find_nothing_in_environments(execute, settings):
    touch = "import os\nopen(os.environ['DATA_DIR'] + '/envs/x.json', 'w').close()\n"
    header = (
        '# /// script\n# [tool.automation-hub]\n# artifacts = ["**/*.json"]\n# ///\n'
    )
    (settings.DATA_DIR / "envs").mkdir()

    run, _log = execute(header + touch)

    assert run.status == "completed"
    assert list(run.artifacts.all()) == []

from __future__ import annotations

import os

import pytest

from apps.scripts import discovery, services
from apps.scripts.models import Script, ScriptState

pytestmark = pytest.mark.django_db


def test_a_dropped_script_is_found_with_its_parameters(add_script):
    script = add_script()

    assert script.state == ScriptState.OK
    assert script.title == "Say hello"
    assert list(script.parameters_schema["properties"]) == ["name", "times"]


def test_subfolders_are_part_of_the_name(add_script):
    assert add_script("db/backup.sh", "#!/bin/sh\n").name == "db/backup.sh"


@pytest.mark.parametrize("name", ["_library.py", ".hidden.sh", "notes.txt", "README"])
def test_what_is_no_script_is_left_out(scripts_dir, name):
    (scripts_dir / name).write_text("#!/bin/sh\n")

    services.sync_scripts()

    assert not Script.objects.exists()


def test_an_executable_with_a_shebang_needs_no_ending(add_script):
    assert add_script("deploy", "#!/bin/sh\n").name == "deploy"


def test_a_link_out_of_the_folder_is_not_a_script(scripts_dir, tmp_path):
    outside = tmp_path / "outside.sh"
    outside.write_text("#!/bin/sh\n")
    (scripts_dir / "linked.sh").symlink_to(outside)

    services.sync_scripts()

    assert not Script.objects.exists()


def test_a_script_whose_folder_leads_elsewhere_by_now_is_gone(scripts_dir, tmp_path):
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "a.sh").write_text("#!/bin/sh\n")
    (scripts_dir / "db").symlink_to(tmp_path / "outside")

    for name in ("db/a.sh", "../outside/a.sh", "..", "."):
        with pytest.raises(discovery.ScriptGone):
            discovery.locate(scripts_dir, name)


def test_a_script_is_found_by_its_real_path(scripts_dir, tmp_path):
    (scripts_dir / "a.sh").write_text("#!/bin/sh\n")
    (tmp_path / "link").symlink_to(scripts_dir)

    found = discovery.locate(tmp_path / "link", "a.sh")

    assert found == scripts_dir.resolve() / "a.sh"


def test_a_link_inside_the_folder_is_a_script(scripts_dir):
    # A mounted ConfigMap looks like this.
    (scripts_dir / "..data").mkdir()
    (scripts_dir / "..data" / "a.sh").write_text("#!/bin/sh\n")
    (scripts_dir / "a.sh").symlink_to("..data/a.sh")

    services.sync_scripts()

    assert Script.objects.get().name == "a.sh"


def test_pipes_loops_and_folders_that_look_like_scripts_do_no_harm(scripts_dir):
    os.mkfifo(scripts_dir / "pipe.sh")
    (scripts_dir / "loop.sh").symlink_to("loop.sh")
    (scripts_dir / "folder.py").mkdir()
    (scripts_dir / "round").symlink_to(scripts_dir)

    services.sync_scripts()

    assert not Script.objects.exists()


def test_a_vanished_script_is_marked_and_comes_back(hello, scripts_dir):
    (scripts_dir / "hello.py").rename(scripts_dir / "away.txt")
    report = services.sync_scripts()
    hello.refresh_from_db()
    assert report.missing == ["hello.py"]
    assert hello.state == ScriptState.MISSING

    (scripts_dir / "away.txt").rename(scripts_dir / "hello.py")
    services.sync_scripts()
    hello.refresh_from_db()
    assert hello.state == ScriptState.OK
    assert hello.problem == ""


@pytest.mark.parametrize(
    ("source", "problem"),
    [
        ("import argparse\ndef broken(:\n", "Line 2"),
        ("# /// script\n# [tool.automation-hub]\n# anonimous = true\n# ///\n", "anon"),
        ("print('\0')", "NUL"),
        ("x" * (1024 * 1024 + 1), "1048576"),
    ],
)
def test_a_broken_script_says_why_and_harms_no_other(
    hello, add_script, source, problem
):
    script = add_script("broken.py", source)

    assert script.state == ScriptState.BROKEN
    assert problem in script.problem
    hello.refresh_from_db()
    assert hello.state == ScriptState.OK


def test_a_second_look_changes_nothing(hello):
    report = services.sync_scripts()

    assert (report.added, report.changed, report.missing, report.broken) == (
        [],
        [],
        [],
        [],
    )
    assert report.total == 1


def test_a_missing_folder_is_named(settings, tmp_path):
    settings.SCRIPTS_DIR = tmp_path / "nowhere"

    with pytest.raises(services.FolderUnreadable, match="nowhere"):
        services.sync_scripts()


def test_the_settings_of_a_script_survive_a_change_of_its_file(hello, add_script):
    services.set_enabled(script=hello, enabled=False)

    assert add_script("hello.py", "print('new')\n").enabled is False


def test_limits_in_the_header_come_and_go_with_it(add_script):
    header = "# /// script\n# [tool.automation-hub]\n{keys}# ///\n"
    keys = '# max_running = 2\n# group = "db"\n'

    script = add_script("job.sh", header.format(keys=keys))
    assert (script.max_running, script.group) == (2, "db")

    script = add_script("job.sh", header.format(keys=""))
    assert (script.max_running, script.group) == (None, "")

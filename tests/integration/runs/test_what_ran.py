"""Every run names the version of its script that ran, also when the file changes."""

from __future__ import annotations

import pytest

from apps.runs import logs, worker
from apps.runs.witness import Witness
from apps.scripts.discovery import read
from apps.scripts.models import ScriptVersion

pytestmark = pytest.mark.django_db

ONE = "#!/bin/sh\necho one\n"
TWO = "#!/bin/sh\necho two\n"
NOTE = "the script's file changed while this run went on"


@pytest.fixture
def perform(make_run, add_script):
    """Run a script, doing something between the reading of its file and its start;
    return the run and its log."""

    def run_script(name, source, meanwhile=lambda path: None):
        class Interrupted(worker.Execution):
            def _spec(self, content, env=None):
                spec = super()._spec(content, env)
                meanwhile(content.path)
                return spec

        script = add_script(name, source)
        run = make_run(script=script)
        Interrupted(worker.take()).perform()
        run.refresh_from_db()
        return run, "".join(logs.read_text(run.pk))

    return run_script


def once(action):
    """Do it the first time alone."""
    left = [action]
    return lambda path: left and left.pop()(path)


def test_a_run_names_the_version_that_ran(perform):
    run, text = perform("a.sh", ONE)

    assert text == "one\n"
    assert run.version.text == ONE
    assert run.version.sha256 == run.script_sha256


def test_a_run_that_waited_while_its_script_changed_names_the_new_one(
    add_script, make_run, scripts_dir
):
    run = make_run(script=add_script("a.sh", ONE))
    (scripts_dir / "a.sh").write_text(TWO)

    worker.look()

    run.refresh_from_db()
    assert (run.version.number, run.version.text) == (2, TWO)


def test_a_run_that_never_began_names_none(add_script, make_run, scripts_dir):
    run = make_run(script=add_script("a.sh", ONE))
    (scripts_dir / "a.sh").unlink()

    worker.look()

    run.refresh_from_db()
    assert (run.reason, run.version, run.script_sha256) == ("rejected", None, "")


def test_a_version_that_is_not_kept_leaves_the_checksum_alone(perform):
    def forget(path):
        ScriptVersion.objects.all().delete()

    run, _text = perform("a.sh", ONE, forget)

    assert run.version is None
    assert run.script_sha256


def test_a_file_that_changes_before_its_script_starts_is_read_again(perform):
    run, text = perform("a.sh", ONE, once(lambda path: path.write_text(TWO)))

    assert text == "two\n"
    assert run.version.text == TWO


def test_a_file_that_is_only_touched_is_what_it_was(perform):
    run, text = perform("a.sh", ONE, lambda path: path.write_text(ONE))

    assert text == "one\n"
    assert (run.status, run.version.number) == ("completed", 1)


def test_a_file_that_goes_before_its_script_starts_is_gone(perform):
    run, _text = perform("a.sh", ONE, once(lambda path: path.unlink()))

    assert (run.status, run.reason) == ("failed", "rejected")
    assert "no longer in the scripts folder" in run.detail


def test_a_file_that_changes_all_the_time_is_not_run(perform):
    def grow(path):
        path.write_text(path.read_text() + "echo more\n")

    run, text = perform("a.sh", ONE, grow)

    assert (run.status, run.reason, text) == ("failed", "rejected", "")
    assert "changes all the time" in run.detail


def test_a_shell_script_that_changes_while_it_runs_is_marked(perform):
    source = '#!/bin/sh\necho one\necho "echo two" >>"$0"\n'

    run, text = perform("a.sh", source)

    assert run.version.text == source
    assert NOTE in text


@pytest.mark.parametrize("source", ["{change}print('late')\n", "{change}"])
def test_a_python_script_that_changes_before_it_prints_is_marked(perform, source):
    change = "open(__file__, 'a').write('# more\\n')\n"

    _run, text = perform("a.py", source.format(change=change))

    assert NOTE in text


@pytest.mark.parametrize(("read_at_once", "vouches"), [(True, True), (False, False)])
def test_what_python_prints_proves_that_it_had_read_all(
    scripts_dir, read_at_once, vouches
):
    (scripts_dir / "a.py").write_text(ONE)
    witness = Witness(read(scripts_dir, "a.py"), read_at_once=read_at_once)

    witness.hear()
    (scripts_dir / "a.py").write_text(TWO)

    assert witness.vouches() is vouches

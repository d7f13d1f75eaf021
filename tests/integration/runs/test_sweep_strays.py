"""Processes of ended runs are killed; those of others stay. Real processes."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import uuid
from datetime import timedelta

import pytest
from django.utils import timezone

from apps.executor import strays
from apps.runs import services
from apps.runs.models import Instance
from tests.unit.executor.conftest import ROOT
from tests.unit.executor.helpers import is_alive, linux_only, wait_until

pytestmark = [pytest.mark.django_db, linux_only]

PARTS = ("main", "launcher", "supervisor", "script")
DAEMON = "(setsid /bin/sh -c 'echo $$ > new; mv new pid; exec sleep 600' &)"


@pytest.fixture
def instance(settings):
    """An id of this test's own: others may run on this machine."""
    Instance.objects.all().delete()
    return str(Instance.objects.create().pk)


@pytest.fixture
def leave(tmp_path, instance, scripts_dir, settings):
    """Leave a daemon behind for a run's id, and return its pid."""
    started = {}

    def leave(run_id, **marks):
        env = {"PATH": "/usr/bin:/bin", "HUB_INSTANCE": instance}
        env |= {"HUB_RUN_ID": str(run_id), "DATA_DIR": str(settings.DATA_DIR)}
        env |= marks
        subprocess.run(["/bin/sh", "-c", DAEMON], cwd=tmp_path, env=env, check=True)
        wait_until(lambda: (tmp_path / "pid").exists())
        pid = int((tmp_path / "pid").read_text())
        (tmp_path / "pid").unlink()
        started[pid] = env["HUB_INSTANCE"]
        return pid

    yield leave
    for left in set(started.values()):
        strays.kill(strays.find(left), again=list, patience_s=1)


@pytest.mark.parametrize("status", ["completed", "failed", "cancelled"])
def test_what_an_ended_run_left_is_killed(leave, make_run, status, caplog):
    run = make_run(status=status)
    pid = leave(run.pk)

    assert services.sweep_strays() == 1
    assert not is_alive(pid)
    assert f"Killed 1 process(es) left behind by run(s) {run.pk}" in caplog.text


def test_what_an_unknown_run_left_is_killed(leave):
    pid = leave(uuid.uuid4())

    assert services.sweep_strays() == 1
    assert not is_alive(pid)


def test_what_works_for_another_copy_of_the_database_stays(leave):
    pid = leave(uuid.uuid4(), DATA_DIR="/elsewhere")

    assert services.sweep_strays() == 0
    assert is_alive(pid)


def test_a_run_whose_lease_is_over_is_ended(leave, make_run):
    over = timezone.now() - timedelta(seconds=1)
    pid = leave(make_run(status="running", lease_until=over).pk)

    assert services.sweep_strays() == 1
    assert not is_alive(pid)


@pytest.mark.parametrize("status", ["queued", "running"])
def test_a_run_that_is_alive_stays_whichever_cluster_has_it(leave, make_run, status):
    pid = leave(make_run(status=status).pk)
    ended = leave(make_run(status="failed").pk)

    assert services.sweep_strays() == 1
    assert (is_alive(pid), is_alive(ended)) == (True, False)


def test_a_script_of_another_instance_stays(leave, make_run):
    pid = leave(make_run(status="failed").pk, HUB_INSTANCE=str(uuid.uuid4()))

    assert services.sweep_strays() == 0
    assert is_alive(pid)


@pytest.mark.parametrize("run_id", ["", "not-a-run"])
def test_what_names_no_run_stays(leave, run_id):
    pid = leave(run_id)

    assert services.sweep_strays() == 0
    assert is_alive(pid)


def test_a_run_that_begins_while_the_processes_are_looked_at_stays(
    leave, make_run, monkeypatch
):
    """It is looked for in the table only after its process was found."""
    run_id = uuid.uuid4()
    pid = leave(run_id)
    find = strays.find

    def begin_meanwhile(instance):
        found = find(instance)
        make_run(id=run_id, status="running")
        return found

    with monkeypatch.context() as patch:
        patch.setattr(strays, "find", begin_meanwhile)
        assert services.sweep_strays() == 0
    assert is_alive(pid)


def test_without_strays_the_table_of_runs_is_not_asked(
    instance, django_assert_num_queries
):
    with django_assert_num_queries(1):
        assert services.sweep_strays() == 0


def test_what_cannot_be_killed_in_time_is_named(leave, make_run, monkeypatch, caplog):
    monkeypatch.setattr("apps.runs.services.sweep.PATIENCE_S", 0)
    pid = leave(make_run(status="failed").pk)

    assert services.sweep_strays() == 0
    assert f"Process {pid} of run" in caplog.text


def test_a_supervisor_and_its_launcher_bear_no_mark(launcher_of, instance, tmp_path):
    pids = {stray.pid for stray in strays.find(instance)}

    daemon = int((tmp_path / "daemon").read_text())
    assert pids == {launcher_of["script"], daemon}
    assert is_alive(launcher_of["launcher"])
    assert is_alive(launcher_of["supervisor"])


def test_what_outlives_a_supervisor_and_all_above_it_is_killed(
    launcher_of, instance, make_run, tmp_path
):
    daemon = int((tmp_path / "daemon").read_text())
    for name in ("main", "launcher", "supervisor"):
        os.kill(launcher_of[name], signal.SIGSTOP)
    for name in ("supervisor", "launcher", "main"):
        os.kill(launcher_of[name], signal.SIGKILL)
    left = (launcher_of["script"], daemon)
    assert all(map(is_alive, left))

    assert services.sweep_strays() == 2
    assert not any(map(is_alive, left))


EXECUTE = '''
import os, sys
from pathlib import Path
from apps.executor.launcher_client import start_launcher
from apps.executor.run import execute
from apps.executor.spec import Directive, ExecutionSpec
from apps.executor.starter import use_launcher

launcher = start_launcher()
use_launcher(launcher)
folder, instance, run_id, data_dir = sys.argv[1:]
text = f"""
(setsid /bin/sh -c 'echo $$ > new-daemon; mv new-daemon daemon; exec sleep 600' &)
while [ ! -e daemon ]; do sleep 0.01; done
echo {os.getpid()} {launcher.pid} $PPID $$ > new; mv new pids; exec sleep 600
"""
env = {"PATH": "/usr/bin:/bin", "HUB_INSTANCE": instance, "HUB_RUN_ID": run_id}
env |= {"DATA_DIR": data_dir}
execute(
    ExecutionSpec(
        argv=("/bin/sh", "-c", text), cwd=Path(folder), env=env, timeout_s=600
    ),
    on_output=lambda *block: None,
    beat=lambda: Directive.CONTINUE,
    before_go=lambda: True,
)
'''


@pytest.fixture
def launcher_of(tmp_path, instance, settings, scripts_dir):
    """The pids of a script, its supervisor, their launcher, and who has that."""
    argv = [sys.executable, "-c", EXECUTE, str(tmp_path), instance]
    argv += [str(uuid.uuid4()), str(settings.DATA_DIR)]
    with subprocess.Popen(argv, cwd=ROOT) as process:
        wait_until(lambda: (tmp_path / "pids").exists() or process.poll())
        pids = map(int, (tmp_path / "pids").read_text().split())
        yield dict(zip(PARTS, pids, strict=True))
        process.kill()

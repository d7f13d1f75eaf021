"""How a worker stops, and what is left when it is killed."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import psutil
import pytest

from apps.executor import launcher_client

LAUNCHER = Path(launcher_client.__file__).with_name("launch.py")

pytestmark = pytest.mark.acceptance

SLOW = (
    "# /// script\n# [tool.automation-hub]\n# anonymous = true\n# ///\n"
    "import os, time\n"
    "open(os.environ['DATA_DIR'] + '/pid', 'w').write(str(os.getpid()))\n"
    "time.sleep(120)\n"
)


@pytest.fixture
def hub(make_hub):
    hub = make_hub(ANONYMOUS_API="127.0.0.0/8", DRAIN_SECONDS="0.5", GRACE_S="0.5")
    hub.add_script("slow.py", SLOW)
    hub.setup()
    hub.start_portal()
    return hub


@pytest.fixture
def running(hub):
    """A worker with a script that runs: (worker, run_id, the script's pid)."""
    worker = hub.start_worker()
    answer = hub.request("POST", "/runs/runs", json={"script_name": "slow.py"})
    run_id = answer.json()["run_id"]
    pid_file = hub.data_dir / "pid"
    hub.wait_for(lambda: pid_file.exists() and pid_file.read_text(), 60)
    return worker, run_id, int(pid_file.read_text())


def reason(hub, run_id):
    return hub.request("GET", f"/runs/runs/{run_id}").json()["reason"]


def test_sigterm_drains_ends_the_script_and_says_so(hub, running):
    worker, run_id, pid = running
    tree = psutil.Process(worker.pid).children(recursive=True)

    os.kill(worker.pid, signal.SIGTERM)

    hub.wait_for(lambda: not worker.alive, 20)
    assert worker.returncode == 0
    assert not psutil.pid_exists(pid)
    assert not [process for process in tree if process.is_running()]
    assert reason(hub, run_id) == "shutdown"


def test_kill_9_of_the_main_process_leaves_nothing_and_the_run_is_lost(hub, running):
    worker, run_id, pid = running
    tree = psutil.Process(worker.pid).children(recursive=True)

    os.kill(worker.pid, signal.SIGKILL)

    hub.wait_for(lambda: not psutil.pid_exists(pid), 20)
    hub.wait_for(lambda: not [p for p in tree if p.is_running()], 20)
    hub.start_worker()
    hub.wait_for(lambda: reason(hub, run_id) == "lost", 30)


def test_a_dead_sentinel_ends_the_cluster_with_an_error(hub, running):
    worker, _run_id, pid = running
    sentinel = max(
        psutil.Process(worker.pid).children(), key=lambda p: len(p.children())
    )

    sentinel.kill()

    hub.wait_for(lambda: not worker.alive, 20)
    assert worker.returncode == 1
    hub.wait_for(lambda: not psutil.pid_exists(pid), 20)


def test_a_dead_launcher_ends_the_cluster_and_its_scripts_with_an_error(hub, running):
    worker, run_id, pid = running
    (launcher,) = (
        process
        for process in psutil.Process(worker.pid).children()
        if process.cmdline()[-3:-2] == [str(LAUNCHER)]
    )
    tree = psutil.Process(worker.pid).children(recursive=True)

    launcher.kill()

    hub.wait_for(lambda: not worker.alive, 20)
    assert worker.returncode == 1
    assert not psutil.pid_exists(pid)
    hub.wait_for(lambda: not [p for p in tree if p.is_running()], 20)
    hub.start_worker()
    hub.wait_for(lambda: reason(hub, run_id) == "lost", 30)


def test_choosing_a_queue_by_option_is_refused_with_the_way_to_do_it(hub):
    done = hub.manage("qcluster", "-n", "gpu", check=False)

    assert done.returncode == 1
    assert "QUEUE=gpu manage.py qcluster" in done.stderr

"""The images' own start-up commands, as their own user, on a root that is read-only.

What is copied into an image, what it sets and what it starts is read from the
Dockerfile, so that a file that is forgotten there is missed here, without an engine.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path

import psutil
import pytest

from tests.acceptance.test_acceptance import FINAL, feed_url  # noqa: F401
from tests.acceptance.ups import PASSWORD
from tests.contracts.dockerfile import (
    command,
    environment,
    health_check,
    reaches_the_builder,
    stages,
)
from tests.contracts.sources import ROOT, project_files
from tests.servers.cell import UID, Cells, first_process
from tests.servers.fixtures import missing
from tests.servers.hub import FAST, Hub
from tests.servers.process import ServerMissing, lives

pytestmark = [
    pytest.mark.acceptance,
    pytest.mark.skipif(os.geteuid() != 0, reason="Only root can make a cell."),
    pytest.mark.skipif(sys.platform != "linux", reason="Linux alone has namespaces."),
]

SETUP = ["python", "manage.py", "setup"]
STOP_S = 15


def copied() -> list[Path]:
    """Return the files of the project that the Dockerfile copies into the images."""
    sources = [
        Path(part)
        for value in stages()["build"].values("COPY")
        for part in value.split()[:-1]
    ]
    return [
        path
        for path in project_files()
        if any(path.is_relative_to(source) for source in sources)
        and reaches_the_builder(path)
    ]


def make_app(folder: Path) -> Path:
    """Make /app of an image: what is copied, and the static files."""
    folder.mkdir()
    for path in copied():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / path, folder / path)
    subprocess.run(
        [sys.executable, "manage.py", "collectstatic", "--no-input", "--verbosity=0"],
        cwd=folder,
        env={"PATH": os.environ["PATH"], "SECRET_KEY": "unused"},
        check=True,
    )
    subprocess.run(["chmod", "-R", "u=rwX,go=rX", str(folder)], check=True)
    return folder


@pytest.fixture(scope="module")
def app():
    """The folder /app of an image; beside it there is room for more."""
    # pytest's own folders are numbered and kept; what is mounted must not be.
    with tempfile.TemporaryDirectory(prefix="hub-cells-") as name:
        yield make_app(Path(name) / "app")


@pytest.fixture(scope="module")
def make_installation(app, shared_redis):
    """Start a hub in cells, in the order of compose.yaml."""
    with ExitStack() as stack:

        def make() -> Hub:
            folder = Path(tempfile.mkdtemp(dir=app.parent))
            cells = Cells(folder, app=app, data=folder / "data")
            try:
                cells.require()
            except ServerMissing as exc:
                missing(exc)
            hub = stack.enter_context(Hub())
            stack.callback(kill, hub)
            start(hub, cells, shared_redis.fresh_url())
            return hub

        yield make


@pytest.fixture(scope="module")
def installation(make_installation):
    return make_installation()


def start(hub: Hub, cells: Cells, url: str) -> None:
    """Set up, then start portal and worker; `setup_said` is what the first one said."""
    setup = cells.start(SETUP, variables("api", url))
    assert setup.wait(60) == 0, setup.output()
    hub.setup_said = setup.output()
    bind = ["--bind", f"127.0.0.1:{hub.port}"]
    hub.children += [
        cells.start([*command("api"), *bind], variables("api", url)),
        cells.start(command("worker"), variables("worker", url)),
    ]
    hub.wait_for(hub.is_live, 30, what=f"the portal answered\n{hub.logs()}")
    hub.wait_for_workers()


def kill(hub: Hub) -> None:
    """End what is left, and with it the cells; the processes above them take no SIGTERM."""
    for child in hub.children:
        child.kill()


def variables(target: str, redis_url: str) -> dict[str, str]:
    """Return what the image sets and what a caller gives it."""
    return {
        **environment(target),
        **FAST,
        "PATH": f"{Path(sys.executable).parent}:/usr/sbin:/usr/bin:/sbin:/bin",
        "ANONYMOUS_API": "127.0.0.0/8",
        "HUB_COMMIT": "",
        "REDIS_URL": redis_url,
    }


def inside(hub: Hub) -> list[psutil.Process]:
    """Return PID 1 of the portal's and of the worker's cell."""
    return [first_process(child, "python") for child in hub.children]


def test_setup_shows_a_password_once(installation):
    assert len(PASSWORD.findall(installation.setup_said)) == 1


def test_the_guides_request_completes(installation, feed_url):  # noqa: F811
    body = {"script_name": "fetch_rss.py", "parameters": {"url": feed_url, "limit": 5}}
    accepted = installation.request("POST", "/runs/runs", json=body)
    assert accepted.status == 201, accepted.text

    done = installation.wait_for_run(accepted.json()["run_id"], 60)

    assert done["status"] == "completed", done
    assert [a["name"].rpartition(".")[2] for a in done["artifacts"]].count("json") == 1


def test_pages_and_collected_files_are_the_hubs_own(installation):
    assert installation.request("GET", "/docs").status == 200
    assert "/static/hub/admin.css" in installation.request("GET", "/admin/login/").text
    assert installation.request("GET", "/static/hub/admin.css").status == 200


def test_nothing_of_it_is_anybody_but_its_user(installation):
    for first in inside(installation):
        for process in [first, *first.children(recursive=True)]:
            status = Path(f"/proc/{process.pid}/status").read_text()
            fields = dict(line.split(":\t", 1) for line in status.splitlines())
            assert fields["Uid"].split() == [str(UID)] * 4
            assert fields["Groups"].strip() == ""
            assert int(fields["CapEff"], 16) == 0
            assert fields["NoNewPrivs"] == "1"


def test_nothing_can_be_written_but_the_data_and_what_is_temporary(installation):
    for first in inside(installation):
        mounts = Path(f"/proc/{first.pid}/mountinfo").read_text().splitlines()
        lines = [line.split() for line in mounts]
        writable = {line[4] for line in lines if "ro" not in line[5].split(",")}
        devices = {line[4] for line in lines if line[4].startswith("/dev/")}
        assert writable - devices == {"/data", "/tmp", "/proc"}


def test_the_workers_probe_finds_its_heartbeat(installation):
    first = inside(installation)[1]
    enter = ["nsenter", "--target", str(first.pid), "--mount", "--root", "--wd"]
    done = subprocess.run(
        [*enter, "env", "--chdir=/app", *health_check("worker")],
        env=variables("worker", ""),
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_portal_and_worker_end_well_when_told_to(make_installation):
    hub = make_installation()
    for child, first in zip(hub.children, inside(hub), strict=True):
        first.send_signal(signal.SIGTERM)
        assert child.wait(STOP_S) == 0, child.output()


def test_a_cell_ends_with_the_process_above_it(make_installation):
    hub = make_installation()
    below = [found for child in hub.children for found in child.tree()[1:]]
    assert len(below) > len(hub.children)

    kill(hub)

    hub.wait_for(lambda: not any(map(lives, below)), what="the cells had ended")

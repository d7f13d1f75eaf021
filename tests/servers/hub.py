"""A whole hub for acceptance tests: its own folder, database, portal and workers."""

from __future__ import annotations

import http.client
import json as jsonlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self, TypeVar

import psutil

from tests.servers.hand import Hand
from tests.servers.process import (
    Child,
    free_port,
    is_zombie,
    send_all,
    wait_until,
)
from tests.servers.tables import lay_tables

T = TypeVar("T")
ROOT = Path(__file__).resolve().parents[2]
MANAGE = [sys.executable, str(ROOT / "manage.py")]
GUNICORN = [
    *(sys.executable, "-m", "gunicorn", "automation_hub.wsgi:application"),
    *("--workers", "1", "--threads", "8", "--no-control-socket"),
    *("--forwarder-headers", ""),
]
# With the last two, child processes are counted where coverage is measured.
PASSED_ON = (
    "PATH",
    "LANG",
    "TMPDIR",
    "COVERAGE_PROCESS_START",
    "COVERAGE_PROCESS_CONFIG",
)
# The engine's intervals, ten times faster than in production.
FAST = {
    "LEASE_S": "3",
    "FENCE_S": "1.5",
    "HEARTBEAT_S": "0.5",
    "RESEND_AFTER_S": "1.5",
    "RESEND_MAX_S": "30",
    "TICK_S": "0.1",
    "LOOK_S": "0.5",
    # Above the 5 s that a query may take, and those it is tried again.
    "WEDGE_S": "8",
    "GRACE_S": "1",
    "DRAIN_SECONDS": "2",
}
START_S = 30
LOG_LINES = 300
# Above DRAIN_SECONDS and GRACE_S together.
STOP_S = 10


@dataclass(frozen=True)
class Answer:
    """What the portal answered."""

    status: int
    headers: http.client.HTTPMessage
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode("utf-8")

    def json(self) -> Any:
        return jsonlib.loads(self.body)


class Hub:
    """One installation in a temporary folder; a context manager that ends it whole.

    Nothing of the caller's environment reaches it but PATH, LANG and TMPDIR; keyword
    arguments are variables: `Hub(REDIS_URL=url, ANONYMOUS_API="127.0.0.0/8")`. It runs
    on SQLite and the database broker unless they say otherwise.
    """

    def __init__(self, **environment: str) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="hub-"))
        self.data_dir = self.folder / "var"
        self.scripts_dir = self.folder / "scripts"
        self.scripts_dir.mkdir()
        self.port = free_port()
        self.children: list[Child] = []
        self._known: set[psutil.Process] = set()
        self._hand: Hand | None = None
        self.env = {
            **{name: os.environ[name] for name in PASSED_ON if name in os.environ},
            **FAST,
            "HOME": str(self.folder),
            "WORKSPACE": str(self.folder),
            "SCRIPTS_DIR": str(self.scripts_dir),
            "DATA_DIR": str(self.data_dir),
            **environment,
        }
        self._is_set_up = False
        # Puts all tables where there are none yet.
        self.lay_tables: Callable[[], None] = self._lay_tables

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    # -- Scripts and commands ----------------------------------------------------

    def add_script(self, name: str, text: str, *, mode: int = 0o755) -> Path:
        """Write a script of this hub; `name` may have folders."""
        path = self.scripts_dir / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        path.chmod(mode)
        return path

    def copy_script(self, name: str) -> Path:
        """Give this hub a script that the project ships."""
        return Path(shutil.copy(ROOT / "scripts" / name, self.scripts_dir / name))

    def manage(
        self,
        *arguments: str,
        input: str | None = None,
        check: bool = True,
        timeout_s: float = 60,
        **environment: str,
    ) -> subprocess.CompletedProcess[str]:
        """Run `manage.py` to its end; `stdout` and `stderr` are text.

        With `check`, a failed command fails the test and shows what it said.
        """
        done = subprocess.run(
            [*MANAGE, *arguments],
            input=input,
            stdin=None if input is not None else subprocess.DEVNULL,
            capture_output=True,
            text=True,
            env=self.env | environment,
            cwd=ROOT,
            timeout=timeout_s,
            check=False,
        )
        if check and done.returncode:
            raise AssertionError(
                f"manage.py {' '.join(arguments)} ended with {done.returncode}:\n"
                f"{done.stdout}{done.stderr}"
            )
        return done

    def inside(self, module: str, call: str) -> Any:
        """Evaluate an expression in a module, in this hub's own Django.

        That is set up at the first call; from then on a call takes some milliseconds.
        """
        if self._hand is None:
            self._hand = Hand(self.env, self.folder / "hand.log")
        return self._hand.call(module, call)

    def setup(self) -> subprocess.CompletedProcess[str]:
        """Run `manage.py setup`: database, secret, scripts, first administrator.

        The tables are there before; who looks at how they come calls it by `manage`.
        """
        self.lay_tables()
        done = self.manage("setup")
        self._is_set_up = True
        return done

    def _lay_tables(self) -> None:
        path = self.data_dir / "database.db"
        is_used = self.env["DATA_DIR"] == str(self.data_dir)
        if is_used and not {"DATABASE_URL", "DATABASE_PATH"} & self.env.keys():
            lay_tables(path)

    # -- Processes ---------------------------------------------------------------

    def start(self, *, workers: int = 1) -> Self:
        """Set the hub up, unless it is, and start the portal and its workers."""
        if not self._is_set_up:
            self.setup()
        self.start_portal()
        for _number in range(workers):
            self.start_worker()
        return self

    def start_portal(self, **environment: str) -> Child:
        """Start gunicorn on `self.port` and wait until it answers."""
        portal = self.spawn(
            "portal",
            [*GUNICORN, "--bind", f"127.0.0.1:{self.port}"],
            **environment,
        )
        self.wait_for(
            lambda: not portal.alive or self.is_live(),
            START_S,
            what="the portal answered /health/live",
        )
        assert portal.alive, f"The portal ended at once:\n{portal.output()}"
        return portal

    def start_worker(self, **environment: str) -> Child:
        """Start a `qcluster`, such as `start_worker(QUEUE="gpu", WORKERS="1")`."""
        return self.spawn("worker", [*MANAGE, "qcluster"], **environment)

    def wait_for_workers(self, count: int = 1) -> None:
        """Wait until /health counts this many live workers."""

        def enough() -> bool:
            # While its database is busy, it says nothing of them.
            checks = self.request("GET", "/health").json()["checks"]
            return bool(checks.get("workers", {}).get("alive", 0) >= count)

        self.wait_for(enough, START_S, what=f"{count} worker(s) reported")

    def spawn(self, name: str, argv: list[str], **environment: str) -> Child:
        """Start a process of this hub in its own session; its log is in the folder."""
        child = Child(
            argv,
            log=self.folder / f"{name}-{len(self.children) + 1}.log",
            env=self.env | environment,
            cwd=ROOT,
            death_signal=signal.SIGTERM,
        )
        self.children.append(child)
        return child

    def stop(self) -> None:
        """Ask the portal and the workers to end; kills those that still run after 10 s.

        What they leave behind is left for `survivors` to find, and for `close` to end.
        """
        self._remember()
        for child in self.children:
            child.send_signal(signal.SIGCONT)
            child.send_signal(signal.SIGTERM)
        deadline = time.monotonic() + STOP_S
        for child in self.children:
            try:
                child.wait(max(0, deadline - time.monotonic()))
            except TimeoutError:
                child.stop(signal.SIGKILL, timeout_s=1)

    def close(self) -> None:
        """End all that runs and remove the folder."""
        try:
            if self._hand:
                self._hand.close()
            self.stop()
            send_all(self.survivors(), signal.SIGKILL)
        finally:
            shutil.rmtree(self.folder, ignore_errors=True)

    def survivors(self) -> list[psutil.Process]:
        """Return this hub's live processes: portal, workers, supervisors, scripts.

        Those are what was below its children when last looked at, and whoever carries
        its data folder in the environment or works in its folder.
        """
        self._remember()
        found = {p for p in psutil.process_iter() if self._is_ours(p)} | self._known
        return [p for p in found if p.is_running() and not is_zombie(p)]

    def _remember(self) -> None:
        # Only root can look into a worker, which hides its secrets from scripts.
        for child in self.children:
            self._known.update(child.tree())

    def _is_ours(self, process: psutil.Process) -> bool:
        if self._hand and process.pid == self._hand.pid:
            return False
        try:
            if process.environ().get("DATA_DIR") == str(self.data_dir):
                return True
            return Path(process.cwd()).is_relative_to(self.folder)
        except (psutil.NoSuchProcess, psutil.AccessDenied):
            return False

    def logs(self) -> str:
        """Return the end of what the portal and the workers said, by name."""
        return "\n".join(
            f"--- {child.log.name} (exit code {child.returncode})\n"
            + "".join(child.output().splitlines(keepends=True)[-LOG_LINES:])
            for child in self.children
            if child.log.exists()
        )

    # -- Requests ----------------------------------------------------------------

    def request(
        self,
        method: str,
        path: str,
        *,
        json: Any = None,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        token: str = "",
        timeout_s: float = 15,
    ) -> Answer:
        """Send one request as it is: no redirect is followed, no header is added but
        Host, Content-Type for `json`, and Authorization for `token`.
        """
        send = dict(headers or {})
        if json is not None:
            body = jsonlib.dumps(json).encode()
            send.setdefault("Content-Type", "application/json")
        if token:
            send.setdefault("Authorization", f"Bearer {token}")
        connection = http.client.HTTPConnection(
            "127.0.0.1", self.port, timeout=timeout_s
        )
        try:
            connection.request(method, path, body, send)
            response = connection.getresponse()
            return Answer(response.status, response.headers, response.read())
        finally:
            connection.close()

    def is_live(self) -> bool:
        """Return whether the portal answers."""
        try:
            return self.request("GET", "/health/live", timeout_s=2).status == 200
        except (OSError, http.client.HTTPException):
            return False

    def wait_for(
        self,
        condition: Callable[[], T],
        timeout_s: float = 15,
        *,
        what: str = "the condition of the test",
    ) -> T:
        """Return the first true value of `condition`, or fail naming `what`."""
        return wait_until(condition, timeout_s=timeout_s, what=what)

    def wait_for_run(
        self, run_id: str, timeout_s: float = 15, *, token: str = ""
    ) -> dict[str, Any]:
        """Return the run's JSON once it has a final status."""

        def final() -> dict[str, Any] | None:
            answer = self.request("GET", f"/runs/runs/{run_id}", token=token)
            assert answer.status == 200, f"{answer.status}: {answer.text}"
            run: dict[str, Any] = answer.json()
            return run if run["finished_at"] else None

        return self.wait_for(final, timeout_s, what=f"run {run_id} was final")

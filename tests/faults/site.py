"""A hub under fault: its runs, what was started, and the processes of its clusters."""

from __future__ import annotations

import contextlib
import itertools
import sqlite3
import uuid
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import psutil
import psycopg

from tests.faults.keeper import Keeper
from tests.faults.scripts import sources
from tests.servers import Answer, Child, Hub, wait_until
from tests.servers.hub import MANAGE
from tests.servers.process import is_zombie, lives

# Within which a run is final, whatever happened: some leases and some restarts.
FINAL_S = 30.0
START_S = 20.0
# What a slot holds of the supervisor that waits for its next run.
SPARE_PIPES = 4
ACTIVE = "status IN ('queued', 'running')"


class Site:
    """One installed hub with a portal; clusters come and go with the tests."""

    def __init__(self, hub: Hub) -> None:
        self.hub = hub
        self.clusters: list[Child] = []
        self.keepers: list[Keeper] = []
        self._pipes: dict[psutil.Process, int] = {}
        self._numbers = itertools.count(1)
        self.temporary = hub.folder / "tmp"
        self.temporary.mkdir(exist_ok=True)
        hub.env["TMPDIR"] = str(self.temporary)
        for name, source in sources().items():
            hub.add_script(name, source)
        hub.setup()
        self.portal = hub.start_portal()
        made = hub.manage(
            *("token", "create", "faults", "--user", "admin"),
            *("--scopes", "read,run,manage"),
        )
        self.token = made.stdout.strip()

    # -- Clusters ----------------------------------------------------------------

    def start_cluster(
        self, *, wait: bool = True, prefix: Sequence[str] = (), **environment: str
    ) -> Child:
        """Start a cluster and, with `wait`, wait until all its slots are there.

        `prefix` is a command that becomes the cluster's.
        """
        number = next(self._numbers)
        environment.setdefault(
            "HEARTBEAT_FILE", str(self.hub.folder / f"heartbeat-{number}")
        )
        argv = [*prefix, *MANAGE, "qcluster"]
        cluster = self.hub.spawn("worker", argv, **environment)
        self.clusters.append(cluster)
        if wait:
            self.wait_for_slots(cluster, int(environment.get("WORKERS", "2")))
        return cluster

    def keep_cluster(self, **environment: str) -> Keeper:
        """Start a cluster that is started again when it exits with an error."""
        keeper = Keeper(lambda: self.start_cluster(wait=False, **environment))
        self.keepers.append(keeper)
        keeper.start()
        self.wait_for_slots(keeper.cluster, int(environment.get("WORKERS", "2")))
        return keeper

    def wait_for_slots(self, cluster: Child, count: int) -> list[psutil.Process]:
        """Return the slots of a cluster once they are `count`."""
        found = wait_until(
            lambda: (found := slots(cluster)) and len(found) == count and found,
            timeout_s=START_S,
            what=f"{count} slot(s) were there",
        )
        for holder in [*found, *named(cluster, "hub-launcher")]:
            self._pipes.setdefault(holder, count_pipes(holder))
        return found

    def pipes_held(self) -> dict[str, int]:
        """Return which processes hold more pipes than before their first run."""
        return {
            f"{holder.name()} {holder.pid}": count_pipes(holder) - count
            for holder, count in self._pipes.items()
            if lives(holder) and count_pipes(holder) > count + SPARE_PIPES + 1
        }

    def clear(self) -> None:
        """End whatever cluster still runs, at once; a failed test leaves runs too."""
        for keeper in self.keepers:
            keeper.give_up()
        for cluster in self.clusters:
            if cluster.alive:
                kill_all(cluster.tree())
            cluster.kill()
        self.keepers.clear()
        self.clusters.clear()
        self._pipes.clear()
        for run_id, status, _worker in self.active():
            if status == "queued":
                self.cancel(str(run_id))
        for daemon in self.daemons():
            daemon.kill()
        (self.hub.data_dir / "pids").unlink(missing_ok=True)

    # -- Runs --------------------------------------------------------------------

    def post(self, script: str, **more: Any) -> Answer:
        """Ask for a run of a script; `headers` are the request's own."""
        headers = more.pop("headers", None)
        return self.hub.request(
            "POST",
            "/runs/runs",
            json={"script_name": script, **more},
            token=self.token,
            headers=headers,
        )

    def start(self, script: str, **more: Any) -> str:
        """Start a run and return its id."""
        answer = self.post(script, **more)
        assert answer.status == 201, f"{answer.status}: {answer.text}"
        run_id: str = answer.json()["run_id"]
        return run_id

    def read(self, run_id: str) -> dict[str, Any]:
        """Return a run as the API shows it."""
        answer = self.hub.request("GET", f"/runs/runs/{run_id}", token=self.token)
        assert answer.status == 200, f"{answer.status}: {answer.text}"
        run: dict[str, Any] = answer.json()
        return run

    def cancel(self, run_id: str) -> Answer:
        """Ask for a run's end."""
        path = f"/runs/runs/{run_id}/cancel"
        return self.hub.request("POST", path, token=self.token)

    def log(self, run_id: str) -> str:
        """Return what a run printed so far."""
        path = f"/runs/runs/{run_id}/log"
        return self.hub.request("GET", path, token=self.token).text

    def final(self, run_id: str, timeout_s: float = FINAL_S) -> dict[str, Any]:
        """Return a run once it has ended."""
        return self.hub.wait_for_run(run_id, timeout_s, token=self.token)

    def ended(self, run_id: str, timeout_s: float = FINAL_S) -> tuple[str, str]:
        """Return status and reason of a run once it has ended."""
        run = self.final(run_id, timeout_s)
        return run["status"], run["reason"]

    def wait_for_rest(self, run_id: str) -> None:
        """Wait until the slot that ended a run has removed its folder, and is idle."""
        folder = self.hub.data_dir / "runs" / run_id
        self.wait(lambda: not folder.exists(), what=f"the folder of {run_id} was gone")

    def wait_for_status(self, run_id: str, status: str, timeout_s: float = 15) -> None:
        """Wait until a run has this status."""
        self.wait(
            lambda: self.read(run_id)["status"] == status,
            timeout_s,
            what=f"run {run_id} was {status}",
        )

    def add_script(self, name: str, text: str) -> Path:
        """Give the hub another script, which it looks at."""
        path = self.hub.add_script(name, text)
        answer = self.hub.request("POST", "/scripts", token=self.token)
        assert answer.status == 200, answer.text
        return path

    def open_gate(self, run_id: str) -> None:
        """Let a run of gated.sh end."""
        (self.hub.data_dir / f"gate-{run_id}").touch()

    # -- What scripts wrote down -------------------------------------------------

    def starts(self) -> list[tuple[str, int]]:
        """Return (run id, pid) of every start of a script, in their order."""
        lines = _read(self.hub.data_dir / "starts").splitlines()
        return [(line.split()[0], int(line.split()[1])) for line in lines]

    def count_starts(self, run_id: str) -> int:
        """Return how often the script of a run began."""
        return Counter(found for found, _pid in self.starts())[run_id]

    def wait_for_start(self, run_id: str, timeout_s: float = 15) -> psutil.Process:
        """Return the process of a run's script once it has begun."""

        def begun() -> psutil.Process | None:
            pids = [pid for found, pid in self.starts() if found == run_id]
            return psutil.Process(pids[0]) if pids else None

        return self.wait(begun, timeout_s, what=f"the script of {run_id} began")

    def daemons(self, count: int = 0) -> list[psutil.Process]:
        """Return what hostile scripts left and still lives, once `count` were left."""
        path = self.hub.data_dir / "pids"
        self.wait(lambda: len(_read(path).split()) >= count, what=f"{count} daemons")
        return [p for pid in _read(path).split() if (p := process(int(pid)))]

    # -- The table ---------------------------------------------------------------

    @property
    def on_postgres(self) -> bool:
        return "DATABASE_URL" in self.hub.env

    def sql(self, statement: str, *values: Any) -> list[tuple[Any, ...]]:
        """Run one statement past the hub, with `?` for values; returns its rows."""
        given = [v.hex if isinstance(v, uuid.UUID) else v for v in values]
        if self.on_postgres:
            url = self.hub.env["DATABASE_URL"]
            with psycopg.connect(url, autocommit=True, connect_timeout=5) as database:
                cursor = database.execute(statement.replace("?", "%s"), given)
                return cursor.fetchall() if cursor.description else []
        path = self.hub.data_dir / "database.db"
        database = sqlite3.connect(path, timeout=20, isolation_level=None)
        try:
            return database.execute(statement, given).fetchall()
        finally:
            database.close()

    def active(self) -> list[tuple[Any, ...]]:
        """Return the runs that have not ended."""
        return self.sql(f"SELECT id, status, worker FROM runs_run WHERE {ACTIVE}")

    def wait(
        self,
        condition: Callable[[], Any],
        timeout_s: float = 15,
        *,
        what: str = "the condition of the test",
    ) -> Any:
        """Return the first true value of `condition`."""
        return wait_until(condition, timeout_s=timeout_s, what=what)

    def wait_for_health(self, word: str, timeout_s: float = 15) -> dict[str, Any]:
        """Return what /health says once its status is this word."""

        def says() -> dict[str, Any] | None:
            body: dict[str, Any] = self.hub.request("GET", "/health").json()
            return body if body["status"] == word else None

        return self.wait(says, timeout_s, what=f"/health said {word}")


def key(run_id: str) -> uuid.UUID:
    """Return a run's id as `Site.sql` takes it."""
    return uuid.UUID(run_id)


def named(cluster: Child, name: str) -> list[psutil.Process]:
    """Return the processes of a cluster whose names begin so, by name."""
    found = []
    for candidate in cluster.tree():
        try:
            if candidate.name().startswith(name) and not is_zombie(candidate):
                found.append((candidate.name(), candidate))
        except psutil.NoSuchProcess:
            continue
    return [candidate for _name, candidate in sorted(found, key=lambda pair: pair[0])]


def one(cluster: Child, name: str) -> psutil.Process:
    """Return the only process of a cluster that bears this name."""
    # For a moment after its fork, a process bears the name of the one above it.
    found = wait_until(
        lambda: len(found := named(cluster, name)) == 1 and found,
        timeout_s=5,
        what=f"one {name} was in {tree_of(cluster)}",
    )
    return found[0]


def slots(cluster: Child) -> list[psutil.Process]:
    """Return the slots of a cluster in their order."""
    return named(cluster, "hub-slot-")


def tree_of(cluster: Child) -> str:
    """Return the names of a cluster's processes, for messages."""
    names = []
    for found in cluster.tree():
        try:
            names.append(f"{found.name()}({found.pid})")
        except psutil.NoSuchProcess:
            continue
    return ", ".join(names) or f"no process (exit code {cluster.returncode})"


def process(pid: int) -> psutil.Process | None:
    """Return a process that lives, or None."""
    try:
        found = psutil.Process(pid)
    except psutil.NoSuchProcess:
        return None
    return None if is_zombie(found) else found


def hold_starts(cluster: Child) -> Callable[[], None]:
    """Let no script of a cluster with one slot begin; returns what lets them.

    A run is claimed meanwhile, and its supervisor gets its job, but is never ready.
    """
    wait_until(
        lambda: named(cluster, "hub-spare"), timeout_s=15, what="a supervisor waited"
    )
    frozen = [one(cluster, "hub-launcher"), one(cluster, "hub-spare")]
    for part in frozen:
        part.suspend()

    def resume() -> None:
        for part in frozen:
            if lives(part):
                part.resume()

    return resume


def count_pipes(found: psutil.Process) -> int:
    """Return how many ends of pipes a process holds; 0 when it has ended."""
    count = 0
    with contextlib.suppress(OSError):
        for link in Path(f"/proc/{found.pid}/fd").iterdir():
            # One that is closed meanwhile counts no more, and stops no other.
            with contextlib.suppress(OSError):
                count += str(link.readlink()).startswith("pipe:")
    return count


def wait_for_death(*doomed: psutil.Process, timeout_s: float) -> None:
    """Wait until none of these lives."""
    wait_until(
        lambda: not [p for p in doomed if lives(p)],
        timeout_s=timeout_s,
        what=f"{[p.pid for p in doomed]} were dead",
    )


def kill_all(processes: list[psutil.Process]) -> None:
    """Kill processes; those that are gone already do not matter."""
    for found in processes:
        try:
            found.kill()
        except psutil.NoSuchProcess:
            continue


def _read(path: Path) -> str:
    return path.read_text() if path.exists() else ""

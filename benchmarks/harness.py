"""A hub as it is shipped, a client with a token, and the floors it is held against."""

from __future__ import annotations

import http.client
import json
import shutil
import sqlite3
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

from tests.servers import Hub, redis_server
from tests.servers.hub import FAST

# Above the longest run of a measurement.
PATIENCE_S = 120
# gunicorn closes a connection on which nothing was said for two seconds.
KEPT_S = 1.0
MB = 1e6
ACTIVE = "SELECT 1 FROM runs_run WHERE status IN ('queued', 'running') LIMIT 1"
SHELL_SCRIPT = "#!/bin/sh\ndate +%s.%N\necho done\n"
PYTHON_SCRIPT = "#!/usr/bin/env python3\nprint('done')\n"


@dataclass(frozen=True)
class Options:
    """What the command line says. `quick`: a handful of samples, to try the harness."""

    quick: bool = False
    rows: int = 100_000

    def samples(self, count: int) -> int:
        """Return how many samples to take where a full measurement takes `count`."""
        return min(count, 5) if self.quick else count

    def seconds(self, length_s: float) -> float:
        """Return how long to measure where a full measurement takes `length_s`."""
        return min(length_s, 0.5) if self.quick else length_s


class Client:
    """One API client with a token, on one connection that is kept."""

    def __init__(self, hub: Hub, token: str) -> None:
        self._connection = http.client.HTTPConnection(
            "127.0.0.1", hub.port, timeout=PATIENCE_S
        )
        self.headers = {"Authorization": f"Bearer {token}"}
        self._used_at = 0.0

    def call(self, method: str, path: str, body: Any = None) -> bytes:
        """Return the body of the answer; AssertionError for any but a 2xx."""
        headers, data = self.headers, None
        if body is not None:
            headers = headers | {"Content-Type": "application/json"}
            data = json.dumps(body).encode()
        if time.monotonic() - self._used_at > KEPT_S:
            self._connection.close()
        self._connection.request(method, path, data, headers)
        answer = self._connection.getresponse()
        read = answer.read()
        self._used_at = time.monotonic()
        assert answer.status // 100 == 2, f"{method} {path}: {answer.status}: {read!r}"
        return read

    def get(self, path: str) -> Any:
        return json.loads(self.call("GET", path))

    def start(self, script: str) -> str:
        """Start a run of a script without parameters and return its id."""
        body = {"script_name": script, "parameters": {}}
        return str(json.loads(self.call("POST", "/runs/runs", body))["run_id"])

    def close(self) -> None:
        self._connection.close()


class Stand:
    """A hub under measurement."""

    def __init__(self, hub: Hub) -> None:
        self.hub = hub
        made = hub.manage("token", "create", "bench", "--user", "admin")
        self._token = made.stdout.strip()
        self.client = self.new_client()

    def new_client(self) -> Client:
        return Client(self.hub, self._token)

    def browser(self, session: str) -> Client:
        """Return a client that is signed in to the console."""
        client = Client(self.hub, self._token)
        client.headers = {"Cookie": f"sessionid={session}", "Accept": "text/html"}
        return client

    def start_all(self) -> None:
        """Start the portal and one worker, and wait until it takes work."""
        self.hub.start()
        self.hub.wait_for_workers()

    def inside(self, function: str, *arguments: Any) -> Any:
        """Call a function of benchmarks/inside.py in the hub's own Django."""
        call = f"{function}({', '.join(map(repr, arguments))})"
        code = f"import json; from benchmarks.inside import {function}\n"
        code += f"print(json.dumps({call}))"
        done = self.hub.manage("shell", "--no-imports", "-c", code, timeout_s=1800)
        return json.loads(done.stdout)

    def finish(self, run_id: str) -> dict[str, Any]:
        """Wait for a run's end and return it; AssertionError unless it completed."""

        def final() -> dict[str, Any] | None:
            run: dict[str, Any] = self.client.get(f"/runs/runs/{run_id}")
            return run if run["finished_at"] else None

        run = self.hub.wait_for(final, PATIENCE_S, what=f"run {run_id} was final")
        assert run["status"] == "completed", run
        return run

    def finish_all(self) -> None:
        """Wait until no run is queued or running, and see it within 50 ms.

        Asking is work on the same cores: the table answers it for a thirtieth of what
        a request takes, and is not asked more often than that.
        """
        give_up_at = time.monotonic() + PATIENCE_S
        path = self.hub.data_dir / "database.db"
        with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as database:
            while database.execute(ACTIVE).fetchone():
                assert time.monotonic() < give_up_at, "Runs do not end."
                time.sleep(0.05)

    def log(self, run_id: str) -> str:
        return self.client.call("GET", f"/runs/runs/{run_id}/log").decode()

    def warm_up(self, script: str, count: int) -> float:
        """Run a script a few times and return the rate, in runs a second."""
        began = time.monotonic()
        for _number in range(count):
            self.client.start(script)
        self.finish_all()
        return count / (time.monotonic() - began)

    def processes(self) -> list[psutil.Process]:
        """Return the portal, the worker and all below them."""
        return [process for child in self.hub.children for process in child.tree()]


@contextmanager
def stand(broker: str = "redis", *, started: bool = True) -> Iterator[Stand]:
    """Give a hub with the shipped settings and two scripts, `sh.sh` and `py.py`.

    `broker` is redis or database. Raises ServerMissing where there is no Redis.
    """
    if broker == "redis":
        with redis_server() as server, stand_on(server.url) as made:
            if started:
                made.start_all()
            yield made
    else:
        with stand_on("") as made:
            if started:
                made.start_all()
            yield made


@contextmanager
def stand_on(redis_url: str, **environment: str) -> Iterator[Stand]:
    """Give a hub that is set up and not started; an empty address: no Redis."""
    if redis_url:
        environment["REDIS_URL"] = redis_url
    with Hub(**environment) as hub:
        for name in FAST:
            # The intervals of tests give way to those that are shipped.
            hub.env.pop(name, None)
        hub.add_script("sh.sh", SHELL_SCRIPT)
        hub.add_script("py.py", PYTHON_SCRIPT)
        hub.setup()
        yield Stand(hub)


def bare_rate(command: Sequence[str], seconds: float, folder: Path) -> float:
    """Return how often a second `xargs -P2` runs a command that nobody records.

    It runs for about `seconds`; OSError where there is no xargs.
    """
    xargs = shutil.which("xargs")
    if xargs is None:
        raise FileNotFoundError("xargs is not on PATH; the floors are taken with it.")

    def run(count: int) -> float:
        # One command for each number, which the command ignores.
        numbers = "\n".join(map(str, range(count)))
        began = time.monotonic()
        subprocess.run(
            [xargs, "-P2", "-I{}", *command],
            input=numbers.encode(),
            stdout=subprocess.DEVNULL,
            cwd=folder,
            check=True,
        )
        return count / (time.monotonic() - began)

    return run(max(20, int(run(40) * seconds)))


def processor_s(processes: Sequence[psutil.Process]) -> float:
    """Return the processor seconds used so far, reaped children included."""
    return sum(sum(process.cpu_times()[:4]) for process in processes)

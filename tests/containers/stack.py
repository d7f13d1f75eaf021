"""compose.yaml, started under a name of its own beside whatever else runs there."""

from __future__ import annotations

import json
import shutil
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterable
from typing import Any, Self, TypeVar

from tests.containers.engine import ROOT, Engine, run
from tests.containers.report import Failed
from tests.servers.process import free_port

T = TypeVar("T")
FILE = str(ROOT / "compose.yaml")
FEED = """
import http.server, sys, time, urllib.parse
BODY = b'''<rss version="2.0"><channel><title>Feed</title><link>http://feed/</link>
<description>A feed</description>
<item><title>First</title><link>http://feed/1</link></item>
<item><title>Second</title><link>http://feed/2</link></item>
</channel></rss>'''
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        query = urllib.parse.urlsplit(self.path).query
        time.sleep(float(dict(urllib.parse.parse_qsl(query)).get("wait", 0)))
        self.send_response(200)
        self.send_header("Content-Type", "application/rss+xml")
        self.send_header("Content-Length", str(len(BODY)))
        self.end_headers()
        self.wfile.write(BODY)
http.server.ThreadingHTTPServer(("", 8080), Handler).serve_forever()
"""
FINAL = {"completed", "failed", "cancelled"}


class Stack:
    """One `docker compose -p NAME`; a context manager that removes it and its data."""

    def __init__(
        self,
        engine: Engine,
        name: str,
        *,
        profiles: Iterable[str] = (),
        **environment: str,
    ) -> None:
        self.engine, self.name = engine, name
        self.port = free_port()
        self.profiles = [word for p in profiles for word in ("--profile", p)]
        self.env = {"PORT": str(self.port), **environment}

    def __enter__(self) -> Self:
        self.remove()
        return self

    def __exit__(self, kind: object, *exc: object) -> None:
        if kind is not None:
            print(self.compose("logs", "--tail", "60", check=False).stdout[-12000:])
        self.remove()

    def remove(self) -> None:
        """Remove its containers, networks and volumes."""
        self.engine.run("rm", "--force", "--volumes", self.feed, check=False)
        self.compose("down", "--volumes", "--remove-orphans", "--timeout", "5")

    @property
    def feed(self) -> str:
        return f"{self.name}-feed"

    @property
    def url(self) -> str:
        return f"http://localhost:{self.port}"

    def compose(
        self, *arguments: str, check: bool = True
    ) -> subprocess.CompletedProcess[str]:
        """Run one of Compose's commands on it."""
        where = ["-f", FILE, "-p", self.name, *self.profiles]
        argv = [*self.engine.compose, *where, *arguments]
        return run(argv, check=check, env=self.env)

    def up(self, *arguments: str) -> None:
        """Start it with the images that are there."""
        self.compose(*("up", "--detach", "--no-build", "--pull", "missing"), *arguments)

    def serve_feed(self) -> None:
        """Serve a feed beside it, as http://feed:8080/; ?wait=SECONDS makes it slow."""
        network = ["--network", f"{self.name}_default", "--network-alias", "feed"]
        python = ["automation-hub-api:latest", "python", "-c", FEED]
        self.engine.run("run", "--detach", "--name", self.feed, *network, *python)

    def containers(self, service: str) -> list[str]:
        """Return the ids of a service's containers that run."""
        return self.compose("ps", "--quiet", service).stdout.split()

    def execute(self, container: str, *argv: str) -> subprocess.CompletedProcess[str]:
        """Run a command in a container; it may fail."""
        return self.engine.run("exec", container, *argv, check=False)

    def health_of(self, container: str) -> str:
        """Return what the engine's own health check says."""
        state = self.engine.inspect(container)["State"]
        return str(state.get("Health", {}).get("Status", "none"))

    # -- Requests ----------------------------------------------------------------

    def get(self, path: str, *, timeout_s: float = 10) -> tuple[int, bytes]:
        """Return the status and body of a page; (0, b"") where nobody answers."""
        try:
            with urllib.request.urlopen(self.url + path, timeout=timeout_s) as answer:
                return answer.status, answer.read()
        except urllib.error.HTTPError as exc:
            with exc:
                return exc.code, exc.read()
        except OSError:
            return 0, b""

    def read(self, path: str) -> dict[str, Any]:
        """Return the JSON of a page; {} where there is none."""
        status, body = self.get(path)
        loaded: dict[str, Any] = json.loads(body) if status in {200, 503} else {}
        return loaded

    def start_run(self, url: str) -> str:
        """Send the guide's request with the guide's curl; returns the run's id."""
        body = {"script_name": "fetch_rss.py", "parameters": {"url": url, "limit": 5}}
        curl = shutil.which("curl")
        if not curl:
            raise Failed("There is no curl on PATH to send the guide's request with.")
        header = ["-H", "Content-Type: application/json"]
        address = f"http://localhost:{self.port}/runs/runs"
        sent = run(
            [curl, "-s", "-X", "POST", address, *header, "-d", json.dumps(body)]
        ).stdout
        try:
            return str(json.loads(sent)["run_id"])
        except (ValueError, KeyError):
            raise Failed(f"The guide's request was answered: {sent}") from None

    def run_of(self, run_id: str) -> dict[str, Any]:
        """Return a run as the API tells it."""
        return self.read(f"/runs/runs/{run_id}")

    def is_final(self, run_id: str) -> bool:
        """Say whether a run has ended."""
        return self.run_of(run_id).get("status") in FINAL

    def wait(self, condition: Callable[[], T], seconds: float, what: str) -> T:
        """Return the first true value of `condition`, or fail naming `what`."""
        deadline = time.monotonic() + seconds
        while not (value := condition()):
            if time.monotonic() > deadline:
                raise Failed(f"Waited {seconds:g} s, and still not: {what}.")
            time.sleep(0.2)
        return value

    def wait_until_ok(self, workers: int = 1) -> None:
        """Wait until /health is ok with so many workers."""

        def is_ok() -> bool:
            health = self.read("/health")
            alive = health.get("checks", {}).get("workers", {}).get("alive", 0)
            return health.get("status") == "ok" and alive >= workers

        self.wait(is_ok, 120, f"/health was ok with {workers} worker(s)")

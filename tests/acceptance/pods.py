"""The manifests' pods as processes of this host: what each is told, runs and may see.

A pod has a folder of its own, with a copy of the code as /app and a /tmp; of the others
it shares the data folder and Redis alone. What stands in its container's `args` and
`env` is what runs, with these places put in.
"""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.contracts.manifests.documents import Pod as Template
from tests.contracts.manifests.documents import base, pods
from tests.contracts.manifests.hub import EXPANDED, environment
from tests.servers import Child, Hub
from tests.servers.hub import FAST, ROOT

IMAGE = ("apps", "automation_hub", "scripts", "templates", "manage.py")
# Of a network that nobody has: an address of documents.
FIELDS = {"status.podIP": "192.0.2.10", "status.hostIP": "192.0.2.20"}
COMMAND_S = 120


def build_image(folder: Path) -> Path:
    """Copy what the images hold, and return where it is."""
    for name in IMAGE:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, folder / name)
        else:
            folder.mkdir(parents=True, exist_ok=True)
            shutil.copy(source, folder / name)
    return folder


class Pod:
    """One pod of a Deployment of k8s/, in a folder of its own below the hub's."""

    def __init__(self, hub: Hub, name: str, image: Path, **environment: str) -> None:
        self.hub = hub
        self.name = name
        self.template = _template(name)
        number = len(list(hub.folder.glob(f"{name}-*"))) + 1
        self.folder = hub.folder / f"{name}-{number}"
        shutil.copytree(image, self.folder / "app")
        (self.folder / "tmp").mkdir()
        hub.data_dir.mkdir(exist_ok=True)
        self.given = environment
        self.process: Child | None = None

    def begin(self) -> list[str]:
        """Run the init containers one after another; returns what each has printed."""
        printed = []
        for container in self.template.spec["initContainers"]:
            done = subprocess.run(
                self._argv(container["args"]),
                env=self.env(container),
                cwd=self.folder / "app",
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                timeout=COMMAND_S,
                check=False,
            )
            assert done.returncode == 0, f"{container['name']}: {done.stderr}"
            printed.append(done.stdout)
        return printed

    def start(self, *more: str) -> Child:
        """Start the container; `more` is added to its arguments."""
        [container] = self.template.running
        self.process = Child(
            [*self._argv(container["args"]), *more],
            log=self.folder / "log.txt",
            env=self.env(container),
            cwd=self.folder / "app",
            death_signal=signal.SIGTERM,
        )
        # It ends with the hub, and shows its log when the test fails.
        self.hub.children.append(self.process)
        return self.process

    def is_live(self) -> bool:
        """Say what the liveness probe, a command, would."""
        [container] = self.template.running
        command = container["livenessProbe"]["exec"]["command"]
        done = subprocess.run(
            self._argv(command),
            env=self.env(container),
            cwd=self.folder / "app",
            capture_output=True,
            timeout=COMMAND_S,
            check=False,
        )
        return done.returncode == 0

    def env(self, container: dict[str, Any]) -> dict[str, str]:
        """Return the whole environment of a container of this pod."""
        told: dict[str, str] = {}
        for name, value in environment(container, base()).items():
            text = value if isinstance(value, str) else _field(value)
            told[name] = EXPANDED.sub(lambda match: told[match[1]], text)
        places = {
            "/data": str(self.hub.data_dir),
            "/app": str(self.folder / "app"),
            "/tmp": str(self.folder / "tmp"),
        }
        for name, text in told.items():
            for there, here in places.items():
                if text == there or text.startswith(f"{there}/"):
                    told[name] = here + text.removeprefix(there)
        # Engine times of tests; and the two services, under this host's names.
        return {
            **{name: self.hub.env[name] for name in ("PATH", "HOME")},
            **told,
            **FAST,
            "TMPDIR": places["/tmp"],
            "REDIS_URL": self.hub.env["REDIS_URL"],
            **self.given,
        }

    def _argv(self, words: list[str]) -> list[str]:
        return [sys.executable, *words[1:]]


def _template(name: str) -> Template:
    return next(pod for pod in pods(base()) if pod.name == f"Deployment/{name}")


def _field(source: dict[str, Any]) -> str:
    return FIELDS[source["fieldRef"]["fieldPath"]]

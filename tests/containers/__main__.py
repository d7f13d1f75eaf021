"""Tests images and compose.yaml on a real engine: `make image-test`.

It builds both images, starts the compose file under a name and a port of its own, and
removes what it started, with its volumes. The engine is Docker, also that of
DOCKER_HOST, else podman; without one nothing is tested, and the exit status is 2. With
IMAGES_BUILT=1 it takes the images that are there, for engines that cannot build.
"""

from __future__ import annotations

import os
import secrets
import subprocess
import sys

from tests.containers import images, running
from tests.containers.engine import Engine, NoEngine, find_engine
from tests.containers.report import Failed, Report
from tests.containers.stack import Stack

NAME = "automation-hub-test"
NO_ENGINE = 2


def main() -> int:
    """Run every step, and return the exit status."""
    try:
        engine = find_engine()
    except NoEngine as exc:
        print(f"image-test: NOTHING WAS TESTED, there is no container engine. {exc}")
        return NO_ENGINE
    report = Report()
    print(f"Engine: {_version(engine)}", flush=True)
    try:
        test(engine, report)
    except (Failed, subprocess.TimeoutExpired) as exc:
        report.check(f"the test went on to its end ({exc})", False)
    return report.end()


def test(engine: Engine, report: Report) -> None:
    """Run the steps in order; raises Failed where one cannot go on."""
    commit = os.environ.get("COMMIT") or images.commit_of_checkout()
    images.build(engine, report, commit)
    images.look_into(engine, report, commit)
    images.stop_at_once(engine, report)
    with Stack(engine, NAME) as stack:
        running.start(stack, report)
        running.guide(stack, report, commit)
        running.confinement(stack, report)
        running.three_workers(stack, report)
        running.stop(stack, report)
    password = secrets.token_hex(16)
    with Stack(
        engine, NAME, profiles=["postgres"], POSTGRES_PASSWORD=password
    ) as stack:
        running.postgres(stack, report)


def _version(engine: Engine) -> str:
    asked = engine.run("version", "--format", "{{.Server.Version}}", check=False)
    compose = subprocess.run(
        [*engine.compose, "version"], capture_output=True, text=True, check=False
    )
    said = compose.stdout.strip().splitlines()
    return f"{engine.program} {asked.stdout.strip()}, {said[-1] if said else 'Compose'}"


if __name__ == "__main__":
    sys.exit(main())

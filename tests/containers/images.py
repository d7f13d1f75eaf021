"""The two images by themselves: what is in them, and how they start and stop."""

from __future__ import annotations

import json
import os
import time

from automation_hub import __version__
from tests.containers.engine import Engine, run
from tests.containers.report import Report

TARGETS = ("api", "worker")
LIMIT_MB = 250
# podman writes a unit whatever it is asked for.
UNITS = {"B": 1, "kB": 1e3, "MB": 1e6, "GB": 1e9}
# The first instruction of what both images have.
FIRST = "pip uninstall"
# What python:3.12-slim of the official registry has; a base that is larger is not ours
# to answer for.
BASE_MB = 125
LOOK = """
import json, os, pathlib, shutil
app = pathlib.Path("/app")
sources = [p for top in ("apps", "automation_hub") for p in (app / top).rglob("*.py")]
bare = [str(p) for p in sources if not list(p.parent.glob(f"__pycache__/{p.stem}.*"))]
print(json.dumps({
    "tools": [t for t in ("gcc", "cc", "make", "pip", "curl") if shutil.which(t)],
    "caches": os.listdir("/var/lib/apt/lists") + [
        str(p) for p in pathlib.Path("/").glob("*/.cache/pip")
    ],
    "bare": bare,
    "strangers": [n for n in ("tests", "docs", ".git", "var") if (app / n).exists()],
    "static": (app / "staticfiles/hub/admin.css").is_file(),
}))
"""


def name_of(target: str) -> str:
    """Return the image's name, as the guide has it."""
    return f"automation-hub-{target}:latest"


def build(engine: Engine, report: Report, commit: str) -> None:
    """Build both from the Dockerfile, unless they are said to be there."""
    if os.environ.get("IMAGES_BUILT", "") not in {"", "0"}:
        report.step("The images are built already (IMAGES_BUILT).")
        return
    for target in TARGETS:
        report.step(f"Building {name_of(target)} ...")
        labels = ["--build-arg", f"COMMIT={commit}", "--build-arg"]
        labels += [f"VERSION={__version__}", "--tag", name_of(target)]
        with report.timed(f"build of {target}"):
            engine.run("build", "--target", target, *labels, ".")


def look_into(engine: Engine, report: Report, commit: str) -> None:
    """Check what both images are made of."""
    for target in TARGETS:
        report.step(f"Looking into {name_of(target)} ...")
        known = engine.inspect(name_of(target))
        # podman has it beside the configuration.
        is_probed = known["Config"].get("Healthcheck") or known.get("Healthcheck")
        report.check(f"{target} has a health check", is_probed)
        _look_at_config(known["Config"], report, target, commit)
        done = engine.run("run", "--rm", name_of(target), "python", "-c", LOOK)
        found = json.loads(done.stdout)
        _look_at_size(known["Size"], added_by(engine, target), report, target)
        for what, sentence in (
            ("tools", "has no compiler, no pip and no curl"),
            ("caches", "has no package lists and no cache"),
            ("bare", "has bytecode of every module"),
            ("strangers", "has nothing of the checkout but what runs"),
        ):
            report.check(f"{target} {sentence}", not found[what], found=found[what])
        report.check(f"{target} has its static files", found["static"])


def added_by(engine: Engine, target: str) -> float:
    """Return the bytes that the Dockerfile adds to the image it begins with."""
    columns = ["--format", "{{.Size}}|{{.CreatedBy}}"]
    layers = engine.run(
        "history", "--human=false", "--no-trunc", *columns, name_of(target)
    ).stdout.splitlines()
    (first,) = (n for n, layer in enumerate(layers) if FIRST in layer)
    sizes = [layer.partition("|")[0].split() for layer in layers[: first + 1]]
    return sum(float(n) * UNITS[(unit or ["B"])[0]] for n, *unit in sizes)


def _look_at_config(
    config: dict[str, object], report: Report, target: str, commit: str
) -> None:
    labels = config["Labels"]
    assert isinstance(labels, dict)
    revision = labels.get("org.opencontainers.image.revision")
    version = labels.get("org.opencontainers.image.version")
    user = config["User"]
    report.check(f"{target} runs as 10001", user == "10001:10001", found=user)
    report.check(f"{target} names its version", version == __version__, found=version)
    report.check(f"{target} names its commit", revision == commit, found=revision)


def _look_at_size(size: int, added: float, report: Report, target: str) -> None:
    whole, ours = size / 1e6, added / 1e6
    report.figure(f"size of {target}", f"{whole:.0f} MB")
    report.figure(f"of that beyond the base image, {target}", f"{ours:.0f} MB")
    report.check(
        f"{target} is below {LIMIT_MB} MB on a base of {BASE_MB} MB",
        ours + min(BASE_MB, whole - ours) < LIMIT_MB,
        found=f"{ours + BASE_MB:.0f} MB",
    )


def stop_at_once(engine: Engine, report: Report) -> None:
    """Check that SIGTERM ends what has no handler for it, as in the first second."""
    report.step("Stopping a container before its program listens to signals ...")
    sleep = ["python", "-c", "import time; time.sleep(600)"]
    started = engine.run("run", "--detach", name_of("worker"), *sleep).stdout.split()[
        -1
    ]
    try:
        began = time.monotonic()
        engine.run("stop", "--time", "30", started)
        took = time.monotonic() - began
        code = engine.inspect(started)["State"]["ExitCode"]
    finally:
        engine.run("rm", "--force", "--volumes", started, check=False)
    report.check("it ends at once", took < 10, found=f"{took:.1f} s")
    report.check("it ends by that signal (143)", code == 143, found=code)


def commit_of_checkout() -> str:
    """Return the commit that is checked out; "" where git cannot tell."""
    done = run(["git", "-c", "safe.directory=*", "rev-parse", "HEAD"], check=False)
    return done.stdout.strip()

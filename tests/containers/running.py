"""The compose file at work: the guide's request, three workers, a stop."""

from __future__ import annotations

import re
import time

from tests.containers.report import Report
from tests.containers.stack import FINAL, Stack

SERVICES = ("redis", "api", "worker")
PASSWORD = re.compile(r"Administrator: (\S+)  password: (\S+)  \(shown once\)")
FEED = "http://feed:8080/feed.xml"
SLOTS = 2
# Above the lease of a killed worker's run, and what the rest takes to do the others.
ENDS_S = 150
STATUS = ("Uid", "CapEff", "NoNewPrivs")


def start(stack: Stack, report: Report) -> None:
    """Start it, and wait until it is well."""
    report.step("Starting compose.yaml ...")
    with report.timed("`up` until /health is ok"):
        stack.up()
        stack.wait_until_ok()
    stack.serve_feed()
    with report.timed("from there until every container is healthy"):
        for service in SERVICES:
            (container,) = stack.containers(service)
            stack.wait(
                lambda c=container: stack.health_of(c) == "healthy",
                120,
                f"{service} was healthy",
            )
    report.check("every service says that it is healthy", True)
    said = stack.compose("logs", "setup").stdout
    shown = len(PASSWORD.findall(said))
    report.check("setup showed the first password once", shown == 1, found=shown)


def guide(stack: Stack, report: Report, commit: str) -> None:
    """Send what the guide sends."""
    report.step("Sending the guide's requests ...")
    began = time.monotonic()
    run_id = stack.start_run(FEED)
    stack.wait(lambda: stack.is_final(run_id), 60, "the run had ended")
    report.figure(
        "the guide's curl until completed", f"{time.monotonic() - began:.1f} s"
    )
    run = stack.run_of(run_id)
    report.check("its run completed", run["status"] == "completed", found=run)
    report.check(
        "it left its files", len(run["artifacts"]) == 2, found=run["artifacts"]
    )
    for page in ("/health", "/docs", "/static/hub/admin.css", "/admin/login/"):
        status, _ = stack.get(page)
        report.check(f"{page} answers 200", status == 200, found=status)
    told = stack.read("/meta").get("commit")
    report.check("/meta tells the commit", told == (commit or None), found=told)
    ask = (
        "import urllib.request as u; r = u.Request('http://api:8000/runs/runs', "
        "headers={'Host': 'localhost'}); print(u.urlopen(r).status)"
    )
    said = stack.execute(stack.feed, "python", "-c", ask).stderr
    report.check("a neighbour is told 401", "HTTP Error 401" in said, found=said[-200:])


def confinement(stack: Stack, report: Report) -> None:
    """Check what the containers may do."""
    report.step("Looking into the running containers ...")
    for service in SERVICES:
        (container,) = stack.containers(service)
        settings = stack.engine.inspect(container)["HostConfig"]
        report.check(f"{service}: its root is read-only", settings["ReadonlyRootfs"])
        wrote = stack.execute(container, "sh", "-c", "echo x > /etc/hub-was-here")
        report.check(f"{service}: nothing can be written there", wrote.returncode)
    for service in ("api", "worker"):
        _look_at_processes(stack, report, service)


def _look_at_processes(stack: Stack, report: Report, service: str) -> None:
    (container,) = stack.containers(service)
    first = stack.execute(container, "cat", "/proc/1/comm").stdout.strip()
    report.check(f"{service}: PID 1 is tini", first == "tini", found=first)
    text = stack.execute(container, "cat", "/proc/1/status").stdout
    fields = dict(line.split(":\t", 1) for line in text.splitlines())
    found = [fields[name].split()[0] for name in STATUS]
    expected = ["10001", "0" * 16, "1"]
    report.check(
        f"{service}: uid 10001, no capability, no new one",
        found == expected,
        found=found,
    )
    for folder in ("/data", "/tmp"):
        wrote = stack.execute(container, "sh", "-c", f"echo x > {folder}/.written")
        report.check(f"{service}: {folder} can be written", wrote.returncode == 0)
    # An orphan, which falls to PID 1.
    stack.execute(container, "sh", "-c", "(sleep 0.1 &)")
    count = "grep -l '^State:.Z' /proc/[0-9]*/status | wc -l"

    def none_left() -> bool:
        return stack.execute(container, "sh", "-c", count).stdout.strip() == "0"

    stack.wait(none_left, 10, f"{service} had buried its dead")
    report.check(f"{service}: orphans are buried", True)


def three_workers(stack: Stack, report: Report) -> None:
    """Scale to three, fill them, kill one: what waited must end all the same."""
    report.step("Scaling to three workers, and killing one ...")
    with report.timed("`--scale worker=3` until three report"):
        stack.up("--scale", "worker=3", "--no-recreate")
        stack.wait_until_ok(workers=3)
    runs = [stack.start_run(f"{FEED}?wait=6&n={n}") for n in range(12)]

    def running() -> list[dict[str, object]]:
        found = [stack.run_of(run_id) for run_id in runs]
        return [run for run in found if run.get("status") == "running"]

    stack.wait(lambda: len(running()) == 3 * SLOTS, 60, "all slots were busy")
    waiting = [r for r in runs if stack.run_of(r)["status"] == "queued"]
    victim = stack.containers("worker")[-1]
    name = stack.execute(victim, "hostname").stdout.strip()
    stack.engine.run("kill", "--signal", "KILL", victim)
    began = time.monotonic()
    stack.wait(lambda: all(map(stack.is_final, runs)), ENDS_S, "all runs had ended")
    report.figure(
        "all 12 runs ended, after one of three workers was killed",
        f"{time.monotonic() - began:.0f} s",
    )
    _look_at_ends(stack, report, runs, waiting, name)


def _look_at_ends(
    stack: Stack, report: Report, runs: list[str], waiting: list[str], name: str
) -> None:
    found = {run_id: stack.run_of(run_id) for run_id in runs}
    statuses = [found[run_id]["status"] for run_id in waiting]
    report.check("six runs waited when it was killed", len(waiting) == 6, found=waiting)
    report.check(
        "every run that waited completed",
        set(statuses) == {"completed"},
        found=statuses,
    )
    ended = [r for r in found.values() if r["status"] != "completed"]
    report.check(
        "only what ran on the killed worker is lost",
        len(ended) <= SLOTS
        and all(r["reason"] == "lost" and name in str(r["worker"]) for r in ended),
        found=ended,
    )
    report.figure("of them lost with the killed worker", str(len(ended)))


def stop(stack: Stack, report: Report) -> None:
    """Stop it while a run goes on, which is let finish; then see that all is kept."""
    report.step("Stopping it while a run goes on ...")
    run_id = stack.start_run(f"{FEED}?wait=5&n=last")
    status = "running"
    stack.wait(lambda: stack.run_of(run_id).get("status") == status, 30, "it ran")
    containers = {s: stack.containers(s) for s in SERVICES}
    with report.timed("`stop`, with a run of 5 s under way"):
        stack.compose("stop")
    for service, ids in containers.items():
        codes = [stack.engine.inspect(c)["State"]["ExitCode"] for c in ids]
        report.check(f"{service} ended with 0", set(codes) == {0}, found=codes)
    report.step("Removing the containers, and starting again on the same volumes ...")
    stack.compose("down", "--timeout", "5")
    stack.up()
    stack.wait_until_ok()
    run = stack.run_of(run_id)
    report.check("the run was let finish", run.get("status") == "completed", found=run)
    said = stack.compose("logs", "setup").stdout
    report.check("setup shows no second password", not PASSWORD.search(said))


def postgres(stack: Stack, report: Report) -> None:
    """The same request with the profile that adds PostgreSQL."""
    report.step("Starting it with the profile postgres ...")
    with report.timed("`--profile postgres up` until /health is ok"):
        stack.up()
        stack.wait_until_ok()
    stack.serve_feed()
    kind = stack.read("/meta").get("database")
    report.check("/meta names PostgreSQL", "postgres" in str(kind), found=kind)
    run_id = stack.start_run(FEED)
    stack.wait(lambda: stack.run_of(run_id).get("status") in FINAL, 60, "it ended")
    run = stack.run_of(run_id)
    report.check("the guide's run completed", run["status"] == "completed", found=run)

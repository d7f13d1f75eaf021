"""What holds after every fault, whatever it was."""

from __future__ import annotations

import signal
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from tests.faults.site import FINAL_S, START_S, Site, lives, named, tree_of
from tests.servers import Child, wait_until

ANSWER_S = 1.0
POLL_S = 0.1
STOP_S = 12.0
# Descriptors that a portal may come to hold: a database connection a thread, a broker.
PORTAL_FDS = 48


@dataclass
class Slow:
    """An answer of /health that was late, wrong or none."""

    at_s: float
    took_s: float
    said: str


@dataclass
class HealthWatch:
    """Asks /health all the time, and keeps what was late.

    One late answer alone may be this machine's fault, so only two in a row count.
    """

    site: Site
    late: list[Slow] = field(default_factory=list)
    answers: int = 0

    def __post_init__(self) -> None:
        self._ends = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._ends.set()
        self._thread.join(timeout=20)

    def _watch(self) -> None:
        began, previous = time.monotonic(), None
        while not self._ends.wait(POLL_S):
            found = self._ask(began)
            if found and previous:
                self.late += [previous, found]
            previous = found

    def _ask(self, began: float) -> Slow | None:
        asked = time.monotonic()
        try:
            answer = self.site.hub.request("GET", "/health", timeout_s=10)
            said = f"{answer.status} {answer.text[:100]}"
            fine = answer.status in (200, 503)
        except OSError as exc:
            said, fine = repr(exc), False
        took = time.monotonic() - asked
        self.answers += 1
        if fine and took < ANSWER_S:
            return None
        return Slow(round(asked - began, 2), round(took, 2), said)


def check(site: Site, *, watch: HealthWatch | None, folders: bool = True) -> None:
    """Assert the five invariants; ends the clusters of the test.

    Without `folders`, slots may have been killed between the end of a run and the
    removal of its folder, which is left to pruning then.
    """
    _every_run_ends(site)
    _no_run_started_twice(site)
    _no_process_is_left(site)
    _descriptors_are_back(site)
    _clusters_end_in_good_order(site)
    _nothing_lies_about(site, folders=folders)
    if watch:
        watch.stop()
        assert not watch.late, f"/health was late: {watch.late}"


def _every_run_ends(site: Site) -> None:
    """I2. Somebody starts a cluster again where a test has killed the last one."""
    if site.active() and not any(c.alive for c in site.clusters):
        site.start_cluster()
    wait_until(
        lambda: not site.active(),
        timeout_s=FINAL_S,
        what=f"every run was final: {site.active()}",
    )


def _no_run_started_twice(site: Site) -> None:
    """I1."""
    starts = Counter(run_id for run_id, _pid in site.starts())
    doubled = [run_id for run_id, count in starts.items() if count > 1]
    assert not doubled, f"Started more than once: {doubled}"


def _no_process_is_left(site: Site) -> None:
    """I3. By its name, its environment, its folder and its pid."""
    wait_until(
        lambda: not _left(site),
        timeout_s=5,
        what=f"no process of a script was left: {_left(site)}",
    )


def _left(site: Site) -> list[str]:
    supervisors = [
        found for cluster in site.clusters for found in named(cluster, "hub-super")
    ]
    known = {pid for _run_id, pid in site.starts()}
    scripts = [
        found
        for found in psutil.process_iter()
        if found.pid in known or _is_a_scripts(found, site)
    ]
    return [
        f"{found.pid} {_name(found)}"
        for found in [*supervisors, *scripts, *site.daemons()]
        if lives(found)
    ]


def _is_a_scripts(found: psutil.Process, site: Site) -> bool:
    data_dir = str(site.hub.data_dir)
    try:
        environment = found.environ()
        if "HUB_RUN_ID" in environment and environment.get("DATA_DIR") == data_dir:
            return True
        return found.cwd().startswith(f"{data_dir}/runs/")
    except (psutil.NoSuchProcess, psutil.AccessDenied):
        return False


def _name(found: psutil.Process) -> str:
    try:
        return found.name()
    except psutil.NoSuchProcess:
        return "gone"


def _descriptors_are_back(site: Site) -> None:
    """I4, first half: at rest nobody holds the pipes of a run."""
    wait_until(
        lambda: not site.pipes_held(),
        timeout_s=5,
        what=f"no process held pipes of a run: {site.pipes_held()}",
    )
    server = site.portal.tree()[-1]
    assert server.num_fds() < PORTAL_FDS, f"The portal holds {server.num_fds()} files."


def _clusters_end_in_good_order(site: Site) -> None:
    """Told to end, a cluster that still works ends with 0 and leaves nobody."""
    for keeper in site.keepers:
        keeper.give_up()
    wait_until(
        lambda: all(_hears(cluster) for cluster in site.clusters),
        timeout_s=START_S,
        what="a cluster that was just started heard a request to end",
    )
    alive = [cluster for cluster in site.clusters if cluster.alive]
    trees = [found for cluster in alive for found in cluster.tree()]
    for cluster in alive:
        cluster.send_signal(signal.SIGTERM)
    for cluster in alive:
        code = _code(cluster)
        assert code == 0, f"A cluster ended with {code}:\n{cluster.output()[-3000:]}"
    portal = {found.pid for found in site.portal.tree()}
    wait_until(
        lambda: not [p for p in trees if lives(p)] and not _others(site, portal),
        timeout_s=5,
        what=f"nothing of a cluster was left: {_others(site, portal)}",
    )


def _hears(cluster: Child) -> bool:
    """Return whether a cluster has a handler of SIGTERM by now, or has ended."""
    try:
        text = Path(f"/proc/{cluster.pid}/status").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return True
    caught = int(text.partition("SigCgt:")[2].split()[0], 16)
    return not cluster.alive or bool(caught & 1 << signal.SIGTERM - 1)


def _code(cluster: Child) -> int:
    try:
        return cluster.wait(STOP_S)
    except TimeoutError:
        raise AssertionError(
            f"A cluster did not end in {STOP_S:g} s: {tree_of(cluster)}"
        ) from None


def _others(site: Site, portal: set[int]) -> list[int]:
    return [found.pid for found in site.hub.survivors() if found.pid not in portal]


def _nothing_lies_about(site: Site, *, folders: bool) -> None:
    """I4, second half: no work folder but those that a killed slot left, no file.

    What a killed slot left, pruning deletes.
    """
    lost = {row[0] for row in site.sql("SELECT id FROM runs_run WHERE reason = 'lost'")}
    names = {str(found).replace("-", "") for found in lost}
    folder = site.hub.data_dir / "runs"
    left = [path.name for path in folder.iterdir()] if folder.exists() else []
    wrong = [name for name in left if name.replace("-", "") not in names]
    assert not (wrong and folders), f"Work folders were left: {wrong}"
    assert not list(site.temporary.iterdir()), "Files were left in the temporary folder"

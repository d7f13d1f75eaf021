"""Finding and killing what outlived its supervisor and everybody who adopts orphans.

When a supervisor, its launcher and the cluster's main process are killed at once, the
kernel kills the script's first process, and init adopts the rest. Only the environment
that a process was started with says then which run it is from. Linux only: elsewhere
none are found.
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass, replace

from apps.executor import processes
from apps.executor.processes import ON_LINUX, Process

_PAUSE_S = 0.02
# Where processes come and go all the time, no list is ever the last word.
_LISTINGS = 10


@dataclass(frozen=True)
class Stray:
    """A process of a script, and what its environment said when it was started.

    `started` is when, in clock ticks since the system's start: together with the pid
    it names this process and no other. Of a process that a script gave another
    environment, `run_id` and `data_dir` are those of the one above it. `claim` is set
    where a process works for one claim of the run and no later one: that of a build.
    """

    pid: int
    started: int
    run_id: str
    data_dir: str
    claim: str = ""


def find(instance: str) -> list[Stray]:
    """All living processes that bear this instance's id and the id of a run.

    No supervisor and no launcher is among them: their environments are empty. Left out
    are this process and those above it, since a script may have started this very hub,
    and what may not be read, such as another user's.
    """
    if not ON_LINUX:
        return []
    mark = b"HUB_INSTANCE=" + instance.encode()
    seen = _this_and_above()
    found = []
    for _ in range(_LISTINGS):
        news = _pids() - seen
        if not news:
            break
        # One that ended since it was listed may have forked: that is in the next list.
        found += [_look_at(pid, mark) for pid in sorted(news)]
        seen |= news
    return [stray for stray in found if stray is not None]


def kill(
    strays: list[Stray], *, again: Callable[[], list[Stray]], patience_s: float
) -> tuple[int, list[Stray]]:
    """Kill these, all below them, and whatever `again` finds, until it finds nothing.

    What is found may fork until it is hit, so one pass is not enough. Returns how many
    were killed, and what is still there after `patience_s` seconds.
    """
    killed: set[Stray] = set()
    left = strays
    give_up_at = time.monotonic() + patience_s
    while left and time.monotonic() < give_up_at:
        family = _with_descendants(left)
        is_news = not killed.issuperset(family)
        killed.update(stray for stray in family if _kill(stray))
        # What was hit already only takes its time to end.
        time.sleep(0 if is_news else _PAUSE_S)
        # One that is ending has no environment any more, and is still there.
        left = list({*again(), *filter(_is_alive, killed)})
    return len(killed), left


def _pids() -> set[int]:
    with os.scandir("/proc") as entries:
        return {int(entry.name) for entry in entries if entry.name.isdecimal()}


def _look_at(pid: int, mark: bytes) -> Stray | None:
    """The process, if it is alive and its environment bears the mark."""
    try:
        folder_fd = os.open(f"/proc/{pid}", os.O_RDONLY | os.O_DIRECTORY)
    except OSError:
        return None  # It ended since /proc was listed.
    try:
        # The open folder stays this process', also when its pid gets a new owner.
        lines = _read(folder_fd, "environ").split(b"\0")
        if mark not in lines:
            return None
        process = Process(pid, _read(folder_fd, "stat"))
    except OSError:
        return None  # It ended meanwhile, or is somebody else's.
    finally:
        os.close(folder_fd)
    values = dict(line.partition(b"=")[::2] for line in lines)
    run_id = os.fsdecode(values.get(b"HUB_RUN_ID", b""))
    data_dir = os.fsdecode(values.get(b"DATA_DIR", b""))
    claim = os.fsdecode(values.get(b"HUB_CLAIM", b""))
    if not process.alive or not run_id:
        return None
    return Stray(pid, process.started, run_id, data_dir, claim)


def _with_descendants(strays: list[Stray]) -> list[Stray]:
    """Those and all below them, whatever environment these were given."""
    family = {stray.pid: stray for stray in strays}
    found = processes.all_processes()
    # A pid that has got a new owner since has nothing of a stray's below it.
    roots = {p.pid for p in found if _is(p, family.get(p.pid))}
    for process in processes.below(roots, found):
        above = family.get(process.parent)
        if above and process.alive and process.pid not in family:
            family[process.pid] = replace(
                above, pid=process.pid, started=process.started
            )
    return list(family.values())


def _kill(stray: Stray) -> bool:
    """Kill this process and no later owner of its pid; whether it was there."""
    try:
        process_fd = os.pidfd_open(stray.pid)
    except OSError:
        return False
    try:
        # Looked at after the pid was pinned: what is seen is what gets the signal.
        if not _is(processes.read(stray.pid), stray):
            return False
        signal.pidfd_send_signal(process_fd, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        return False
    finally:
        os.close(process_fd)
    return True


def _is(process: Process | None, stray: Stray | None) -> bool:
    if process is None or stray is None:
        return False
    return (process.pid, process.started) == (stray.pid, stray.started)


def _is_alive(stray: Stray) -> bool:
    process = processes.read(stray.pid)
    return _is(process, stray) and process is not None and process.alive


def _this_and_above() -> set[int]:
    pids = set()
    process = processes.read(os.getpid())
    while process and process.pid not in pids:
        pids.add(process.pid)
        process = processes.read(process.parent)
    return pids


def _read(folder_fd: int, name: str) -> bytes:
    fd = os.open(name, os.O_RDONLY, dir_fd=folder_fd)
    with os.fdopen(fd, "rb") as file:
        return file.read()

"""Finding and ending all the processes that came from one.

On Linux descendants are found in /proc, whatever session or group they moved to.
Elsewhere there is only the script's process group, which a daemon can leave. Every
supervisor imports this when it starts, so it imports little itself.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys
import time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection

ON_LINUX = sys.platform == "linux"

_PR_SET_PDEATHSIG = 1
_PR_SET_DUMPABLE = 4
_PR_SET_NAME = 15
_PR_SET_CHILD_SUBREAPER = 36
_PAUSE_S = 0.02
_CHASES = 20


class Process:
    """One line of /proc."""

    __slots__ = ("alive", "group", "parent", "pid", "session", "started")

    def __init__(self, pid: int, stat: bytes) -> None:
        # The name in parentheses may hold anything, also spaces and parentheses.
        fields = stat[stat.rindex(b")") + 2 :].split()
        self.pid = pid
        self.parent, self.group, self.session = map(int, fields[1:4])
        # The first thread of a living program may have ended: it looks like a zombie.
        self.alive = fields[0] not in (b"Z", b"X") or int(fields[17]) > 1
        # Clock ticks since the system's start: with the pid, this process and no other.
        self.started = int(fields[19])


def adopt_orphans() -> None:
    """Become the parent of every descendant whose own parent dies."""
    if ON_LINUX:
        _prctl(_PR_SET_CHILD_SUBREAPER, 1)


def die_with(parent: int) -> None:
    """Have the kernel kill this process when `parent` ends, also when it just has."""
    hear_death_of(parent, signal.SIGKILL)


def hear_death_of(parent: int, number: signal.Signals) -> None:
    """Have the kernel send a signal when `parent` ends; exit if it just has."""
    if ON_LINUX:
        _prctl(_PR_SET_PDEATHSIG, number)
    if os.getppid() != parent:
        os._exit(1)


def hide() -> None:
    """Keep this process, and its forks until they exec, from others of its user.

    They may neither trace it nor read its memory, its descriptors or its environment.
    """
    if ON_LINUX:
        _prctl(_PR_SET_DUMPABLE, 0)


def name_process(name: str) -> None:
    """Show this name, of at most 15 bytes, where processes are listed (`ps -e`)."""
    if ON_LINUX:
        _call_prctl_with_text(_PR_SET_NAME, name.encode())


def terminate_tree(script: int) -> None:
    """Ask all descendants of this process once to end; a stopped one is woken for it.

    `script` is the child that leads the script's group, all there is without /proc.
    """
    if not ON_LINUX:
        _signal_group(script, signal.SIGTERM)
        return
    for process in descendants(os.getpid()):
        _signal(process.pid, signal.SIGTERM)
        _signal(process.pid, signal.SIGCONT)


def kill_tree(script: int) -> None:
    """Kill all descendants found now; what forks meanwhile is for the next pass."""
    if not ON_LINUX:
        _signal_group(script, signal.SIGKILL)
        return
    kill(descendants(os.getpid()))
    # A walk through a thousand processes takes so long that what does nothing but fork,
    # leave its group and exit has moved on each time. But its newest is our orphan.
    for _ in range(_CHASES):
        for pid in _children():
            _signal(pid, signal.SIGKILL)


def kill_strays(spared: Collection[int]) -> bool:
    """Kill the children of this process that are not in `spared`, and all below them.

    What forks meanwhile is for the next pass: call again until it returns False, which
    means that there was none. Zombies do not count, whoever reaps them.
    """
    processes = all_processes()
    strays = [
        process
        for process in processes
        if process.parent == os.getpid() and process.pid not in spared and process.alive
    ]
    kill([*strays, *below({process.pid for process in strays}, processes)])
    for _ in range(_CHASES if strays else 0):
        for pid in set(_children()).difference(spared):
            _signal(pid, signal.SIGKILL)
    return bool(strays)


def kill(processes: list[Process]) -> None:
    """Kill these processes and the process groups they are in.

    A signal to a group reaches it as a whole: also what was forked since the list was
    made.
    """
    for group in {process.group for process in processes} - {0, os.getpgrp()}:
        _signal_group(group, signal.SIGKILL)
    for process in processes:
        _signal(process.pid, signal.SIGKILL)


def descendants(root: int) -> list[Process]:
    """All processes below `root`, at any depth, zombies among them."""
    return below({root}, all_processes())


def members_of_session(session: int) -> list[Process]:
    """The living processes of a session, and those below them in other sessions."""
    processes = all_processes()
    members = [process for process in processes if process.session == session]
    others = below({process.pid for process in members}, processes)
    return [process for process in {*members, *others} if process.alive]


def sweep_session(session: int, patience_s: float) -> list[int]:
    """Kill a session and all below it; the pids that are still there after a while.

    Without /proc: the process group that led the session, unseen.
    """
    if not ON_LINUX:
        _signal_group(session, signal.SIGKILL)
        return []
    give_up_at = time.monotonic() + patience_s
    while left := members_of_session(session):
        if time.monotonic() >= give_up_at:
            break
        kill(left)
        time.sleep(_PAUSE_S)
    return [process.pid for process in left]


def group_exists(group: int) -> bool:
    """Whether a process of the group is alive and ours to signal."""
    return _signal_group(group, 0)


def bury_orphans(known: Collection[int | None]) -> None:
    """Reap what ended after this subreaper inherited it; `known` have their own ways."""
    for pid in _children() if ON_LINUX else ():
        if pid not in known and (process := read(pid)) and not process.alive:
            try:
                os.waitpid(pid, os.WNOHANG)
            except ChildProcessError:
                pass


def below(roots: set[int], processes: list[Process]) -> list[Process]:
    """Those of `processes` that descend from `roots`, each after its parent."""
    children: dict[int, list[Process]] = {}
    for process in processes:
        children.setdefault(process.parent, []).append(process)
    found = []
    parents = list(roots)
    while parents:
        born = children.pop(parents.pop(), [])
        found += born
        parents += [process.pid for process in born]
    return found


def all_processes() -> list[Process]:
    """Every process that this one can see, zombies among them."""
    with os.scandir("/proc") as entries:
        pids = [int(entry.name) for entry in entries if entry.name.isdigit()]
    return [process for process in map(read, pids) if process]


def _children() -> list[int]:
    """The direct children of this thread, zombies among them; one read, no walk."""
    try:
        fd = os.open("/proc/thread-self/children", os.O_RDONLY)
    except FileNotFoundError:
        return []  # A kernel without this file.
    try:
        return [int(pid) for pid in os.read(fd, 65536).split()]
    finally:
        os.close(fd)


def read(pid: int) -> Process | None:
    """What /proc has of a process; None when there is none."""
    try:
        fd = os.open(f"/proc/{pid}/stat", os.O_RDONLY)
    except FileNotFoundError:
        return None  # It ended since /proc was listed.
    try:
        return Process(pid, os.read(fd, 1024))
    except ProcessLookupError:
        return None
    finally:
        os.close(fd)


def _signal(pid: int, number: int) -> bool:
    # Gone, or a program with another user's rights, which may not be signalled.
    try:
        os.kill(pid, number)
    except (ProcessLookupError, PermissionError):
        return False
    return True


def _signal_group(group: int, number: int) -> bool:
    try:
        os.killpg(group, number)
    except (ProcessLookupError, PermissionError):
        return False
    return True


def _prctl(option: int, value: int) -> None:
    if _call_prctl(option, value, 0, 0, 0) != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"prctl({option}): {os.strerror(number)}")


def close_range(first: int, last: int) -> bool:
    """Close the descriptors in one call; False where the system has no such call."""
    return bool(_CALLS_CLOSE_RANGE) and _CALLS_CLOSE_RANGE[0](first, last, 0) == 0


# Found once: each fork that looked for it would pay for all that this touches.
_CALLS_CLOSE_RANGE = []
if ON_LINUX:
    _libc = ctypes.CDLL(None, use_errno=True)
    if hasattr(_libc, "close_range"):
        _libc.close_range.argtypes = [ctypes.c_uint, ctypes.c_uint, ctypes.c_int]
        _CALLS_CLOSE_RANGE.append(_libc.close_range)
    _call_prctl = _libc.prctl
    _call_prctl.argtypes = [ctypes.c_int] + [ctypes.c_ulong] * 4
    _call_prctl_with_text = ctypes.CDLL(None).prctl
    _call_prctl_with_text.argtypes = [ctypes.c_int, ctypes.c_char_p]

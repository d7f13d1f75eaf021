"""What a launcher does before its first fork: it supervises nothing, a few times over.

Python finds out at the first calls of a function what it needs to call it, and rewrites
a function's code by what the first calls met. In a fork, each such write is a copy of a
page, in every fork anew. Here they are made once, and the forks share them.
"""

from __future__ import annotations

import os
import signal

from apps.executor import protocol
from apps.executor.child import handle_signals, let_signals
from apps.executor.supervisor import Supervisor

# CPython 3.11 rewrites a function's code when it is called for the ninth time.
ROUNDS = 12
_PATIENCE_S = 5.0
_JOB = {
    "argv": [b"/bin/true"],
    "env": {},
    "cwd": b"/",
    "timeout_s": _PATIENCE_S,
    "grace_s": 0.0,
    "fence_s": _PATIENCE_S,
    "umask": 0o077,
    "stdin": b"",
    "limits": {},
}


def rehearse() -> None:
    """Run a program that does nothing, as a supervisor runs a script.

    For a process that has no children. Where there is no such program, that is
    rehearsed which can be.
    """
    mask = os.umask(0)
    handle_signals()
    try:
        for _ in range(ROUNDS):
            _supervise()
    finally:
        os.umask(mask)


def _supervise() -> None:
    pipes = [os.pipe() for _ in range(4)]
    (control_fd, orders_fd), (_, status_fd), (wakeup_fd, signals_fd), life = pipes
    try:
        os.set_blocking(signals_fd, False)
        signal.set_wakeup_fd(signals_fd, warn_on_full_buffer=False)
        let_signals()
        os.write(orders_fd, protocol.encode_job(_JOB) + protocol.GO)
        job = protocol.read_job(control_fd)
        assert job is not None, "The job lies in the pipe."
        supervisor = Supervisor(job, control_fd, status_fd, wakeup_fd, life[0])
        supervisor.run(*[os.open(os.devnull, os.O_WRONLY) for _ in range(2)])
    finally:
        signal.set_wakeup_fd(-1)
        for fds in pipes:
            for fd in fds:
                os.close(fd)

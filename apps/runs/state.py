"""What the processes of one cluster share: its name, and whether it drains.

Set up in the cluster's main process before it forks; read in slots and in tick.
"""

from __future__ import annotations

import multiprocessing
import os
import socket
import time
import uuid

# Monotonic seconds when draining began; 0 while it has not. Monotonic time is one clock
# for all processes of a host.
_drain = multiprocessing.RawValue("d", 0.0)

worker_name = f"{socket.gethostname()}:{os.getpid()}:{uuid.uuid4().hex[:8]}"


def start_draining() -> None:
    """Refuse new runs from now on. Called in a signal handler: takes no lock."""
    if not _drain.value:
        _drain.value = time.monotonic()


def draining_s() -> float | None:
    """Return for how many seconds the cluster has been draining; None if it is not."""
    since = _drain.value
    return time.monotonic() - since if since else None

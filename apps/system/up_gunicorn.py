"""gunicorn's configuration where `manage.py up` starts it: quiet, and quick to end."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

# gunicorn reads this file before it looks for the application. Whatever lies in the
# folder that `up` was called from must not stand in for our own packages.
sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from apps.executor.processes import die_with

SHARED_MEMORY = Path("/dev/shm")  # noqa: S108 - gunicorn makes its files there safely

workers = 1
threads = 8
graceful_timeout = 3
# Its warnings and errors; `up` itself tells of starts and ends.
loglevel = "warning"
# gunicorn lets callers from this host set SCRIPT_NAME, and fails on a strange one.
forwarder_headers = ""
# It would lie in the user's home folder.
control_socket_disable = True
# A worker shows that it is alive by touching a file, which must not wait for a disk.
worker_tmp_dir = str(SHARED_MEMORY) if os.access(SHARED_MEMORY, os.W_OK) else None


def post_fork(arbiter: Any, worker: Any) -> None:
    """Called in a new worker: it must not serve on when gunicorn is killed."""
    die_with(arbiter.pid)

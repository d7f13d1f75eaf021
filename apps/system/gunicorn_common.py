"""What gunicorn is told wherever it serves the hub: under `manage.py up`, in images."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from apps.core import context

SHARED_MEMORY = Path("/dev/shm")  # noqa: S108 - gunicorn makes its files there safely

# gunicorn lets callers from this host set SCRIPT_NAME, and fails on a strange one.
forwarder_headers = ""
# It would lie in the user's home folder.
control_socket_disable = True
# A worker shows that it is alive by touching a file, which must not wait for a disk.
worker_tmp_dir = str(SHARED_MEMORY) if os.access(SHARED_MEMORY, os.W_OK) else None


def post_request(worker: Any, req: Any, environ: Any, resp: Any) -> None:
    """Called after each request: what this thread logs next is not about it."""
    context.request_id.set("")

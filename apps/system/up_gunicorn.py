"""gunicorn's configuration where `manage.py up` starts it: quiet, and quick to end."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

# gunicorn reads this file before it looks for the application. Whatever lies in the
# folder that `up` was called from must not stand in for our own packages.
sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from apps.executor.processes import die_with
from apps.system.gunicorn_common import (  # noqa: F401
    control_socket_disable,
    forwarder_headers,
    post_request,
    worker_tmp_dir,
)

workers = 1
threads = 8
graceful_timeout = 3
# Its warnings and errors; `up` itself tells of starts and ends.
loglevel = "warning"


def post_fork(arbiter: Any, worker: Any) -> None:
    """Called in a new worker: it must not serve on when gunicorn is killed."""
    die_with(arbiter.pid)

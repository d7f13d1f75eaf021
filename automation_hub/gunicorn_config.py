"""gunicorn's configuration in images and on hosts; `manage.py up` has one of its own.

    python -m gunicorn --config automation_hub/gunicorn_config.py \
        automation_hub.wsgi:application
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

# gunicorn reads this file before it looks for the application. Whatever lies in the
# folder that it was called from must not stand in for our own packages.
sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from django.core.exceptions import ImproperlyConfigured

try:
    from automation_hub import web
except ImproperlyConfigured as exc:
    # Its own words for it would be a stack trace.
    sys.exit(str(exc))
from apps.system.checks import log_warnings
from apps.system.gunicorn_common import (  # noqa: F401
    control_socket_disable,
    forwarder_headers,
    post_request,
    worker_tmp_dir,
)
from automation_hub.gunicorn_logs import HubLogger

bind = web.BIND
workers = web.WEB_WORKERS
threads = web.WEB_THREADS
worker_class = "gthread"
# Of the process, not of a request: threads may answer for as long as they need.
timeout = web.WEB_TIMEOUT_S
graceful_timeout = web.WEB_GRACE_S
# Above the minute that proxies keep a connection open, so that it is they who close it.
keepalive = 75
max_requests = web.WEB_MAX_REQUESTS
max_requests_jitter = web.WEB_MAX_REQUESTS // 10
logger_class = HubLogger
accesslog = "-" if web.ACCESS_LOG else None
errorlog = "-"


def post_worker_init(worker: Any) -> None:
    """Called when a serving process has loaded the hub: say what is dangerous."""
    log_warnings()

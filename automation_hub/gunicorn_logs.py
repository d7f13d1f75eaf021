"""gunicorn's log in the hub's own form, and its access log as JSON lines."""

from __future__ import annotations

import logging
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import unquote

from gunicorn import glogging

from automation_hub.env import env_str
from automation_hub.logging import FORMATTERS, TextFormatter, json_line

# Sent by callers, who may send kilobytes of them.
LONGEST = 300
PROBES = "/health"


class HubLogger(glogging.Logger):
    """Writes errors as LOG_FORMAT says, and one JSON object for each request.

    Without the query, which may hold what nobody else should read, and without probes
    that went well, which are most requests of an idle hub.
    """

    def _set_handler(self, log: Any, output: Any, fmt: Any, stream: Any = None) -> None:
        if log is self.error_log:
            # A wrong word is for the settings to refuse.
            fmt = FORMATTERS.get(env_str("LOG_FORMAT"), TextFormatter)()
        super()._set_handler(log, output, fmt, stream)

    def access(
        self, resp: Any, req: Any, environ: dict[str, Any], request_time: timedelta
    ) -> None:
        """Called by gunicorn after each answer, also to what never reached Django."""
        if not self.access_log_enabled:
            return
        line = access_line(resp, environ, request_time)
        if not is_well_probe(line):
            self.access_log.log(logging.INFO, "%s", json_line(line))


def access_line(
    resp: Any, environ: dict[str, Any], request_time: timedelta
) -> dict[str, Any]:
    """Return what the access log says of a request.

    `remote_addr` is who connected, a proxy's address behind one; `forwarded_for` is what
    a caller says, true only where every caller comes through a proxy.
    """
    headers = {name.lower(): value for name, value in resp.headers}
    line = {
        "time": datetime.now(UTC).isoformat(),
        "level": "INFO",
        "logger": "access",
        "method": environ.get("REQUEST_METHOD", "")[:LONGEST],
        "path": _path(environ.get("RAW_URI", ""))[:LONGEST],
        "status": _status(resp.status),
        "bytes": getattr(resp, "sent", None),
        "duration_ms": round(request_time / timedelta(milliseconds=1), 1),
        "remote_addr": environ.get("REMOTE_ADDR", ""),
        "request_id": headers.get("x-request-id", ""),
        "user_agent": _decoded(environ.get("HTTP_USER_AGENT", ""))[:LONGEST],
    }
    if forwarded := environ.get("HTTP_X_FORWARDED_FOR"):
        line["forwarded_for"] = _decoded(forwarded)[:LONGEST]
    return line


def is_well_probe(line: dict[str, Any]) -> bool:
    """Say whether it is one of the requests that only ask whether the hub is there."""
    return line["status"] == 200 and str(line["path"]).startswith(PROBES)


def _status(status: Any) -> int:
    return int(str(status).split(None, 1)[0])


def _path(address: str) -> str:
    # Not PATH_INFO, which gunicorn's environment has decoded in one of several ways.
    return unquote(_decoded(address.partition("?")[0]))


def _decoded(text: str) -> str:
    """WSGI hands bytes over as if they were Latin-1."""
    return text.encode("latin-1", "replace").decode("utf-8", "replace")

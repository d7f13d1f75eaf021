"""What this thread works on just now; each line of the log tells it."""

from __future__ import annotations

from contextvars import ContextVar

# "" while there is none.
request_id: ContextVar[str] = ContextVar("request_id", default="")
run_id: ContextVar[str] = ContextVar("run_id", default="")

"""How the hub's own processes log: one line an event, as text or as JSON."""

from __future__ import annotations

import json
import logging
from datetime import UTC, datetime
from typing import Any

from django.core.exceptions import ImproperlyConfigured

LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")


class NoTraceback(logging.Filter):
    """Drops the traceback of what is a client's fault, such as a wrong Host header."""

    def filter(self, record: logging.LogRecord) -> bool:
        if record.name.startswith("django.security."):
            record.exc_info = None
        return True


class JsonFormatter(logging.Formatter):
    """One JSON object a line: time, level, logger, message, run_id, exception."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
        }
        if run_id := getattr(record, "run_id", None):
            line["run_id"] = str(run_id)
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False)


class TextFormatter(logging.Formatter):
    """Text for a terminal; a message cannot forge a second line."""

    def format(self, record: logging.LogRecord) -> str:
        head = f"{self.formatTime(record)} {record.levelname} {record.name}: "
        message = record.getMessage().replace("\r", "\\r").replace("\n", "\\n")
        tail = f"\n{self.formatException(record.exc_info)}" if record.exc_info else ""
        return head + message + tail


def log_config(*, level: str, style: str) -> dict[str, Any]:
    """Return Django's LOGGING; raises ImproperlyConfigured on an unknown word."""
    if level not in LEVELS:
        raise ImproperlyConfigured(f"LOG_LEVEL is {level!r}; use one of {LEVELS}.")
    formatters = {"text": TextFormatter, "json": JsonFormatter}
    if style not in formatters:
        raise ImproperlyConfigured(f"LOG_FORMAT is {style!r}; write text or json.")
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"line": {"()": formatters[style]}},
        "filters": {"no_traceback": {"()": NoTraceback}},
        "handlers": {
            "stderr": {
                "class": "logging.StreamHandler",
                "formatter": "line",
                "filters": ["no_traceback"],
            }
        },
        "root": {"handlers": ["stderr"], "level": "WARNING"},
        "loggers": {
            "apps": {"level": level},
            # Its INFO lines are three a run, and cost more than the run's own query.
            "django-q": {"handlers": [], "level": "WARNING", "propagate": True},
            # Django's default console handler speaks only under DEBUG.
            "django": {"handlers": [], "level": "INFO", "propagate": True},
            "django.request": {"level": "ERROR"},
        },
    }

"""How the hub's own processes log: one line an event, as text or as JSON."""

from __future__ import annotations

import json
import logging
import re
from datetime import UTC, datetime
from typing import Any

from django.core.exceptions import ImproperlyConfigured

from apps.core import context

# What a terminal acts upon, what splits lines or turns the direction of text, and half
# surrogate pairs, of bytes that are no UTF-8. JSON would let most of it through.
UNSAFE = re.compile(
    r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069"
    r"\ud800-\udfff]"
)
LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")


def json_line(line: dict[str, Any]) -> str:
    """Return an object as one line of text that any terminal and log reader takes."""
    # Text in any other script is left to be read.
    return _escaped(json.dumps(line, ensure_ascii=False, default=str))


def _escaped(text: str) -> str:
    """Write what is unsafe as JSON and Python do, all else as it is."""
    return UNSAFE.sub(lambda match: f"\\u{ord(match[0]):04x}", text)


class NoTraceback(logging.Filter):
    """Drops the traceback of what is a client's fault, such as a wrong Host header."""

    def filter(self, record: logging.LogRecord) -> bool:
        if record.name.startswith("django.security."):
            record.exc_info = None
        return True


class JsonFormatter(logging.Formatter):
    """One JSON object a line: time, level, logger, message, the ids, exception."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
        }
        if number := context.request_id.get():
            line["request_id"] = number
        if number := getattr(record, "run_id", None) or context.run_id.get():
            line["run_id"] = str(number)
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return json_line(line)


class TextFormatter(logging.Formatter):
    """Text for a terminal, which a message cannot command; nor forge a second line."""

    def format(self, record: logging.LogRecord) -> str:
        head = f"{self.formatTime(record)} {record.levelname} {record.name}: "
        # By which the page of a failure names its lines; elsewhere it would be noise.
        if record.exc_info and (number := context.request_id.get()):
            head += f"[{number}] "
        message = record.getMessage().replace("\r", "\\r").replace("\n", "\\n")
        tail = f"\n{self.formatException(record.exc_info)}" if record.exc_info else ""
        return _escaped(head + message + tail)


FORMATTERS: dict[str, type[logging.Formatter]] = {
    "text": TextFormatter,
    "json": JsonFormatter,
}


def log_config(*, level: str, style: str) -> dict[str, Any]:
    """Return Django's LOGGING; raises ImproperlyConfigured on an unknown word."""
    if level not in LEVELS:
        raise ImproperlyConfigured(f"LOG_LEVEL is {level!r}; use one of {LEVELS}.")
    if style not in FORMATTERS:
        raise ImproperlyConfigured(f"LOG_FORMAT is {style!r}; write text or json.")
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"line": {"()": FORMATTERS[style]}},
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

"""The port that `manage.py up` serves."""

from __future__ import annotations

import errno
import os
import re
import socket

from apps.core.errors import HubError

HOST = "127.0.0.1"
DEFAULT_PORT = 8000
LAST_PORT = 65535
# Enough for what arrives while the portal is started anew.
BACKLOG = 512


class PortUnusable(HubError):
    """The port cannot be served; the message says what to do."""

    code = "port_unusable"


def chosen_port() -> int:
    """Return what the variable PORT says; raises PortUnusable if it is no port."""
    text = os.environ.get("PORT", "").strip()
    if not text:
        return DEFAULT_PORT
    if not re.fullmatch("[0-9]{1,5}", text) or not 1 <= int(text) <= LAST_PORT:
        raise PortUnusable(
            f"PORT is {text!r}; write a number from 1 to {LAST_PORT}, such as: "
            "PORT=9000 make up"
        )
    return int(text)


def listen(port: int) -> socket.socket:
    """Return a socket that listens on the port of HOST; raises PortUnusable.

    It is given to one portal after the other, so that nobody else can take the port and
    callers wait, instead of being refused, while the portal is started anew.
    """
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((HOST, port))
        listener.listen(BACKLOG)
    except OSError as exc:
        listener.close()
        raise PortUnusable(_sentence(port, exc)) from exc
    return listener


def _sentence(port: int, exc: OSError) -> str:
    if exc.errno == errno.EADDRINUSE:
        return (
            f"Port {port} is in use; stop what listens there, or choose another: "
            f"PORT={_other(port)} make up"
        )
    if exc.errno == errno.EACCES:
        return (
            f"Port {port} is not open to this user; choose one above 1023: "
            f"PORT={DEFAULT_PORT} make up"
        )
    return (
        f"Port {port} of {HOST} cannot be served: {exc.strerror}. Choose another: "
        f"PORT={_other(port)} make up"
    )


def _other(port: int) -> int:
    return 9000 if port != 9000 else DEFAULT_PORT

"""Decorators called as functions, and an import under another name."""

from __future__ import annotations

import click as c
from click import Choice, argument, command
from click import option as opt

NAMES = ("--host", "-H")
DEFAULT_PORT = 8000 + 80
if True:
    TIMEOUT = 30


def serve(host, port, mode, timeout, path):
    """Serves."""


serve = argument("path", default=".")(serve)
serve = opt("--timeout", type=float, default=TIMEOUT)(serve)
serve = opt("--mode", type=Choice(["a", "b"]), default="a")(serve)
serve = opt("--port", "-p", type=c.IntRange(1), default=DEFAULT_PORT)(serve)
serve = opt(*NAMES, default="127.0.0.1", help=f"Where, if not {DEFAULT_PORT}.")(serve)
serve = command(name="serve", epilog="The end.")(serve)

if __name__ == "__main__":
    try:
        serve(standalone_mode=True)
    except KeyboardInterrupt:
        pass

"""Runs the loop of `manage.py up` with small programs for gunicorn and qcluster.

Arguments: the port, and the Python sources of the portal and of the worker. Pauses are
short; the environment says how long stopping may take, in STOP_MARGIN_S.
"""

from __future__ import annotations

import os
import sys

from apps.system import up
from apps.system.up_console import Console
from apps.system.up_port import listen
from apps.system.up_signals import Signals


def main(port: str, portal: str, worker: str) -> None:
    up.portal_argv = lambda listener: [
        *(sys.executable, "-c", portal),
        str(listener.fileno()),
    ]
    up.worker_argv = lambda: [sys.executable, "-c", worker]
    up.LONGEST_PAUSE_S = 0.05
    up.STOP_MARGIN_S = float(os.environ["STOP_MARGIN_S"])
    console = Console()
    with Signals() as signals, listen(int(port)) as listener:
        signals.hold()
        try:
            up.Embedded(listener, console=console, signals=signals).run(["It is up."])
        except up.UpFailed as exc:
            sys.exit(exc.message)
        finally:
            console.close(1)


if __name__ == "__main__":
    main(*sys.argv[1:])

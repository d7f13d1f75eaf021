"""The process behind a Hand: reads one call a line and writes one answer a line.

Django is set up once; a call is made in a fork, so that it finds as little of an
earlier one as in a process of its own.
"""

from __future__ import annotations

import json
import os
import sys
import traceback
from importlib import import_module

import django


def main() -> None:
    """Answer calls until there are no more."""
    django.setup()
    for line in sys.stdin:
        child = os.fork()
        if not child:
            _answer(*json.loads(line))
        os.waitpid(child, 0)


def _answer(module: str, call: str) -> None:
    """Make a call, write what came of it, and end this process."""
    out, sys.stdout = sys.stdout, sys.stderr
    try:
        found = eval(call, dict(vars(import_module(module))))
        text = json.dumps({"result": found})
    except BaseException:  # noqa: BLE001
        text = json.dumps({"error": traceback.format_exc()})
    print(text, file=out, flush=True)
    os._exit(0)


if __name__ == "__main__":
    main()

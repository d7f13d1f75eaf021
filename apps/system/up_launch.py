"""Becomes another program that ends with its parent: `up_launch.py PARENT PROGRAM ...`.

A program of its own, since code between fork and exec is unsafe where threads run.
"""

from __future__ import annotations

import os
import sys

if __name__ == "__main__":
    # It runs with the standard library alone; this adds the folder that holds `apps`.
    sys.path.append(__file__.rsplit("/", 3)[0])

    from apps.executor.processes import die_with

    die_with(int(sys.argv[1]))
    os.execv(sys.argv[2], sys.argv[2:])  # noqa: S606 - that is its purpose

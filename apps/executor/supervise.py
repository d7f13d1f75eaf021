"""The program of a supervisor; its arguments are CONTROL STATUS STDOUT STDERR.

Python compiles this file at every start, so it is kept short; imports are cached.
"""

from __future__ import annotations

import sys

if __name__ == "__main__":
    # -I and -S leave only the standard library; this adds the folder that holds `apps`.
    sys.path.append(__file__.rsplit("/", 3)[0])

    from apps.executor.supervisor import main

    main(*map(int, sys.argv[1:5]))

"""The program of a launcher; its arguments are REQUESTS PARENT."""

from __future__ import annotations

import sys

if __name__ == "__main__":
    # -I and -S leave only the standard library; this adds the folder that holds `apps`.
    sys.path.append(__file__.rsplit("/", 3)[0])

    from apps.executor.launcher import main

    main(*map(int, sys.argv[1:3]))

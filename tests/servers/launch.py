"""Becomes another program that ends with its parent: PARENT SIGNAL USER PROGRAM ...

A program of its own, since code between fork and exec is unsafe where threads run.
"""

from __future__ import annotations

import ctypes
import os
import pwd
import sys

PR_SET_PDEATHSIG = 1


def main() -> None:
    """Change the user (empty: stay), ask for the signal, become the program."""
    parent, number, user, *argv = sys.argv[1:]
    libc = ctypes.CDLL(None) if sys.platform == "linux" else None
    if user:
        entry = pwd.getpwnam(user)
        os.setgroups([])
        os.setgid(entry.pw_gid)
        os.setuid(entry.pw_uid)
    if libc:
        # After the change of user, which would undo it.
        libc.prctl(PR_SET_PDEATHSIG, int(number))
    if os.getppid() != int(parent):
        sys.exit("The parent has gone already.")
    os.execvp(argv[0], argv)


if __name__ == "__main__":
    main()

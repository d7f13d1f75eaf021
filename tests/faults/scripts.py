"""Scripts that write down each start of theirs, and some that defend themselves."""

from __future__ import annotations

# One write with O_APPEND: nothing that is killed at any moment takes a line back.
RECORD = 'echo "$HUB_RUN_ID $$" >> "$DATA_DIR/starts"\n'

SHELL = {
    "quick.sh": "echo done\n",
    "slow.sh": "echo began\nexec sleep 120\n",
    # Ends when the test opens its gate.
    "gated.sh": (
        "echo first\n"
        'until [ -e "$DATA_DIR/gate-$HUB_RUN_ID" ]; do sleep 0.02; done\n'
        "echo last\n"
    ),
    "deaf.sh": "trap '' TERM\necho began\nwhile :; do sleep 0.1; done\n",
    "fails.sh": "exit 3\n",
    "short.sh": "sleep 0.5\n",
}

# What the hostile ones leave behind is found by its pid alone: it has an environment of
# its own, a session of its own and a folder of its own, and is deaf to polite signals.
HOSTILE = """
import os, signal, sys, time

starts, pids = (os.environ["DATA_DIR"] + "/" + name for name in ("starts", "pids"))


def append(path, text):
    fd = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    os.write(fd, text.encode())
    os.close(fd)


def be_deaf():
    for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
        signal.signal(number, signal.SIG_IGN)


def leave(*, close=True):
    \"\"\"Fork twice, move to a session of its own, and become `env -i sleep`.

    Returns once it sleeps: what the hub ends before is no daemon yet.
    \"\"\"
    sleeping, awake = os.pipe()
    if os.fork():
        os.close(awake)
        os.read(sleeping, 1)
        os.close(sleeping)
        os.wait()
        return
    os.setsid()
    if os.fork():
        os._exit(0)
    os.setsid()
    be_deaf()
    os.chdir("/")
    append(pids, f"{os.getpid()}\\n")
    if close:
        null = os.open(os.devnull, os.O_RDWR)
        for fd in (0, 1, 2):
            os.dup2(null, fd)
    os.execve("/bin/sleep", ["sleep", "300"], {})


append(starts, f"{os.environ['HUB_RUN_ID']} {os.getpid()}\\n")
"""

PYTHON = {
    "daemon_then_exit.py": "leave()\n",
    "daemon_then_stay.py": "leave()\nprint('began', flush=True)\ntime.sleep(120)\n",
    "deaf_daemons.py": (
        "be_deaf()\nfor _ in range(5):\n    leave()\n"
        "print('began', flush=True)\ntime.sleep(120)\n"
    ),
    "holds_stdout.py": "leave(close=False)\nprint('done', flush=True)\n",
    "new_session.py": (
        "if os.fork():\n    time.sleep(120)\nos.setsid()\nbe_deaf()\n"
        "append(pids, f'{os.getpid()}\\n')\nprint('began', flush=True)\n"
        "time.sleep(120)\n"
    ),
}


def sources() -> dict[str, str]:
    """Return every script by its name."""
    shell = {name: f"#!/bin/sh\n{RECORD}{text}" for name, text in SHELL.items()}
    return shell | {name: HOSTILE + text for name, text in PYTHON.items()}

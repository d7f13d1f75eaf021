"""What the real servers of tests have in common: start, faults, restart, end."""

from __future__ import annotations

import shutil
import signal
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Self

from tests.servers.process import Child, ServerMissing, free_port, wait_until

START_S = 30
STOP_S = 10


class Server:
    """One server on a free port of 127.0.0.1, its files in a temporary folder.

    A context manager; tests for faults may kill, freeze, thaw and restart it.
    """

    title = "a server"
    stop_signal = signal.SIGTERM
    death_signal = signal.SIGKILL

    def __init__(self, program: Path) -> None:
        self.program = program
        self.folder = Path(tempfile.mkdtemp(prefix="hub-server-"))
        self.port = 0
        self.user = ""
        self.child: Child | None = None

    @property
    def pid(self) -> int:
        """The main process's id; RuntimeError before the first start."""
        return self._started().pid

    @property
    def url(self) -> str:
        """The address with its password."""
        raise NotImplementedError

    def argv(self) -> Sequence[str]:
        """Return the command that serves on `self.port`."""
        raise NotImplementedError

    def prepare(self) -> None:
        """Make what the server needs on disk, once."""

    def answers(self) -> bool:
        """Return whether the server does its work now."""
        raise NotImplementedError

    def __enter__(self) -> Self:
        try:
            self.prepare()
            self._start_on_free_port()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def start(self) -> None:
        """Start on `self.port` and wait until it answers; ServerMissing if it ends."""
        self.child = Child(
            self.argv(),
            log=self.folder / "server.log",
            env={"PATH": "/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC"},
            cwd=self.folder,
            user=self.user,
            death_signal=self.death_signal,
        )
        wait_until(
            lambda: self._ended() or self.answers(),
            timeout_s=START_S,
            what=f"{self.title} answered on port {self.port}",
        )
        if self._ended():
            raise ServerMissing(
                f"{self.title} ({self.program}) ended at once:\n{self.child.output()}"
            )

    def kill(self) -> None:
        """Kill it at once with SIGKILL; what it promised to keep is on disk."""
        child = self._started()
        child.signal_tree(signal.SIGKILL)
        child.kill()

    def freeze(self) -> None:
        """Stop its clock: connections stay open and nothing is answered."""
        self._started().signal_tree(signal.SIGSTOP)

    def thaw(self) -> None:
        """Let it go on after `freeze`."""
        self._started().signal_tree(signal.SIGCONT)

    def stop(self) -> None:
        """Ask it to end, and see that it did."""
        if self.child:
            self.child.stop(self.stop_signal, timeout_s=STOP_S)

    def restart(self, *, empty: bool = False) -> None:
        """Start it again on the same port, with its data or, `empty`, without any."""
        self.stop()
        if empty:
            self.forget()
        self.start()

    def forget(self) -> None:
        """Throw away its data; the server does not run."""
        raise NotImplementedError

    def close(self) -> None:
        """End the server and remove its folder."""
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _started(self) -> Child:
        if self.child is None:
            raise RuntimeError(f"{self.title} was not started.")
        return self.child

    def _ended(self) -> bool:
        return self.child is not None and not self.child.alive

    def _start_on_free_port(self) -> None:
        # Somebody else may take the port between its choice and its use.
        for attempts_left in (2, 1, 0):
            self.port = free_port()
            try:
                self.start()
            except ServerMissing:
                if not attempts_left:
                    raise
            else:
                break

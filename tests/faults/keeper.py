"""Starts a cluster again when it ends with an error, as whoever supervises one does."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from tests.servers import Child, wait_until

PAUSE_S = 0.2
LOOK_S = 0.05


class Keeper(threading.Thread):
    """One cluster after another, until one ends with 0 or it is told to give up.

    Its thread lasts as long as its cluster does, which would end with it.
    """

    def __init__(self, start_cluster: Callable[[], Child]) -> None:
        super().__init__(name="keeper", daemon=True)
        self._start_cluster = start_cluster
        self._gives_up = threading.Event()
        self._starting = threading.Lock()
        self._clusters: list[Child] = []

    @property
    def cluster(self) -> Child:
        """The newest cluster, once there is one."""
        wait_until(lambda: self._clusters, timeout_s=20, what="a cluster was started")
        return self._clusters[-1]

    @property
    def codes(self) -> list[int]:
        """How the clusters before the newest one ended."""
        return [c.returncode for c in self._clusters if c.returncode is not None]

    def run(self) -> None:
        while cluster := self._start():
            # After giving up too: what this thread started ends with it.
            while cluster.alive:
                time.sleep(LOOK_S)
            if cluster.returncode == 0:
                return
            self._gives_up.wait(PAUSE_S)

    def give_up(self) -> None:
        """Start no more clusters, from now on; the newest one goes on."""
        with self._starting:
            self._gives_up.set()

    def _start(self) -> Child | None:
        with self._starting:
            if self._gives_up.is_set():
                return None
            cluster = self._start_cluster()
            self._clusters.append(cluster)
            return cluster

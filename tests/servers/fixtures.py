"""The servers and the hub as pytest fixtures; tests/conftest.py loads this plugin.

Where a server cannot be had, a test that needs it is skipped with the reason; under
`CI=true` it fails.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import ExitStack
from functools import partial
from types import FrameType
from typing import Any, NoReturn

import pytest

from tests.servers.hub import Hub
from tests.servers.postgres import create_database, drop_database, postgres_server
from tests.servers.process import ServerMissing
from tests.servers.redis import RedisServer, redis_server
from tests.servers.tables import lay_tables_in

HUBS = pytest.StashKey[list[Hub]]()


def pytest_configure() -> None:
    """Let SIGTERM end the tests as Ctrl-C does: every fixture is torn down."""
    owner = os.getpid()

    def interrupt(number: int, frame: FrameType | None) -> None:
        if os.getpid() == owner:
            raise KeyboardInterrupt
        # A forked child of a test has nothing to tear down.
        signal.signal(number, signal.SIG_DFL)
        os.kill(os.getpid(), number)

    signal.signal(signal.SIGTERM, interrupt)


def pytest_keyboard_interrupt() -> None:
    """Once is enough: a second signal must not interrupt the tearing down."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Any:
    """Show what the hubs of a failed test said."""
    report = yield
    if report.failed:
        for hub in (h for node in item.listchain() for h in node.stash.get(HUBS, [])):
            report.sections.append((f"hub in {hub.folder}", hub.logs()))
    return report


def under_ci() -> bool:
    """Return whether a missing server is a failure."""
    return os.environ.get("CI", "").lower() in {"1", "true"}


def missing(reason: ServerMissing) -> NoReturn:
    """Skip the test, or fail it under CI."""
    if under_ci():
        pytest.fail(f"CI must not go without this. {reason}", pytrace=False)
    pytest.skip(str(reason))


@pytest.fixture(scope="session")
def shared_redis() -> Iterator[RedisServer]:
    """One Redis for the whole session; a test that harms it starts its own."""
    with ExitStack() as stack:
        try:
            server = stack.enter_context(redis_server())
        except ServerMissing as exc:
            missing(exc)
        yield server


@pytest.fixture(scope="session")
def redis_url(shared_redis: RedisServer) -> str:
    """The address of database 0 of the session's Redis."""
    return shared_redis.url


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """The address of the session's PostgreSQL, in which tests make their databases.

    `python -m tests` starts one for both of its runs and names it here.
    """
    if given := os.environ.get("HUB_TEST_POSTGRES_URL"):
        yield given
        return
    with ExitStack() as stack:
        try:
            server = stack.enter_context(postgres_server())
        except ServerMissing as exc:
            missing(exc)
        yield server.url


class HubFactory:
    """Makes hubs for a test, each with a database and a broker of its own."""

    def __init__(self, request: pytest.FixtureRequest, stack: ExitStack) -> None:
        self.request = request
        self.stack = stack

    def __call__(
        self, *, broker: str = "orm", database: str = "sqlite", **environment: str
    ) -> Hub:
        """Return a hub that is not started yet.

        `broker` is orm or redis, `database` sqlite or postgres; a test for faults
        gives the address of its own server as `REDIS_URL` or `DATABASE_URL` instead.
        """
        if broker == "redis":
            server = self.request.getfixturevalue("shared_redis")
            environment["REDIS_URL"] = server.fresh_url()
        if database == "postgres":
            server_url = self.request.getfixturevalue("postgres_url")
            url = environment["DATABASE_URL"] = create_database(server_url)
            self.stack.callback(drop_database, url)
        hub = self.stack.enter_context(Hub(**environment))
        if database == "postgres":
            hub.lay_tables = partial(lay_tables_in, environment["DATABASE_URL"])
        self.request.node.stash.setdefault(HUBS, []).append(hub)
        return hub


def _hub_factory(request: pytest.FixtureRequest) -> Iterator[HubFactory]:
    with ExitStack() as stack:
        yield HubFactory(request, stack)


# One factory for the hubs of a test, and those for hubs that more tests share.
make_hub = pytest.fixture(name="make_hub")(_hub_factory)
make_module_hub = pytest.fixture(name="make_module_hub", scope="module")(_hub_factory)
make_session_hub = pytest.fixture(name="make_session_hub", scope="session")(
    _hub_factory
)

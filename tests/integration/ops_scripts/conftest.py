from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.integration.ops_scripts.launch import Fetched, run_script
from tests.integration.ops_scripts.local_site import Site, running_site


@pytest.fixture
def site() -> Iterator[Site]:
    with running_site() as site:
        yield site


@pytest.fixture
def fetch(tmp_path: Path) -> Callable[..., Fetched]:
    """Run fetch_rss.py on an address, below a fresh data folder."""

    def fetch(url: str, *options: object, **variables: object) -> Fetched:
        variables = {"DATA_DIR": tmp_path} | variables
        arguments = ["--url", url, *options]
        done = run_script("fetch_rss.py", *arguments, cwd=tmp_path, **variables)
        return Fetched(done.status, done.stdout, done.stderr, tmp_path / "rss")

    return fetch


@pytest.fixture
def unused_address() -> Iterator[str]:
    """An address of this host at which nothing listens."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{taken.getsockname()[1]}/"

"""A real Chromium, and a hub with a worker that a module's tests share."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, expect, sync_playwright

from tests.browser.demo import fill
from tests.browser.visitor import PASSWORD, PATIENCE_MS, WIDE, Visitor, settings_of
from tests.servers import Hub, chromium
from tests.servers.fixtures import missing
from tests.servers.process import ServerMissing

# As long as a visitor waits; five seconds are few on a busy machine.
expect.set_options(timeout=PATIENCE_MS)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """The system's Chromium; without one these tests are skipped, and fail under CI."""
    try:
        program = chromium.find()
    except ServerMissing as exc:
        missing(exc)
    with sync_playwright() as playwright:
        # Chromium refuses its own sandbox to root, who runs the tests in a container.
        started = playwright.chromium.launch(
            executable_path=program, args=["--no-sandbox", "--disable-gpu"]
        )
        yield started
        started.close()


@pytest.fixture(scope="module")
def hub(make_module_hub) -> Hub:
    """A portal with one worker and the scripts that the project ships."""
    made = make_module_hub(ADMIN_PASSWORD=PASSWORD)
    for name in ("fetch_rss.py", "http_check.py", "disk_usage.sh"):
        made.copy_script(name)
    made.start()
    made.wait_for_workers()
    return made


@pytest.fixture(scope="module")
def token(hub: Hub) -> str:
    """The administrator's token at the module's hub."""
    return hub.manage("token", "create", "t", "--user", "admin").stdout.strip()


@pytest.fixture(scope="module")
def start(hub: Hub, token: str) -> Callable[..., str]:
    """Start a run at the module's hub: `start("hello.py", name="you")`; its id."""

    def begin(script: str, **parameters: object) -> str:
        body = {"script_name": script, "parameters": parameters}
        answer = hub.request("POST", "/runs/runs", json=body, token=token)
        run_id: str = answer.json()["run_id"]
        return run_id

    return begin


@pytest.fixture(scope="session")
def demo(make_session_hub) -> Hub:
    """The hub of demo.py, which all modules may look at and add to.

    Whoever changes what is there does so to something of their own.
    """
    made = make_session_hub(ADMIN_PASSWORD=PASSWORD)
    made.start()
    made.wait_for_workers()
    fill(made)
    return made


@pytest.fixture(scope="session")
def sessions() -> dict[tuple[Path, str], list[Any]]:
    """The cookies of those who have signed in to a hub."""
    return {}


@pytest.fixture
def visit(browser, hub, sessions) -> Iterator[Callable[..., Visitor]]:
    """Send somebody to the hub: `visit(language="zh-CN", theme="dark", width=390)`.

    With `to`, another hub than the module's; `name` is signed in, None nobody: the first
    visitor of a hub by its form, those after them with their cookies. What a page logged
    as an error, what its content policy stopped, and a request to anywhere else, fails
    the test at its end. `scripts=False` is a browser without JavaScript,
    `policed=False` one that axe-core may put its own styles into.
    """
    visitors: list[Visitor] = []

    def send(
        *,
        name: str | None = "admin",
        to: Hub = hub,
        language: str = "en-US",
        theme: str = "light",
        width: int = WIDE,
        **more: bool,
    ) -> Visitor:
        kind = settings_of(language=language, theme=theme, width=width, **more)
        visitor = Visitor(to, browser.new_context(**kind).new_page())
        visitors.append(visitor)
        if name is not None:
            known = sessions.get((to.folder, name), [])
            if not visitor.come_back(known):
                visitor.sign_in(name)
                sessions[to.folder, name] = visitor.session()
        return visitor

    yield send
    for visitor in visitors:
        visitor.page.context.close()
    problems = [problem for visitor in visitors for problem in visitor.problems]
    assert not problems, "\n".join(problems)

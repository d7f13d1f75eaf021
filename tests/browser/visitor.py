"""A person at a browser: what they see, and what went wrong behind it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import ConsoleMessage, Page, Request

from tests.servers import Hub

PASSWORD = "a long password"
WIDE = 1280
NARROW = 390
HEIGHT = 900
# Without a network nothing here should take long.
PATIENCE_MS = 15_000


@dataclass
class Visitor:
    """One page of one person; `problems` are what a test must not leave behind."""

    hub: Hub
    page: Page
    problems: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page.set_default_timeout(PATIENCE_MS)
        self.page.on("console", self._on_console)
        self.page.on("pageerror", lambda error: self.problems.append(f"error: {error}"))
        self.page.on("request", self._on_request)

    def go(self, path: str) -> Page:
        """Open an address of the hub and wait until all of it is there."""
        answer = self.page.goto(f"{self.hub.url}{path}", wait_until="load")
        assert answer is not None, path
        assert answer.ok, f"{path}: {answer.status}"
        return self.page

    def sign_in(self, name: str = "admin") -> None:
        """Sign in as a person would."""
        self.go("/admin/login/")
        self.page.fill("#id_username", name)
        self.page.fill("#id_password", PASSWORD)
        self.page.click("#login-form input[type=submit]")
        self.page.wait_for_url("**/admin/")

    def session(self) -> list[Any]:
        """Return what shows the hub who this is, for `come_back` of others."""
        cookies = self.page.context.cookies()
        return [one for one in cookies if one["name"] == "sessionid"]

    def come_back(self, session: list[Any]) -> bool:
        """Open the console in a session of before; False if there is none by now."""
        if not session:
            return False
        self.page.context.add_cookies(session)
        self.go("/admin/")
        return urlsplit(self.page.url).path == "/admin/"

    def overflow_px(self) -> int:
        """Return by how much the page is wider than the window."""
        width: int = self.page.evaluate(
            "document.documentElement.scrollWidth - window.innerWidth"
        )
        return max(0, width)

    def text(self) -> str:
        """Return what can be read on the page."""
        return self.page.inner_text("body")

    def _on_console(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            where = message.location.get("url", "")
            self.problems.append(f"{message.type}: {message.text} ({where})")

    def _on_request(self, request: Request) -> None:
        address = urlsplit(request.url)
        if address.scheme in {"data", "blob"}:
            return
        if f"{address.scheme}://{address.netloc}" != self.hub.url:
            self.problems.append(f"asked elsewhere: {request.url}")


def settings_of(
    *, language: str, theme: str, width: int, scripts: bool = True, policed: bool = True
) -> dict[str, Any]:
    """Return how a browser is set up for a kind of reader."""
    return {
        "locale": language,
        "color_scheme": theme,
        "viewport": {"width": width, "height": HEIGHT},
        "java_script_enabled": scripts,
        "bypass_csp": not policed,
        "timezone_id": "Asia/Shanghai",
    }

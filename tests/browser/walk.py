"""Which pages there are: whatever links lead to, one of each kind."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from html.parser import HTMLParser
from urllib.parse import urljoin, urlsplit

from tests.browser.visitor import Visitor

# A segment with a digit in it names one of many: an id, a version, a worker.
ONE_OF_MANY = re.compile(r"/[^/]*\d[^/]*(?=/|$)")
CONSOLE = "/admin/"
LEFT_OUT = re.compile(r"^/admin/(logout|jsi18n|autocomplete|r)/")
MOST = 300


# What was found in which hub.
_found: dict[tuple[str, ...], list[str]] = {}


def every_page(visitor: Visitor, *starts: str) -> list[str]:
    """Return `starts`, and a page of each kind that links of the console lead to.

    They are looked for with the visitor's own session, from the home page on, and once
    for all visitors of a hub; what is downloaded is none.
    """
    key = (str(visitor.hub.folder), *starts)
    if key not in _found:
        _found[key] = _look_for_pages(visitor, starts)
    return _found[key]


def _look_for_pages(visitor: Visitor, starts: Sequence[str]) -> list[str]:
    waiting = [CONSOLE, *starts]
    kinds = {_kind(path) for path in waiting}
    found: list[str] = []
    for path in waiting:
        links = _links_of(visitor, path)
        if links is None:
            continue
        found.append(path)
        for link in links:
            if _kind(link) not in kinds:
                kinds.add(_kind(link))
                waiting.append(link)
        assert len(waiting) < MOST, f"Too many kinds of pages: {sorted(kinds)}"
    return found


def _links_of(visitor: Visitor, path: str) -> Iterable[str] | None:
    """Return where a page leads to; None for what is no page, such as a download."""
    answer = visitor.page.request.get(f"{visitor.hub.url}{path}")
    assert answer.ok, f"{path}: {answer.status}"
    headers = answer.headers
    is_page = headers["content-type"].startswith("text/html")
    if not is_page or "attachment" in headers.get("content-disposition", ""):
        return None
    reader = _Links(answer.url)
    reader.feed(answer.text())
    return [link for link in reader.links if not LEFT_OUT.match(link)]


def _kind(path: str) -> str:
    return ONE_OF_MANY.sub("/*", path.partition("?")[0])


class _Links(HTMLParser):
    def __init__(self, url: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self._url = urlsplit(url)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag != "a" or not given.get("href") or "download" in given:
            return
        url = urlsplit(urljoin(self._url.geturl(), given["href"]))
        if url.netloc == self._url.netloc and url.path.startswith(CONSOLE):
            self.links.append(f"{url.path}?{url.query}" if url.query else url.path)

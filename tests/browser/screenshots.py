"""Pictures of the main pages: `python -m tests.browser.screenshots [names …]`.

They show a hub that is filled for it, in both themes and both languages, and go into
docs/images. A page is found as a person finds it, by its address or by the first link
that leads to one, so that a page may look as it likes.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

from tests.browser.demo import fill
from tests.browser.visitor import PASSWORD, Visitor, settings_of
from tests.servers import Hub, ServerMissing, chromium

IMAGES = Path(__file__).resolve().parents[2] / "docs" / "images"
THEMES = ("light", "dark")
LANGUAGES = {"en": "en-US", "zh": "zh-CN"}
WIDTH, HEIGHT = 1280, 800
# Larger ones make a clone slow; a page of text is far below.
MOST_BYTES = 150_000


@dataclass(frozen=True)
class Shown:
    """A page: an address, and what the link on it looks like that leads further."""

    path: str
    link: str = ""


PAGES = {
    "home": Shown("/admin/"),
    "runs": Shown("/admin/runs/run/"),
    "run": Shown(
        "/admin/runs/run/?q=db/backup.sh", r"/admin/runs/run/[0-9a-f-]{36}/change/"
    ),
    "form": Shown(
        "/admin/scripts/script/?q=invoices", r"/admin/scripts/script/\d+/run/"
    ),
    "script": Shown(
        "/admin/scripts/script/?q=fetch_rss", r"/admin/scripts/script/\d+/change/"
    ),
    "scripts": Shown("/admin/scripts/script/"),
    "task": Shown("/admin/tasks/task/?q=News", r"/admin/tasks/task/\d+/change/"),
    "schedule": Shown(
        "/admin/tasks/schedule/?q=News", r"/admin/tasks/schedule/\d+/change/"
    ),
    "ledger": Shown("/admin/tasks/task/?q=News", r"/admin/tasks/task/\d+/change/"),
    "workers": Shown("/admin/runs/worker/"),
}


def main(arguments: Sequence[str]) -> int:
    """Take the pictures that are named, or all; 1 where there is no Chromium."""
    names = _parser().parse_args(arguments).names or list(PAGES)
    try:
        program = chromium.find()
    except ServerMissing as exc:
        print(exc, file=sys.stderr)
        return 1
    with Hub(ADMIN_PASSWORD=PASSWORD) as hub, sync_playwright() as playwright:
        hub.start()
        hub.wait_for_workers()
        fill(hub)
        browser = playwright.chromium.launch(
            executable_path=program, args=["--no-sandbox", "--disable-gpu"]
        )
        for short, language in LANGUAGES.items():
            for theme in THEMES:
                _take(hub, browser, names, language, theme, f"{short}-{theme}")
        browser.close()
    return 0


def _take(
    hub: Hub,
    browser: Browser,
    names: Sequence[str],
    language: str,
    theme: str,
    ending: str,
) -> None:
    about = settings_of(language=language, theme=theme, width=WIDTH)
    about["viewport"] = {"width": WIDTH, "height": HEIGHT}
    context = browser.new_context(**about)
    visitor = Visitor(hub, context.new_page())
    visitor.sign_in()
    for name in names:
        _open(visitor, PAGES[name])
        if name == "ledger":
            visitor.go(visitor.page.url.removeprefix(hub.url).replace("change", name))
        file = IMAGES / f"{name}-{ending}.png"
        visitor.page.screenshot(path=file, animations="disabled")
        size = file.stat().st_size
        remark = "" if size <= MOST_BYTES else ", too large to be committed"
        print(f"{file.name}: {size / 1000:.0f} kB{remark}", flush=True)
    context.close()


def _open(visitor: Visitor, shown: Shown) -> None:
    page = visitor.go(shown.path)
    if shown.link:
        visitor.go(_link(page, shown.link))
    # Fonts, and whatever a module of the page still fetches.
    page.wait_for_load_state("networkidle")


def _link(page: Page, pattern: str) -> str:
    read: Callable[..., list[str]] = page.eval_on_selector_all
    found = read("a[href]", "links => links.map(link => link.getAttribute('href'))")
    link = next((each for each in found if re.match(pattern, each)), None)
    assert link is not None, f"No link on {page.url} looks like {pattern}."
    return link


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m tests.browser.screenshots",
        description="Takes the pictures of the main pages in docs/images.",
    )
    parser.add_argument("names", nargs="*", choices=[[], *PAGES])
    return parser


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""Pictures of the main pages: `python -m tests.browser.screenshots [names …]`.

They show a hub that is filled for it, in both themes and both languages, and go into
docs/images. Pages are found by their addresses, so that they may look as they like.
"""

from __future__ import annotations

import argparse
import base64
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

from tests.browser.demo import fill, inside
from tests.browser.visitor import PASSWORD, Visitor, settings_of
from tests.servers import Hub, ServerMissing, chromium

IMAGES = Path(__file__).resolve().parents[2] / "docs" / "images"
THEMES = ("light", "dark")
LANGUAGES = {"en": "en-US", "zh": "zh-CN"}
WIDTH, HEIGHT = 1280, 800
# A clone downloads all of them.
MOST_BYTES = 3_000_000
QUALITY = 70
# Those that have an address for themselves; past.py knows where the others are.
PAGES = {
    "home": "/admin/",
    "runs": "/admin/runs/run/",
    "run": "",
    "running": "",
    "failed": "",
    "log": "",
    "form": "",
    "scripts": "/admin/scripts/script/",
    "script": "",
    "diff": "",
    "task": "",
    "schedule": "",
    "ledger": "",
    "freezes": "/admin/tasks/freezewindow/",
    "workers": "/admin/runs/worker/",
    "api": "/docs",
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
        pages = inside(hub, "addresses()") | {k: v for k, v in PAGES.items() if v}
        browser = playwright.chromium.launch(
            executable_path=program, args=["--no-sandbox", "--disable-gpu"]
        )
        for short, language in LANGUAGES.items():
            for theme in THEMES:
                visitor = _visitor(hub, browser, language, theme)
                _take(visitor, {name: pages[name] for name in names}, short, theme)
        browser.close()
    return _report()


def _visitor(hub: Hub, browser: Browser, language: str, theme: str) -> Visitor:
    about = settings_of(language=language, theme=theme, width=WIDTH)
    about["viewport"] = {"width": WIDTH, "height": HEIGHT}
    visitor = Visitor(hub, browser.new_context(**about).new_page())
    visitor.sign_in()
    return visitor


def _take(visitor: Visitor, pages: Mapping[str, str], short: str, theme: str) -> None:
    for name, path in pages.items():
        page = visitor.go(path)
        # Fonts, and whatever a module of the page still fetches.
        page.wait_for_load_state("networkidle")
        page.wait_for_function("document.getAnimations().length === 0")
        file = IMAGES / f"{name}-{short}-{theme}.webp"
        file.write_bytes(_picture(page))
        print(f"{file.name}: {file.stat().st_size / 1000:.0f} kB", flush=True)
    visitor.page.context.close()


def _picture(page: Page) -> bytes:
    """Return what is in the window as WebP, which is half of what PNG takes."""
    session = page.context.new_cdp_session(page)
    about = {"format": "webp", "quality": QUALITY}
    return base64.b64decode(session.send("Page.captureScreenshot", about)["data"])


def _report() -> int:
    total = sum(file.stat().st_size for file in IMAGES.iterdir())
    print(f"docs/images: {total / 1e6:.1f} MB")
    if total <= MOST_BYTES:
        return 0
    print(f"More than {MOST_BYTES / 1e6:g} MB are not committed.", file=sys.stderr)
    return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m tests.browser.screenshots",
        description="Takes the pictures of the main pages in docs/images.",
    )
    parser.add_argument("names", nargs="*", choices=[[], *PAGES])
    return parser


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

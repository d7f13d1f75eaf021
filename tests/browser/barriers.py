"""What keeps people out of a page, as axe-core finds it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from tests.browser.visitor import HEIGHT, NARROW, WIDE, Visitor

GRAVE = {"serious", "critical"}
# All that depends on a theme. What else there is to find is the same in each.
OF_COLOURS = ("color-contrast", "link-in-text-block")
# Django's own: the sign beside a list that is filtered, and the two fields of a moment,
# which share one label.
DJANGOS = ("search-label-icon", 'name="last_login_', 'name="date_joined_')
# The page of a run that is not over.
LIVE = "[data-part=head]:not([data-every='0'])"
# Without what passed, of which there may be a megabyte.
RUN = """([part, options]) => axe
  .run(part, { preload: false, resultTypes: ["violations"], ...options })
  .then(found => found.violations)"""


def barriers(visitor: Visitor) -> list[str]:
    """What keeps people out of the page that is open, in both themes and on a phone."""
    page = visitor.page
    found = []
    for theme, rules in (("light", ()), ("dark", OF_COLOURS)):
        page.emulate_media(color_scheme=theme)  # type: ignore[arg-type]
        found += [f"{theme}: {one}" for one in violations(page, rules=rules)]
    page.set_viewport_size({"width": NARROW, "height": HEIGHT})
    if over := visitor.overflow_px():
        found.append(f"{over} px wider than a phone")
    page.set_viewport_size({"width": WIDE, "height": HEIGHT})
    return found


def settle(page: Page) -> None:
    """Wait until the page has what it asks for by itself."""
    if page.locator(LIVE).count():
        # It asks again and again, so its network may never be idle.
        page.locator(".hub-log-view:not([hidden])").wait_for()
    else:
        page.wait_for_load_state("networkidle")


def violations(
    page: Page, *, part: str = "html", rules: Sequence[str] = ()
) -> list[str]:
    """What axe-core finds in the page as it will be in a moment, one line each.

    `rules` are those to look at, all by default.
    """
    settle(page)
    # What is asked for anew is dimmed meanwhile.
    page.locator("[aria-busy=true]").first.wait_for(state="detached")
    # Colours fade into each other.
    page.wait_for_function("document.getAnimations().length === 0")
    return [
        f"{one['id']} ({one['impact']}): {node['html'][:150]}"
        for one in examined(page, part=part, rules=rules)
        for node in one["nodes"]
        if not any(mark in node["html"] for mark in DJANGOS)
    ]


def examined(
    page: Page, *, part: str = "html", rules: Sequence[str] = ()
) -> list[dict[str, Any]]:
    """Return what axe-core finds grave in the page as it is now."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(Axe().axe_script)
    found = page.evaluate(RUN, [part, {"runOnly": list(rules)} if rules else {}])
    return [one for one in found if one["impact"] in GRAVE]

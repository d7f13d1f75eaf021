"""With the keyboard alone: where one is can be seen, on every kind of page."""

from __future__ import annotations

import pytest

from tests.browser.demo import inside

MOST_TABS = 45
# What has the focus, and how that is seen: by a line around it, or around what holds it.
SEEN = """() => {
  const element = document.activeElement;
  if (!element || element === document.body) return null;
  const isSeen = (one) => {
    const style = getComputedStyle(one);
    return style.outlineStyle !== "none" && parseFloat(style.outlineWidth) > 0;
  };
  const label = element.closest("label");
  return {
    what: element.outerHTML.slice(0, 120),
    isSeen: isSeen(element) || (label !== null && isSeen(label)),
  };
}"""


@pytest.fixture(scope="module")
def hub(demo):
    return demo


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("name", ["", "runs", "form", "schedule", "run", "ledger"])
def test_where_the_keyboard_is_can_be_seen(visit, hub, name, theme):
    places = inside(hub, "addresses()") | {"": "/admin/", "runs": "/admin/runs/run/"}
    visitor = visit(theme=theme)
    page = visitor.go(places[name])

    unseen = []
    for _step in range(MOST_TABS):
        page.keyboard.press("Tab")
        found = page.evaluate(SEEN)
        if found and not found["isSeen"]:
            unseen.append(found["what"])
    assert unseen == []

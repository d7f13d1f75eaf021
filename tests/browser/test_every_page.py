"""Every page of the console: for everybody, at any width, in both languages."""

from __future__ import annotations

import re

from axe_playwright_python.sync_playwright import Axe

from tests.browser.visitor import HEIGHT, NARROW, WIDE

GRAVE = {"serious", "critical"}
# Pages that are there without anything having been made.
PAGES = (
    "/admin/",
    "/admin/runs/run/",
    "/admin/runs/worker/",
    "/admin/runs/outboxmessage/",
    "/admin/scripts/script/",
    "/admin/tasks/task/",
    "/admin/tasks/task/add/",
    "/admin/tasks/schedule/",
    "/admin/tasks/schedule/add/",
    "/admin/tasks/concurrencygroup/",
    "/admin/tasks/freezewindow/",
    "/admin/tasks/freezewindow/add/",
    "/admin/auth/user/",
    "/admin/auth/user/add/",
    "/admin/auth/group/",
    "/admin/accounts/token/",
    "/admin/password_change/",
)
LINKED = re.compile(r"^/admin/(scripts/script|runs/worker)/[^/?]+/(change|run)/$")


def test_everybody_can_use_every_page(visit):
    visitor = visit(policed=False)
    wrong = []
    for path in [*PAGES, *_linked(visitor)]:
        visitor.go(path)
        wrong += [f"{path}: {found}" for found in _barriers(visitor)]
    assert not wrong, "\n".join(wrong)


def test_everybody_can_sign_in(visit):
    visitor = visit(name=None, policed=False)
    visitor.go("/admin/login/")
    assert _barriers(visitor) == []


def test_nothing_breaks_the_policy_or_speaks_of_django(visit):
    visitor = visit()
    for path in [*PAGES, *_linked(visitor)]:
        visitor.go(path)
        text = visitor.text() + visitor.page.title()
        assert "Django" not in text, path
        assert "Site administration" not in text, path


def test_each_language_is_a_click_away(visit):
    visitor = visit(name=None)
    visitor.go("/admin/login/")
    visitor.page.click("text=中文")
    assert visitor.page.get_attribute("html", "lang") == "zh-hans"
    visitor.sign_in()
    assert "脚本" in visitor.text()
    visitor.page.click("text=English")
    assert "Scripts" in visitor.text()


def _linked(visitor) -> list[str]:
    """Pages of what is in the lists: each script and its form."""
    found = []
    for path in ("/admin/scripts/script/", "/admin/runs/worker/"):
        page = visitor.go(path)
        found += page.eval_on_selector_all(
            "#result_list a", "links => links.map(link => link.getAttribute('href'))"
        )
    return sorted({path for path in found if path and LINKED.match(path)})


def _barriers(visitor) -> list[str]:
    """What keeps people out of the page that is open, in both themes and on a phone."""
    page = visitor.page
    found = []
    for theme in ("light", "dark"):
        page.emulate_media(color_scheme=theme)
        # Colours fade into each other.
        page.wait_for_function("document.getAnimations().length === 0")
        found += [f"{theme}: {violation}" for violation in _violations(page)]
    page.set_viewport_size({"width": NARROW, "height": HEIGHT})
    if over := visitor.overflow_px():
        found.append(f"{over} px wider than a phone")
    page.set_viewport_size({"width": WIDE, "height": HEIGHT})
    return found


def _violations(page) -> list[str]:
    """What axe-core finds that keeps people out, one line each."""
    found = Axe().run(page, options={"preload": False}).response["violations"]
    return [
        f"{one['id']} ({one['impact']}): {node['html'][:120]}"
        for one in found
        if one["impact"] in GRAVE
        for node in one["nodes"]
    ]

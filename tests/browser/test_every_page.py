"""Every page of the console: for everybody, at any width, in both languages.

The hub of demo.py has something of everything; its pages are found by their links.
"""

from __future__ import annotations

import re

import pytest

from tests.browser.barriers import barriers, violations
from tests.browser.demo import inside
from tests.browser.visitor import NARROW, WIDE
from tests.browser.walk import every_page

# Each language, theme and width once: a walk takes more than a minute.
READERS = [
    ("en-US", "dark", NARROW),
    ("zh-CN", "light", WIDE),
]
# There must be these among what the links lead to, or the walk has lost its way.
KNOWN = (
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
OF_ONE = (
    r"/admin/runs/run/[0-9a-f-]{36}/change/",
    r"/admin/runs/run/[0-9a-f-]{36}/log/view/",
    r"/admin/scripts/script/\d+/change/",
    r"/admin/scripts/script/\d+/run/",
    r"/admin/scripts/script/\d+/versions/.*",
    r"/admin/tasks/task/\d+/change/",
    r"/admin/tasks/task/\d+/ledger/",
    r"/admin/tasks/schedule/\d+/change/",
    r"/admin/runs/worker/[^/]+/change/",
)


@pytest.fixture(scope="module")
def hub(demo):
    return demo


@pytest.fixture(scope="module")
def places(hub):
    """Pages of which the first that comes would not do."""
    return list(inside(hub, "addresses()").values())


@pytest.mark.parametrize(("language", "theme", "width"), READERS)
def test_everybody_can_use_every_page(visit, places, language, theme, width):
    visitor = visit(language=language, theme=theme, width=width, policed=False)
    wrong = []
    for path in every_page(visitor, *places):
        visitor.go(path)
        wrong += [f"{path}: {found}" for found in violations(visitor.page)]
        if over := visitor.overflow_px():
            wrong.append(f"{path}: {over} px wider than the window")
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("language", ["en-US", "zh-CN"])
def test_everybody_can_sign_in(visit, language):
    visitor = visit(name=None, language=language, policed=False)
    visitor.go("/admin/login/")
    assert barriers(visitor) == []


def test_the_walk_comes_by_every_page(visit, places):
    found = every_page(visit(), *places)
    assert set(KNOWN) <= set(found)
    for pattern in OF_ONE:
        assert any(re.match(pattern, path) for path in found), pattern


def test_nothing_breaks_the_policy_or_speaks_of_django(visit, places):
    visitor = visit()
    for path in every_page(visitor, *places):
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


# Tests of single pages use it by this name.
_barriers = barriers

"""What tests of pages take for a barrier: something wrong in either theme, or too wide."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from tests.browser.barriers import barriers
from tests.browser.visitor import Visitor

PAGE = """<!doctype html><html lang="en"><head><title>A page</title><style>
  body {{ color: #000; background: #fff; }}
  @media (prefers-color-scheme: {theme}) {{ p {{ color: #ddd; background: #eee; }} }}
</style></head><body><main><h1>A page</h1>{content}</main></body></html>"""
PALE = "<p>Hard to read</p>"


@pytest.fixture
def look(browser):
    """Return what is in the way on a page with this content."""
    context = browser.new_context()

    def look(content, theme="light"):
        page = context.new_page()
        page.set_content(PAGE.format(content=content, theme=theme))
        return barriers(Visitor(SimpleNamespace(url="about:"), page))

    yield look
    context.close()


def test_a_page_may_be_without_any(look):
    assert look("<b>Easy to read</b>") == []


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_what_is_pale_in_one_theme_is_found(look, theme):
    [found] = look(PALE, theme)
    assert found.startswith(f"{theme}: color-contrast (serious): <p>")


def test_what_has_no_name_is_found_once(look):
    [found] = look("<input>")
    assert found == "light: label (critical): <input>"


def test_what_is_too_wide_for_a_phone_is_found(look):
    [found] = look("<pre style='width: 500px'>wide</pre>")
    assert found.endswith("wider than a phone")

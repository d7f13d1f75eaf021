"""The colours of the console: dark ones are the same twice, and all can be read."""

from __future__ import annotations

import pytest

from tests.contracts.contrast import LEAST, contrast, themes

# What is written on what.
TEXTS = {
    "--body-fg": ("--body-bg", "--darkened-bg", "--selected-row", "--selected-bg"),
    "--body-quiet-color": ("--body-bg", "--darkened-bg"),
    "--body-medium-color": ("--body-bg", "--darkened-bg"),
    "--link-fg": ("--body-bg", "--darkened-bg", "--selected-row"),
    "--error-fg": ("--body-bg", "--darkened-bg"),
    "--breadcrumbs-fg": ("--breadcrumbs-bg",),
    "--breadcrumbs-link-fg": ("--breadcrumbs-bg",),
    "--header-link-color": ("--header-bg",),
    "--header-color": ("--header-bg",),
    "--button-fg": ("--button-bg", "--button-hover-bg", "--default-button-bg"),
}
# The admin's own, which the theme leaves as they are.
KEPT = {"--button-fg": "#ffffff"}


@pytest.fixture
def each_theme():
    light, system, chosen = themes()
    return {"light": KEPT | light, "dark": KEPT | light | system, "chosen": chosen}


def test_what_the_system_chooses_is_what_people_choose(each_theme):
    light, system, chosen = themes()

    assert system == chosen
    assert system.keys() <= light.keys()


@pytest.mark.parametrize("name", ["light", "dark"])
def test_every_text_stands_out_from_its_grounds(each_theme, name):
    colours = each_theme[name]
    weak = {
        (text, ground): round(contrast(colours[text], colours[ground]), 2)
        for text, grounds in TEXTS.items()
        for ground in grounds
        if contrast(colours[text], colours[ground]) < LEAST
    }
    assert weak == {}

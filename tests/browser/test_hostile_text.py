"""Whatever people and scripts write is text on every page, and nothing else."""

from __future__ import annotations

import pytest

from tests.browser.barriers import settle
from tests.browser.demo import inside_of
from tests.browser.hostile import HARM, evil
from tests.browser.visitor import NARROW, PASSWORD, WIDE
from tests.browser.walk import every_page

SCRIPT = f"""#!/usr/bin/env python3
# /// script
# [tool.automation-hub]
# title = '{evil("title", 120).replace("'", "’")}'
# description = '{evil("description").replace("'", "’")}'
# confirm = '{evil("question").replace("'", "’")}'
# artifacts = ["*.txt"]
# [tool.automation-hub.parameters.text]
# label = '{evil("parameter", 120).replace("'", "’")}'
# ///
import argparse, pathlib, sys
parser = argparse.ArgumentParser()
group = parser.add_argument_group({evil("section")!r}, {evil("about")!r})
group.add_argument("--text", help={evil("help").replace("%", "%%")!r})
group.add_argument("--one", choices=[{evil("choice")!r}, "b"])
group.add_argument("--two", default={evil("default").replace("%", "%%")!r})
parser.parse_args()
print({evil("stdout")!r})
print({evil("stderr")!r}, file=sys.stderr)
pathlib.Path({evil("artifact", 90)!r} + ".txt").write_text({evil("content")!r})
sys.exit(1)
"""
BROKEN = f"""#!/bin/sh
# /// script
# [tool.automation-hub]
# '{evil("key", 80).replace("'", "’")}' = 1
# ///
"""
# Each has to be read on some page.
PLACES = (
    *("title", "description", "question", "parameter", "section", "about", "help"),
    *("choice", "default", "stdout", "stderr", "artifact", "key", "name", "broken"),
    *("user", "first name", "group", "task", "task value", "tag", "label"),
    *("schedule value", "pause", "refusal", "freeze", "group notes", "worker", "host"),
    *("queue", "worker problem", "topic", "payload", "delivery", "token"),
    *("preset", "preset value", "run value", "note", "detail", "run worker"),
)
# What a text could have become. Ours have an address, or hold data.
INJECTED = (
    "img[src='x'], [onerror], [onmouseover], [href^='javascript:' i],"
    "[action^='javascript:' i], script:not([src]):not([type='application/json'])"
)
TEXTS = """() => {
  const texts = [document.title, document.body.innerText, document.body.textContent];
  for (const one of document.querySelectorAll('[title], input, textarea, option')) {
    texts.push(one.title, one.value ?? '');
  }
  return texts.join('\\n');
}"""

# Boxes of lists that have to be scrolled to read a row.
SCROLLED = """() => [...document.querySelectorAll('.results, .hub-scroll, .hub-panel')]
  .filter((box) => box.scrollWidth > box.clientWidth)
  .map((box) => `a list is ${box.scrollWidth - box.clientWidth} px too wide`)"""


@pytest.fixture(scope="module")
def hub(make_module_hub):
    made = make_module_hub(ADMIN_PASSWORD=PASSWORD)
    made.add_script(f"name{HARM}.py", SCRIPT)
    made.add_script(f"broken{HARM}.sh", BROKEN)
    made.start()
    made.wait_for_workers()
    return made


@pytest.fixture(scope="module")
def pages(hub):
    """Pages that show what was written, when the run of it has ended."""
    found = inside_of(hub, "hostile", "poison()")
    hub.wait_for(
        lambda: inside_of(hub, "hostile", "has_ended()"), 60, what="the run ended"
    )
    return list(found.values())


@pytest.fixture
def careful(visit):
    """Send somebody whose browser notes what was executed on a page."""

    def send(**kind):
        visitor = visit(**kind)
        visitor.page.on("dialog", lambda dialog: _note(visitor, dialog))
        visitor.page.add_init_script(
            "window.taken = () => { document.documentElement.dataset.taken = 'yes'; };"
        )
        return visitor

    return send


def _note(visitor, dialog):
    visitor.problems.append(f"dialog: {dialog.message}")
    dialog.dismiss()


@pytest.mark.parametrize(("policed", "width"), [(True, WIDE), (False, NARROW)])
def test_what_is_written_can_be_read_and_does_nothing(careful, pages, policed, width):
    visitor = careful(policed=policed, width=width)
    wrong, seen = [], ""
    for path in every_page(visitor, *pages):
        page = visitor.go(path)
        # What the log's viewer asks for is there, too.
        settle(page)
        page.mouse.move(width / 2, 300)
        if page.locator(INJECTED).count() or page.get_attribute("html", "data-taken"):
            wrong.append(f"{path}: injected")
        if over := visitor.overflow_px():
            wrong.append(f"{path}: {over} px too wide")
        wrong += [f"{path}: {found}" for found in page.evaluate(SCROLLED)]
        seen += " ".join(page.evaluate(TEXTS).split()).casefold()
    assert not wrong, "\n".join(wrong)
    # Parameters and the like are shown as JSON.
    seen = seen.replace('\\"', '"')
    assert [place for place in PLACES if f"{place}{HARM}".casefold() not in seen] == []

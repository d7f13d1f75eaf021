"""A task and its schedule from the console: made, previewed, and seen to fire."""

from __future__ import annotations

import re

import pytest

from tests.browser.test_every_page import _barriers
from tests.browser.visitor import NARROW, PASSWORD

GREET = """#!/usr/bin/env python3
import argparse

parser = argparse.ArgumentParser()
parser.add_argument("--name", default="world", help="Who is greeted")
parser.add_argument("--times", type=int, default=1)
parser.add_argument("--tag", action="append")
args = parser.parse_args()
print("hello", args.name)
"""
RUN = re.compile(r"/admin/runs/run/[0-9a-f-]{36}/change/")
RELOADS = 100
CHANGE = re.compile(r"/admin/tasks/(task|schedule)/(\d+)/change/")


@pytest.fixture(scope="module")
def hub(make_module_hub):
    made = make_module_hub(ADMIN_PASSWORD=PASSWORD)
    made.add_script("greet.py", GREET)
    made.start()
    made.wait_for_workers()
    return made


@pytest.fixture
def make_task():
    """Make a task on the page; return its path."""

    def make(visitor, name):
        page = visitor.go("/admin/tasks/task/add/")
        page.fill("#id_name", name)
        page.select_option("#id_script", label="greet.py")
        page.fill("[name=parameter-name]", "ann")
        page.click("[name=_continue]")
        page.wait_for_url(CHANGE)
        return page.url.removeprefix(visitor.hub.url)

    return make


def reload_until(page, selector):
    """Look anew, as a person does, until something is there."""
    for _time in range(RELOADS):
        if page.locator(selector).count():
            return
        page.reload()
    raise AssertionError(f"{selector} did not come")


def add_schedule(visitor, task_path):
    number = CHANGE.search(task_path)[2]
    return visitor.go(f"/admin/tasks/schedule/add/?task={number}")


def test_a_double_click_saves_one_schedule(visit, make_task):
    visitor = visit()
    page = add_schedule(visitor, make_task(visitor, "Twice"))
    page.fill("#id_simple_every", "3")

    stopped = page.evaluate(
        """() => {
          const form = document.getElementById("id_simple_every").form;
          const stopped = [];
          window.addEventListener("submit", (event) => {
            stopped.push(event.defaultPrevented);
            event.preventDefault();
          });
          for (let click = 0; click < 2; click += 1) form.requestSubmit();
          return stopped;
        }"""
    )

    assert stopped == [False, True]


def test_without_javascript_a_form_that_is_sent_twice_says_so(visit):
    page = visit(scripts=False).go("/admin/tasks/freezewindow/add/")
    for name, text in {
        "reason": "sale",
        "start": "2130-01-01",
        "end": "2130-02-01",
    }.items():
        page.fill(f"[name={name}]", text)
    # The first click has reached the hub, and its answer not yet the browser.
    field = page.locator("#freezewindow_form")
    typed = field.evaluate("form => [...new FormData(form)]")
    page.request.post(page.url, form=dict(typed), max_redirects=0)

    page.click("[name=_save]")

    page.wait_for_url("**/admin/tasks/freezewindow/")
    assert "That form was sent twice, and saved once." in page.inner_text("body")
    assert page.locator("#result_list tbody tr").count() == 1


def test_a_task_and_its_schedule_are_made_and_fire(visit):
    page = visit().page
    page.goto(page.url + "tasks/task/add/")
    page.fill("#id_name", "Greeting")
    page.select_option("#id_script", label="greet.py")
    page.fill("[name=parameter-name]", "ann")
    page.click("[name=_schedule]")

    page.wait_for_url("**/admin/tasks/schedule/add/?task=*")
    assert page.get_attribute("[name=parameter-name]", "placeholder") == "ann"
    page.fill("#id_simple_every", "1")
    page.select_option("#id_simple_unit", "seconds")
    page.wait_for_selector("#schedule-preview >> text=Every second")
    page.fill("[name=parameter-name]", "bob")
    page.click("[name=_continue]")
    page.wait_for_url(CHANGE)

    page.click(".object-tools >> text=Ledger")
    reload_until(page, ".hub-figure:is(.hub-started, .hub-late)")
    page.click(".breadcrumbs >> text=Greeting")
    reload_until(page, ".hub-strip .hub-mark-completed")
    page.locator(".hub-strip .hub-mark-completed").last.click()
    page.wait_for_url(RUN)
    page.wait_for_selector("text=hello bob")


def test_its_runs_stand_on_its_page(visit, make_task):
    visitor = visit()
    path = make_task(visitor, "Looked at")
    page = visitor.page
    assert "It has not run yet." in visitor.text()
    page.click(".object-tools button:text-is('Run')")
    page.wait_for_url(RUN)
    visitor.go(path)

    page.locator(".hub-strip a").click()
    page.wait_for_url(RUN)


def test_what_the_simple_way_comes_to_is_what_cron_shows(visit, make_task):
    visitor = visit()
    page = add_schedule(visitor, make_task(visitor, "Said twice"))
    page.wait_for_selector("#schedule-preview >> text=At 02:00 every day")
    assert not page.is_visible("#id_cron")
    page.fill("#id_simple_every", "15")
    page.select_option("#id_simple_unit", "minutes")
    page.wait_for_selector("[data-cron='*/15 * * * *']")
    assert not page.is_visible("#id_simple_time")

    page.check("[name=kind][value=cron]")

    assert page.input_value("#id_cron") == "*/15 * * * *"
    assert "Asia/Shanghai" in page.inner_text("#schedule-preview thead").title()


def test_a_wrong_expression_says_so_at_once_and_when_it_is_saved(visit, make_task):
    visitor = visit()
    page = add_schedule(visitor, make_task(visitor, "Mistaken"))
    page.check("[name=kind][value=cron]")
    page.fill("#id_cron", "61 * * * *")
    sentence = "61 is out of range (minute); it goes from 0 to 59."
    page.wait_for_selector(f"#schedule-preview >> text={sentence}")
    page.press("#id_cron", "Enter")

    page.wait_for_selector(f".field-cron .errorlist >> text={sentence}")
    assert page.input_value("#id_cron") == "61 * * * *"


def test_fields_become_json_and_come_back(visit, make_task):
    visitor = visit()
    make_task(visitor, "Both ways")
    page = visitor.page
    page.get_by_role("button", name="As JSON").click()
    page.wait_for_selector("textarea[name=parameters]")
    assert page.input_value("textarea[name=parameters]") == '{\n  "name": "ann"\n}'
    page.fill("textarea[name=parameters]", '{"name": "eve", "tag": ["a", "b"]}')
    page.get_by_role("button", name="As fields").click()
    page.wait_for_selector("[name=parameter-name]")
    assert page.input_value("[name=parameter-name]") == "eve"
    assert page.locator(".hub-rows input").count() == 2

    page.fill("[name=parameter-times]", "3")
    page.press("[name=parameter-times]", "Enter")
    page.wait_for_url("**/admin/tasks/task/")
    page.click("#result_list >> text=Both ways")
    assert page.input_value("[name=parameter-times]") == "3"
    assert page.input_value("[name=parameter-name]") == "eve"


def test_it_is_spoken_of_in_chinese(visit, make_task):
    visitor = visit(language="zh-CN")
    page = add_schedule(visitor, make_task(visitor, "Chinese"))
    page.check("[name=kind][value=cron]")
    page.fill("#id_cron", "30 2 * * 1-5")

    page.wait_for_selector("#schedule-preview >> text=02:30")
    shown = page.inner_text("#schedule-preview strong")
    assert re.fullmatch(r"[^A-Za-z]+", shown)
    assert "留空" in page.inner_text("#parameters")


def test_it_works_without_javascript(visit):
    visitor = visit(scripts=False)
    page = visitor.go("/admin/tasks/task/add/")
    page.fill("#id_name", "Plain")
    page.select_option("#id_script", label="greet.py")
    page.click("[name=_show_fields]")
    page.fill("[name=parameter-times]", "2")
    page.click("[name=_schedule]")
    page.check("[name=kind][value=cron]")
    page.fill("#id_cron", "30 2 * * *")
    page.click("[name=_preview]")
    assert "At 02:30 every day" in page.inner_text("#schedule-preview")
    page.click(".submit-row [name=_save]")
    page.wait_for_url("**/admin/tasks/schedule/")
    assert "At 02:30 every day" in page.inner_text("#result_list")


def test_everybody_can_use_these_pages(visit, make_task):
    visitor = visit(policed=False)
    path = make_task(visitor, "For all")
    wrong = [("task", found) for found in _barriers(visitor)]
    page = add_schedule(visitor, path)
    for kind in ("simple", "cron", "once"):
        page.check(f"[name=kind][value={kind}]")
        wrong += [(kind, found) for found in _barriers(visitor)]
    page.get_by_role("button", name="As JSON").click()
    page.wait_for_selector("textarea[name=parameters]")
    wrong += [("json", found) for found in _barriers(visitor)]
    assert wrong == []


def test_a_phone_shows_all_of_it(visit, make_task):
    visitor = visit(width=NARROW)
    page = add_schedule(visitor, make_task(visitor, "Small"))
    page.wait_for_selector("#schedule-preview >> text=At 02:00 every day")

    assert visitor.overflow_px() == 0

"""What a double click starts: one run, whichever button or question it was."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from apps.runs import services
from apps.runs.models import Run
from apps.tasks.favourites import set_favourite
from apps.tasks.models import FreezeWindow, Task
from tests.integration.runs.run_form import token

pytestmark = pytest.mark.django_db

LIST = "/admin/runs/run/"
SH = "#!/bin/sh\necho hello\n"


@pytest.fixture
def ann(make_user):
    return make_user("ann", "Operator", is_staff=True)


@pytest.fixture
def browser(ann) -> Client:
    client = Client()
    client.force_login(ann)
    return client


@pytest.fixture
def frozen(hello):
    """A run of a task that is held back now."""
    now = timezone.now()
    hour = timedelta(hours=1)
    FreezeWindow.objects.create(reason="moving", start=now - hour, end=now + hour)
    return Task.objects.create(name="greet", script=hello)


def said(answer):
    return [str(message) for message in answer.context["messages"]]


def again(*runs, **more):
    ids = [str(run.pk) for run in runs]
    form = {"action": "run_again_selected", "index": "0", "_selected_action": ids}
    return form | more


def started(*old):
    return Run.objects.exclude(pk__in=[run.pk for run in old])


# -- The list ------------------------------------------------------------------------
def test_a_confirmation_that_is_sent_twice_starts_each_once(browser, make_run):
    runs = [make_run(status="failed") for _number in range(21)]
    asked = browser.post(LIST, again(*runs))
    form = again(*runs, confirmed="1", once=token(asked))

    first, second = (browser.post(LIST, form, follow=True) for _click in range(2))

    assert said(first) == ["Started 21 runs."]
    assert said(second) == [
        "That form was sent twice; 21 runs that it had started were not started again."
    ]
    assert started(*runs).count() == 21


def test_two_who_confirm_the_same_start_both(browser, make_run, admin_client):
    run = make_run(status="failed")
    for client in (browser, admin_client):
        client.post(LIST, again(run, once="0" * 32))
    assert started(run).count() == 2


def test_a_click_in_the_middle_of_another_starts_what_is_left(
    browser, make_run, monkeypatch
):
    runs = [make_run(status="failed") for _number in range(3)]
    form = again(*runs, once="0" * 32)
    real, calls = services.again.run_again, []

    def run_again(**about):
        calls.append(about["run"])
        if len(calls) == 2:
            browser.post(LIST, form)
        return real(**about)

    monkeypatch.setattr(services.again, "run_again", run_again)

    browser.post(LIST, form)

    assert started(*runs).count() == 3


def test_the_list_has_a_token_and_a_row_is_run_again_once(browser, make_run):
    run = make_run(status="failed")
    form = {"only": f"run_again_selected:{run.pk}", "once": token(browser.get(LIST))}

    first, second = (browser.post(LIST, form) for _click in range(2))

    new = started(run).get()
    assert first["Location"] == second["Location"] == f"{LIST}{new.pk}/change/"


def test_a_page_that_is_opened_anew_starts_another(browser, make_run):
    run = make_run(status="failed")
    for _time in range(2):
        browser.post(LIST, again(run, once=token(browser.get(LIST))))
    assert started(run).count() == 2


def test_the_reason_for_what_is_frozen_is_taken_once(browser, make_run, frozen):
    run = make_run(status="failed", task=frozen)
    asked = browser.post(LIST, again(run, once=token(browser.get(LIST))))
    form = again(run, confirmed="1", reason="it burns", once=token(asked))

    for _click in range(2):
        browser.post(LIST, form)

    assert [one.note for one in started(run)] == ["it burns"]


# -- The buttons of a run, a task and the home page ------------------------------------
def buttons(run, task):
    return {
        "run": (
            reverse("admin:runs_run_change", args=[run.pk]),
            reverse("admin:runs_run_again", args=[run.pk]),
        ),
        "task": (
            reverse("admin:tasks_task_change", args=[task.pk]),
            reverse("admin:runs_task_run", args=[task.pk]),
        ),
        "home": ("/admin/", reverse("admin:hub_run_script", args=[task.script_id])),
    }


@pytest.mark.parametrize("button", ["run", "task", "home"])
def test_a_button_that_is_clicked_twice_starts_one_run(
    browser, ann, make_run, add_script, button
):
    script = add_script("plain.sh", SH)
    run = make_run(status="failed", script=script)
    task = Task.objects.create(name="greet", script=script)
    set_favourite(user=ann, what=script)
    page, address = buttons(run, task)[button]
    form = {"once": token(browser.get(page))}

    first, second = (browser.post(address, form) for _click in range(2))

    assert first["Location"] == second["Location"]
    assert started(run).count() == 1
    assert said(browser.get(second["Location"])) == [
        "That form was sent twice; this is the run that it started."
    ]


def test_the_question_of_a_button_keeps_its_token(browser, frozen):
    address = reverse("admin:runs_task_run", args=[frozen.pk])
    asked = browser.post(address, {"once": "f" * 32})
    assert token(asked) == "f" * 32
    form = {"once": token(asked), "reason": "it burns"}

    for _click in range(2):
        answer = browser.post(address, form, follow=True)

    assert said(answer) == [
        "That form was sent twice; this is the run that it started."
    ]
    assert Run.objects.get().note == "it burns"


@pytest.mark.parametrize("odd", ["\0", "9" * 100_000, "\u0663", "x\r\nSet-Cookie: a=b"])
def test_an_odd_token_is_as_good_as_another(browser, make_run, odd):
    run = make_run(status="failed")
    address = reverse("admin:runs_run_again", args=[run.pk])

    answers = [browser.post(address, {"once": odd}) for _click in range(2)]

    assert {answer.status_code for answer in answers} == {302}
    assert started(run).count() == 1

"""What anybody can type, send or forge at the console's addresses: never a 500."""

from __future__ import annotations

from itertools import product

import pytest
from django.contrib import admin
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.contenttypes.models import ContentType
from django.test import Client
from django.urls import reverse

from apps.runs.models import Run
from apps.scripts.models import Script
from apps.tasks.models import Schedule, Task

HUGE = "9" * 25
# More digits than Python makes a number of.
LONG = "9" * 5000
IDS = ["%00", "1%00", "x", "-1", HUGE, LONG, "%FF%FE", "_00", "..%2F"]
PAGES = ["", "change/", "delete/", "history/", "password/"]
OWN_PAGES = ["run/", "log/", "cancel/", "again/", "ledger/"]
OWN_PAGES += ["run/commands/", "run/choices/", "run/presets/x/delete/"]
OWN_PAGES += ["run/presets/99999999999999999999999/delete/"]
OWN_PAGES += ["preview/", "pause/", "resume/", "switch/"]
VALUES = ["%00", "x", "", "-1", HUGE, LONG, "%C3%28"]
PARAMETERS = [
    *("q", "p", "o", "all", "e", "_popup", "_to_field", "_facets", "unknown", "a%00"),
    *("id__in", "pk__gt", "a__b__c", "_changelist_filters", "queued_at__year"),
    *("script__id__exact", "groups__id__exact", "status__exact", "is_active__exact"),
]
FORMS = ["\0", "x", "-1", HUGE, LONG]
JSON = ["\0", '"\\u0000"', '{"name": "\\ud800"}', '{"times": 1e999}', "[1]", LONG]
# As Python's parser of cookies reads it: NUL, and bytes that are no UTF-8.
COOKIES = [r'"\000' + 31 * "a" + '"', r'"\377\376' + 30 * "a" + '"', "x" * 5000]


@pytest.fixture
def browser(admin_client, make_run) -> Client:
    """An administrator's browser, which is shown a 500 as one; there is a run."""
    make_run()
    admin_client.raise_request_exception = False
    return admin_client


def each_model():
    return [pytest.param(m, id=m._meta.label_lower) for m in admin.site._registry]


def address(model, page="changelist"):
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{page}")


def failures(browser, *requests):
    """Send requests (method, path, form) and return those that failed."""
    return [
        (method, path[:200], str(form)[:200])
        for method, path, form in requests
        if getattr(browser, method)(path, form).status_code >= 500
    ]


@pytest.mark.parametrize("model", each_model())
def test_a_list_takes_any_query(browser, model):
    queries = [f"{name}={value}" for name, value in product(PARAMETERS, VALUES)]

    assert not failures(
        browser, *(("get", f"{address(model)}?{query}", None) for query in queries)
    )


@pytest.mark.parametrize("model", each_model())
def test_a_page_takes_any_id(browser, model):
    pages = PAGES + (OWN_PAGES if model in {Run, Schedule, Script, Task} else [])
    paths = [f"{address(model)}{wrong}/{page}" for wrong, page in product(IDS, pages)]

    assert not failures(
        browser, *((method, path, None) for path in paths for method in ("get", "post"))
    )


@pytest.mark.parametrize("model", each_model())
def test_an_action_takes_any_selection(browser, model):
    actions = ["delete_selected", "cancel_selected", "revoke_selected", "\0"]
    actions += ["pause_selected", "resume_selected", "enable_selected"]
    forms = [
        {"action": action, ACTION_CHECKBOX_NAME: [wrong], **more}
        for action, wrong in product(actions, ["", *FORMS])
        for more in ({}, {"select_across": "1", "index": HUGE})
    ]

    assert not failures(browser, *(("post", address(model), form) for form in forms))


@pytest.mark.parametrize("model", each_model())
def test_a_form_takes_any_value(browser, model):
    names = [field.name for field in model._meta.get_fields()]
    names += ["password1", "password2", "days", "_popup", "_to_field"]
    forms = [dict.fromkeys(names, value) for value in FORMS]

    assert not failures(
        browser, *(("post", address(model, "add"), form) for form in forms)
    )


@pytest.mark.parametrize("value", JSON)
def test_a_tasks_parameters_take_any_json(browser, value):
    form = {"name": "a", "script": Script.objects.get().pk, "priority": 0}

    answer = browser.post(address(Task, "add"), {**form, "parameters": value})

    assert answer.status_code in {200, 400}
    assert not Task.objects.exists()


def test_addresses_that_name_a_model_take_any(browser):
    kinds = [str(kind.pk) for kind in ContentType.objects.all()]
    paths = [f"/admin/r/{kind}/{wrong}/" for kind in (*kinds, *IDS) for wrong in IDS]
    asked = {"app_label": "admin", "model_name": "logentry", "field_name": "user"}
    for name, value in product((*asked, "term", "p"), VALUES):
        query = "&".join(f"{n}={v}" for n, v in {**asked, name: value}.items())
        paths.append(f"/admin/autocomplete/?{query}")

    assert not failures(browser, *(("get", path, None) for path in paths))


@pytest.mark.parametrize("wrong", IDS)
def test_pages_for_anybody_take_any(client, browser, wrong):
    client.raise_request_exception = False
    pages = ["{}", "{}/", "runs/{}/", "login/?next={}", "jsi18n/?x={}", "logout/{}"]
    paths = ["/admin/" + page.format(wrong) for page in pages]
    requests = [(method, path, None) for path in paths for method in ("get", "post")]

    assert not failures(client, *requests) + failures(browser, *requests)


@pytest.mark.parametrize("cookie", COOKIES)
@pytest.mark.parametrize("name", ["sessionid", "csrftoken", "django_language"])
def test_any_cookie_is_taken(client, db, name, cookie):
    paths = ["/admin/", "/admin/login/", "/runs/runs", "/nothing"]

    answers = [client.get(path, HTTP_COOKIE=f"{name}={cookie}") for path in paths]

    assert [answer.status_code for answer in answers] == [302, 200, 401, 404]


# -- What it says ----------------------------------------------------------------
@pytest.mark.parametrize("path", ["runs/run/?q=%00", "runs/run/%00/", "%00"])
def test_nul_in_an_address_is_said(browser, path):
    answer = browser.get(f"/admin/{path}")

    assert answer.status_code == 400
    assert "holds a NUL character; remove it" in answer.content.decode()


def test_nul_in_a_form_is_said_at_its_field(browser):
    answer = browser.post(address(Task, "add"), {"name": "a\0b"})

    assert "name" in answer.context["adminform"].form.errors


def test_ids_that_are_none_are_said(browser):
    form = {"action": "cancel_selected", ACTION_CHECKBOX_NAME: ["x"]}

    answer = browser.post(address(Run), form, follow=True)

    assert answer.redirect_chain == [(address(Run), 302)]
    assert "What was selected is not in this list" in answer.content.decode()
    assert Run.objects.get().status == "queued"


def test_an_id_that_is_none_is_logged_and_said(browser, caplog):
    kind = ContentType.objects.get_for_model(Run)

    answer = browser.get(f"/admin/r/{kind.pk}/x/")

    assert answer.status_code == 400
    assert "by an id or a value that there cannot be" in answer.content.decode()
    assert f"GET '/admin/r/{kind.pk}/x/' is refused" in caplog.text


def test_the_api_still_says_which_parameter_is_wrong(browser):
    answer = browser.get("/runs/runs?script=%00")

    assert answer.json()["fields"] == {
        "script": ["It holds a NUL character; remove it."]
    }

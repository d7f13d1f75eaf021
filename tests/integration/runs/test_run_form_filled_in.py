"""Opening the run form filled in: from a link, a past run, a task or a preset."""

from __future__ import annotations

import uuid

import pytest
from django.test import Client

from apps.runs.models import Preset
from apps.tasks.models import Task
from tests.integration.runs.run_form import (
    EVERYTHING,
    address,
    line,
    tag,
    text_of,
)
from tests.unit.scripts.nasty import NASTY

pytestmark = pytest.mark.django_db
URL = "https://x.example/"


@pytest.fixture
def everything(add_script):
    return add_script("everything.py", EVERYTHING)


@pytest.fixture
def secretive(make_run, everything):
    """Its text is a secret, as a header would make it."""
    schema = everything.parameters_schema
    hub = schema["properties"]["text"]["x-hub"]
    hub |= {"kind": "secret", "env": "TEXT", "flag": None}
    schema["properties"]["text"].pop("default")
    type(everything).objects.filter(pk=everything.pk).update(parameters_schema=schema)
    return everything


@pytest.fixture
def signed_in(make_user):
    def browser_for(role: str, name: str = "") -> Client:
        client = Client()
        user = make_user(name or role.lower(), role, is_staff=True)
        client.force_login(user)
        client.user = user
        return client

    return browser_for


def opened(client, script, query):
    return client.get(address(script), query)


def shown(answer, name):
    return answer.context["form"][f"parameter-{name}"].value()


def warnings(answer):
    return answer.context["filling"].warnings


@pytest.mark.parametrize("value", NASTY)
def test_a_link_fills_in_the_very_value(admin_client, everything, value):
    answer = opened(admin_client, everything, {"text": value, "tag": ["b", "c"]})

    assert shown(answer, "text") == value
    assert shown(answer, "tag") == "b\nc"
    assert warnings(answer) == []
    assert answer.context["form"].parameters["text"] == value


@pytest.mark.parametrize("word", ["true", "yes", "1", "on", "True"])
def test_a_link_turns_a_switch_on(admin_client, everything, word):
    answer = opened(admin_client, everything, {"force": word, "color": word})

    text = text_of(answer)
    assert "checked" in tag(text, "force")
    assert answer.context["form"].parameters["color"] is True


def test_an_unknown_name_is_told(admin_client, everything):
    answer = opened(admin_client, everything, {"limt": "5", "text": "kept"})

    assert warnings(answer) == [
        "limt: is not a parameter of this script; did you mean limit?"
    ]
    assert shown(answer, "text") == "kept"


def test_an_unknown_name_is_shown_as_text(admin_client, everything):
    text = text_of(opened(admin_client, everything, {"<script>x</script>": "1"}))

    assert "<script>x" not in text


def test_a_wrong_value_is_shown_at_its_field(admin_client, everything):
    answer = opened(admin_client, everything, {"limit": "many"})

    assert "must be a whole number" in text_of(answer)
    assert shown(answer, "limit") == "many"


def test_one_value_given_twice_is_told(admin_client, everything):
    answer = opened(admin_client, everything, {"limit": ["1", "2"]})

    assert warnings(answer) == ["limit: takes one value, got 2."]
    assert shown(answer, "limit") == "1"


@pytest.mark.parametrize("items", [["a\nb"], ["a", ""]])
def test_a_list_that_lines_cannot_say_is_told(admin_client, everything, items):
    answer = opened(admin_client, everything, {"tag": items})

    assert "tag has a value that this form cannot show" in warnings(answer)[0]
    assert not shown(answer, "tag")


def test_a_secret_in_a_link_is_ignored_and_never_shown(admin_client, secretive):
    answer = opened(admin_client, secretive, {"text": "hunter2"})

    text = text_of(answer)
    assert "hunter2" not in text
    assert "text is a secret: it is not taken from a link." in warnings(answer)[0]
    assert answer.context["form"].parameters == {}


def test_the_link_of_the_form_fills_in_the_same(admin_client, everything):
    values = {"text": "it's & more", "tag": ["a", "b c"], "limit": "7", "url": URL}
    first = opened(admin_client, everything, values)

    link = line(text_of(first), "link")
    again = admin_client.get(link.removeprefix("http://testserver"))

    assert again.context["form"].parameters == first.context["form"].parameters
    assert line(text_of(again), "link") == link


def test_a_run_fills_in_its_own_values(admin_client, everything, make_run):
    run = make_run(script=everything, parameters={"limit": 7, "tag": ["a", "b"]})

    answer = opened(admin_client, everything, {"_run": run.pk, "limit": "9"})

    assert shown(answer, "limit") == "9"
    assert shown(answer, "tag") == "a\nb"
    assert "Filled in from run" in text_of(answer)


def test_the_page_of_a_run_leads_to_its_form(admin_client, everything, make_run):
    run = make_run(script=everything)

    page = admin_client.get(f"/admin/runs/run/{run.pk}/change/")

    assert f'"{address(everything)}?_run={run.pk}"' in text_of(page)


def test_a_secret_of_a_run_is_to_be_typed_again(admin_client, secretive, make_run):
    stored = {"text": {"secret": "stored"}, "limit": 7}
    run = make_run(script=secretive, parameters=stored)

    answer = opened(admin_client, secretive, {"_run": run.pk})

    assert "type it again" in warnings(answer)[0]
    assert not shown(answer, "text")
    assert shown(answer, "limit") == "7"


def test_what_a_run_had_and_the_script_has_no_more_is_told(
    admin_client, everything, make_run
):
    values = {"gone": 1, "limit": "old text", "text": ""}
    run = make_run(script=everything, parameters=values)

    answer = opened(admin_client, everything, {"_run": run.pk})

    told = " ".join(warnings(answer))
    assert "gone: is not a parameter" in told
    assert "text has a value that this form cannot show" in told
    assert shown(answer, "limit") == "old text"
    assert answer.context["form"].errors["parameter-limit"]


def test_a_task_fills_in_its_values(admin_client, everything):
    task = Task.objects.create(name="t", script=everything, parameters={"limit": 8})

    answer = opened(admin_client, everything, {"_task": task.pk})

    assert shown(answer, "limit") == "8"
    assert "Filled in from the task t." in text_of(answer)
    page = admin_client.get(f"/admin/tasks/task/{task.pk}/change/")
    assert f'"{address(everything)}?_task={task.pk}"' in text_of(page)


@pytest.mark.parametrize("name", ["_run", "_task", "_preset"])
@pytest.mark.parametrize("value", ["", "x", "-1", "9" * 30, "²", str(uuid.uuid4())])
def test_a_source_that_is_not_there_is_told(admin_client, everything, name, value):
    answer = opened(admin_client, everything, {name: value, "limit": "5"})

    assert "nothing of this script to fill in from" in warnings(answer)[0]
    assert shown(answer, "limit") == "5"


def test_another_script_s_run_and_preset_fill_in_nothing(
    signed_in, everything, hello, make_run
):
    client = signed_in("Operator")
    run = make_run(script=hello, parameters={"limit": 7})
    preset = Preset.objects.create(
        script=hello, owner=client.user, name="p", parameters={"limit": 7}
    )

    for query in ({"_run": run.pk}, {"_preset": preset.pk}):
        assert not shown(opened(client, everything, query), "limit")


def test_only_the_reader_s_own_runs_stand_beside(signed_in, everything, make_run):
    client, other = signed_in("Operator"), signed_in("Operator", "colleague")
    mine = [make_run(script=everything, requested_by=client.user) for _ in range(7)]
    hers = make_run(script=everything, requested_by=other.user)

    answer = client.get(address(everything))

    listed = [one.url for one in answer.context["last_runs"]]
    assert [str(run.pk) in url for run, url in zip(mine[:1:-1], listed, strict=True)]
    assert len(listed) == 5
    assert str(hers.pk) not in text_of(answer)

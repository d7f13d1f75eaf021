"""The form of a task: what may be typed into it."""

from __future__ import annotations

import html
import re

import pytest
from django.urls import reverse

from apps.tasks.models import Task

pytestmark = pytest.mark.django_db

NO_JSON = "This is not valid JSON"
NO_OBJECT = 'Write a JSON object, such as {"limit": 5}.'
REFUSED = [
    ("half a pair", '{"name":"\\ud800"}', "half of a surrogate pair"),
    ("deep", "[" * 50_000, "nested too deeply"),
    ("deep and closed", '{"name":' + "[" * 900 + "]" * 900 + "}", "nested too deeply"),
    ("many digits", '{"times": ' + "1" * 5000 + "}", "a number that is too large"),
    ("infinite", '{"times":   1e999}', "a number that is too large"),
    ("NUL", '{"name": "a\\u0000"}', "text with a NUL character"),
    ("raw NUL", '{"name": "\0"}', NO_JSON),
    ("not a number", '{"times": NaN}', "NaN is not a JSON number"),
    ("no JSON", "{'name': 1}", NO_JSON),
    ("unknown name", '{"nmae":    "x"}', "nmae"),
    *((text, text, NO_OBJECT) for text in ("[]", "0", "false", '""', "null", "[1]")),
]


@pytest.fixture
def send(admin_client, hello):
    """Send the form of a new task."""
    form = {"name": "greet", "script": hello.pk, "priority": 0, "parameters": "{}"}

    def send(**changes):
        return admin_client.post(reverse("admin:tasks_task_add"), form | changes)

    return send


def errors(answer):
    return answer.context["adminform"].form.errors


@pytest.mark.parametrize(
    ("text", "sentence"),
    [case[1:] for case in REFUSED],
    ids=[case[0] for case in REFUSED],
)
def test_refused_parameters_are_shown_again_as_they_were_typed(send, text, sentence):
    answer = send(parameters=text)

    assert answer.status_code == 200
    assert len(errors(answer)["parameters"]) == 1
    assert sentence in errors(answer)["parameters"][0]
    shown = re.search(
        r'<textarea name="parameters"[^>]*>\n?(.*?)</textarea>',
        answer.content.decode(),
        re.DOTALL,
    )
    assert html.unescape(shown[1]) == text
    assert not Task.objects.exists()


@pytest.mark.parametrize(
    ("text", "kept"), [("", {}), ("{}", {}), ('{"times": 2}', {"times": 2})]
)
def test_an_object_is_kept_and_nothing_typed_is_an_empty_one(send, text, kept):
    assert send(parameters=text).status_code == 302

    assert Task.objects.get().parameters == kept


def test_a_saved_task_can_be_saved_again(admin_client, send):
    send(parameters='{"name": "新", "times": 2}')
    task = Task.objects.get()
    url = reverse("admin:tasks_task_change", args=[task.pk])
    form = admin_client.get(url).context["adminform"].form

    admin_client.post(
        url,
        {
            "name": "renamed",
            "script": task.script_id,
            "priority": 0,
            "parameters": form["parameters"].value(),
        },
    )

    task.refresh_from_db()
    assert (task.name, task.parameters) == ("renamed", {"name": "新", "times": 2})


def test_how_long_and_how_many_runs_are_kept_may_be_a_tasks_own(send):
    send(keep_days="7", keep_count="0")
    send(name="as the hub")

    figures = Task.objects.order_by("pk").values_list("keep_days", "keep_count")
    assert list(figures) == [(7, 0), (None, None)]


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("timeout_s", "0", "The timeout must be above 0 seconds."),
        ("timeout_s", "-1", "The timeout must be above 0 seconds."),
        ("priority", "101", "The priority goes from -100 to 100."),
        ("priority", "-101", "The priority goes from -100 to 100."),
        ("keep_days", "-1", "greater than or equal to 0"),
        ("keep_count", "-1", "greater than or equal to 0"),
    ],
)
def test_a_limit_that_cannot_be_is_refused_in_a_sentence(send, field, value, sentence):
    text = send(**{field: value}).content.decode()

    assert sentence in text
    assert "Constraint" not in text

"""A task's parameters as fields: what they show, what they store, what they keep."""

from __future__ import annotations

import json

import pytest
from django.contrib.auth.models import Group
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from apps.runs import services
from apps.runs.models import Upload
from apps.scripts import services as scripts
from apps.tasks.models import Task
from tests.conftest import HELLO
from tests.integration.inputs.conftest import READS
from tests.integration.planning.conftest import text_of
from tests.integration.runs.run_form import EVERYTHING, fields, tag
from tests.integration.secrets.conftest import DOTS, MARK, PASSWORD, VAULT

pytestmark = pytest.mark.django_db

URL = "https://a.test/"


@pytest.fixture
def everything(add_script):
    return add_script("everything.py", EVERYTHING)


@pytest.fixture
def send(admin_client):
    """Send the form of a task with its fields; of a new one, unless one is given."""

    def send(script, task=None, **values):
        form = {"name": "new", "script": script.pk, "priority": 0, "enabled": "on"}
        form |= {"parameters_as": "fields", "parameters_of": script.pk}
        kind, args = ("change", [task.pk]) if task else ("add", [])
        return admin_client.post(
            reverse(f"admin:tasks_task_{kind}", args=args), form | values
        )

    return send


@pytest.fixture
def opened(admin_client):
    """Open the form of a task; its page."""

    def opened(task=None, query=""):
        kind, args = ("change", [task.pk]) if task else ("add", [])
        url = reverse(f"admin:tasks_task_{kind}", args=args)
        return admin_client.get(url + query).content.decode()

    return opened


def stored():
    return Task.objects.get().parameters


def problems(answer):
    """What the fields say."""
    found = answer.context["panel"].form.errors
    return {name.removeprefix("parameter-"): lines for name, lines in found.items()}


# -- A new one -------------------------------------------------------------------
def test_a_new_task_asks_for_its_script_first(opened):
    assert "Choose the script, and its fields stand here." in opened()


def test_the_fields_of_the_script_in_the_address_stand_there(opened, everything):
    page = opened(query=f"?script={everything.pk}")

    assert 'type="url"' in tag(page, "url")
    assert 'max="50"' in tag(page, "limit")


def test_a_link_fills_them_in(opened, everything):
    values = '{"url": "https://a.test/", "limit": 7, "tag": ["a", "b"]}'

    page = opened(query=f"?script={everything.pk}&parameters={values}")

    assert f'value="{URL}"' in tag(page, "url")
    assert 'value="7"' in tag(page, "limit")
    assert "a\nb</textarea>" in page


def test_what_is_filled_in_is_stored_with_its_type(send, everything):
    values = fields(url=URL, limit="7", ratio="0.5", force="true", color="false")
    values |= fields(tag="a\r\nb", pick=["c", "a"], format="yaml")

    assert send(everything, **values).status_code == 302

    expected = {"url": URL, "limit": 7, "ratio": 0.5, "force": True, "color": False}
    expected |= {"tag": ["a", "b"], "pick": ["c", "a"], "format": "yaml"}
    assert stored() == expected


def test_mistakes_stand_at_their_fields_with_what_was_typed(send, everything):
    answer = send(everything, **fields(limit="many", code="x", all="true", only="y"))

    found = problems(answer)
    assert found.keys() == {"url", "limit", "code", "only"}
    assert found["limit"] == ['must be a whole number, such as 5; got "many".']
    assert found["url"] == ["must be given."]
    page = answer.content.decode()
    assert 'value="many"' in tag(page, "limit")
    assert "Some parameters are not right yet." in text_of(answer)
    assert not Task.objects.exists()


def test_a_name_is_not_lost_with_a_wrong_parameter(send, everything):
    answer = send(everything, name="mine", **fields(url="nowhere"))

    assert 'value="mine"' in answer.content.decode()
    assert f'value="{everything.pk}" selected' in answer.content.decode()


# -- One that is stored ----------------------------------------------------------
def test_fields_show_what_is_stored_and_change_it(send, opened, everything):
    task = Task.objects.create(
        name="t", script=everything, parameters={"url": URL, "limit": 7, "tag": ["a"]}
    )
    page = opened(task)
    assert 'value="7"' in tag(page, "limit")

    send(everything, task, **fields(url=URL, limit="8", tag="a"))
    assert stored() == {"url": URL, "limit": 8, "tag": ["a"]}

    send(everything, task, **fields(url=URL))
    assert stored() == {"url": URL}


def test_what_no_field_shows_is_kept_as_long_as_its_box_is_ticked(
    send, opened, everything
):
    odd = {"text": "", "tag": ["two\nlines"]}
    task = Task.objects.create(
        name="t", script=everything, parameters={"url": URL, **odd}
    )
    page = opened(task)
    assert page.count('name="kept"') == 2
    boxes = [json.dumps({name: value}) for name, value in odd.items()]

    send(everything, task, kept=boxes, **fields(url=URL, limit="9"))
    assert stored() == {"url": URL, "limit": 9, **odd}

    send(everything, task, kept=boxes[:1], **fields(url=URL))
    assert stored() == {"url": URL, "text": ""}


@pytest.mark.parametrize(
    ("name", "value", "text"),
    [("limit", 7.0, "7"), ("ratio", 2, "2"), ("text", "a\nb", "a\r\nb")],
)
def test_what_is_not_touched_stays_to_the_letter(send, everything, name, value, text):
    before = {"url": URL, name: value}
    task = Task.objects.create(name="t", script=everything, parameters=before)

    send(everything, task, **fields(url=URL, **{name: text}))
    assert stored() == before
    assert json.dumps(stored()[name]) == json.dumps(value)

    send(everything, task, **fields(url=URL, **{name: "9"}))
    assert stored()[name] != value


def test_what_is_typed_takes_the_place_of_what_was_kept(send, everything):
    task = Task.objects.create(
        name="t", script=everything, parameters={"url": URL, "text": ""}
    )

    send(everything, task, kept=['{"text": ""}'], **fields(url=URL, text="new"))

    assert stored() == {"url": URL, "text": "new"}


def test_a_script_that_changed_shows_what_fits_no_more_and_nothing_is_lost(
    send, opened, add_script, hello
):
    was = {"name": "you", "times": 3}
    task = Task.objects.create(name="t", script=hello, parameters=was)
    add_script("hello.py", HELLO.replace('"--name"', '"--whom"'))
    page = opened(task)
    assert "Stored values that the script does not take any more" in page
    kept = ['{"name": "you"}']

    assert send(hello, task, kept=kept, **fields(times="3")).status_code == 302
    assert stored() == was

    answer = send(hello, task, kept=kept, **fields(times="4"))
    assert "name: is not a parameter" in text_of(answer)
    assert stored() == was

    send(hello, task, **fields(times="4"))
    assert stored() == {"times": 4}


def test_a_value_of_another_type_stands_in_its_field_with_what_is_wrong(
    send, opened, add_script, hello
):
    task = Task.objects.create(name="t", script=hello, parameters={"name": "you"})
    add_script("hello.py", HELLO.replace('default="world"', "type=int"))

    page = opened(task)

    assert 'value="you"' in tag(page, "name")
    assert "must be a whole number" in page
    assert send(hello, task, name="other", **fields(name="you")).status_code == 302
    assert stored() == {"name": "you"}


def test_a_number_where_text_is_taken_now_stays_a_number(send, add_script, hello):
    task = Task.objects.create(name="t", script=hello, parameters={"times": 3})
    add_script("hello.py", HELLO.replace("type=int, default=1", 'default="1"'))

    assert send(hello, task, kept=['{"times": 3}']).status_code == 302
    assert stored() == {"times": 3}


def test_a_task_whose_script_is_gone_keeps_its_values(send, opened, hello, scripts_dir):
    task = Task.objects.create(name="t", script=hello, parameters={"name": "you"})
    (scripts_dir / "hello.py").unlink()
    scripts.sync_scripts()

    assert 'value="you"' in tag(opened(task), "name")
    assert send(hello, task, name="x", **fields(name="you")).status_code == 302
    assert stored() == {"name": "you"}


# -- JSON ------------------------------------------------------------------------
def test_fields_become_json_and_json_fields_and_nothing_is_saved(send, everything):
    answer = send(everything, _parameters_as="json", **fields(url=URL, limit="7"))
    page = answer.content.decode()
    assert "<textarea" in page
    assert answer.context["panel"].bound.value() == json.dumps(
        {"limit": 7, "url": URL}, indent=2
    )

    answer = send(
        everything,
        parameters_as="json",
        parameters='{"url": "https://a.test/", "limit": 8}',
        _parameters_as="fields",
    )
    assert 'value="8"' in tag(answer.content.decode(), "limit")
    assert "Please correct" not in text_of(answer)
    assert not Task.objects.exists()


def test_json_that_cannot_be_read_stays_json(send, everything):
    answer = send(
        everything, parameters_as="json", parameters="{", _parameters_as="fields"
    )

    assert answer.context["panel"].is_json
    assert "This is not valid JSON" in text_of(answer)


def test_the_panel_alone_is_answered_for_another_script(
    admin_client, hello, everything
):
    form = {"script": hello.pk, "parameters_as": "fields", "_parameters_as": "fields"}
    form |= {"parameters_of": everything.pk, **fields(text="x", limit="3")}
    url = reverse("admin:tasks_task_parameters")

    answer = admin_client.post(url, form)

    page = answer.content.decode()
    assert "<html" not in page
    assert tag(page, "times")
    assert "chosen before: limit, text." in text_of(answer) or (
        "chosen before: text, limit." in text_of(answer)
    )


def test_a_button_shows_the_fields_without_javascript(send, hello):
    answer = send(hello, name="", parameters_of="", _show_fields="")

    assert tag(answer.content.decode(), "times")
    assert "This field is required" not in text_of(answer)


def test_nobody_sees_the_fields_of_a_script_that_they_may_not_know(
    client, make_user, everything
):
    everything.groups.add(Group.objects.create(name="few"))
    client.force_login(make_user("eve", "Editor", is_staff=True))
    url = reverse("admin:tasks_task_add")

    opened = client.get(f"{url}?script={everything.pk}").content.decode()
    form = {"script": everything.pk, "parameters_of": everything.pk}
    sent = client.post(url, form | {"parameters_as": "fields", "_show_fields": ""})

    assert "parameter-url" not in opened + sent.content.decode()


@pytest.mark.parametrize("of", ["x", "", "9" * 40, "-1", "\u0663"])
def test_an_odd_script_behind_the_fields_breaks_nothing(send, hello, of):
    assert send(hello, parameters_of=of, **fields(times="2")).status_code == 302
    assert stored() == {"times": 2}


# -- Secrets and files -----------------------------------------------------------
@pytest.fixture
def secret_task(add_script):
    vault = add_script("vault.sh", VAULT)
    given = {"password": PASSWORD, "host": "db"}
    return services.save_task(task=Task(name="v", script=vault, parameters=given))


def test_a_secret_that_is_left_empty_stays(send, opened, secret_task):
    page = opened(secret_task)
    assert PASSWORD not in page
    assert "value" not in tag(page, "password").replace("autocomplete", "")
    kept = [json.dumps({"password": DOTS})]
    before = secret_task.secrets

    answer = send(secret_task.script, secret_task, kept=kept, **fields(host="new"))

    assert answer.status_code == 302
    secret_task.refresh_from_db()
    assert secret_task.parameters == {"password": MARK, "host": "new"}
    assert secret_task.secrets == before


def test_a_secret_that_is_typed_takes_its_place(send, secret_task):
    kept, before = [json.dumps({"password": DOTS})], secret_task.secrets

    send(secret_task.script, secret_task, kept=kept, **fields(password="another one"))

    secret_task.refresh_from_db()
    assert secret_task.parameters == {"password": MARK}
    assert secret_task.secrets != before


def test_a_secret_whose_box_is_empty_is_taken_away(send, secret_task):
    answer = send(secret_task.script, secret_task, **fields(host="db"))

    assert problems(answer) == {"password": ["must be given."]}


def test_no_typed_secret_comes_back(send, secret_task):
    typed = fields(password="quite secret", host="\0")
    for more in ({}, {"_parameters_as": "json"}, {"_show_fields": ""}):
        for task in (secret_task, None):
            answer = send(secret_task.script, task, **typed, **more)
            assert answer.status_code == 200
            assert "quite secret" not in answer.content.decode()


def test_a_file_that_was_chosen_is_kept_when_something_else_is_wrong(send, add_script):
    reads = add_script("reads.py", READS)
    file = SimpleUploadedFile("data.csv", b"1,2\n")

    answer = send(reads, name="", **{"parameter-data": file})

    upload = Upload.objects.get()
    assert f'value="{upload.pk}"' in answer.content.decode()
    assert "data.csv" in text_of(answer)
    assert send(reads, **fields(data=str(upload.pk))).status_code == 302
    assert stored() == {"data": str(upload.pk)}


def test_a_file_that_is_not_taken_is_said_at_its_field(send, add_script):
    reads = add_script("reads.py", READS)
    file = SimpleUploadedFile("notes.txt", b"1,2\n")

    answer = send(reads, **{"parameter-more": [file]})

    assert "takes files that end with .csv" in problems(answer)["more"][0]
    assert not Task.objects.exists()

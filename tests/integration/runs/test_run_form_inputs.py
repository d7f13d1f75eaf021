"""What the run form asks for beside plain values: secrets, files, choices of others."""

from __future__ import annotations

import re
import uuid
from collections.abc import Mapping
from types import SimpleNamespace

import pytest
from django.contrib.auth.models import User
from django.core.files.storage import storages
from django.core.files.uploadedfile import SimpleUploadedFile

from apps.runs import services
from apps.runs.models import Run, Upload
from tests.integration.runs.run_form import (
    EVERYTHING,
    address,
    fields,
    line,
    text_of,
    token,
)

pytestmark = pytest.mark.django_db
URL = "https://x.example/"
FILE = {"file": True, "accept": [".csv"]}
LISTER = {"script": "hosts.py", "parameters": {"env": "{region}", "all": ["{code}"]}}


@pytest.fixture
def script_with(make_run, add_script):
    """Make a script of whose parameters `x-hub` says more than their source can."""

    def make(**hubs):
        script = add_script("everything.py", EVERYTHING)
        for name, hub in hubs.items():
            about = script.parameters_schema["properties"][name]
            about.pop("default", None)
            about["x-hub"] |= hub
        script.save(update_fields=["parameters_schema"])
        return script

    return make


class Uploads(Mapping):
    """What is kept: who sent it, its name and its content, by its id."""

    def __getitem__(self, number):
        found = Upload.objects.get(pk=number)
        with storages["artifacts"].open(found.path) as file:
            return (found.owner.get_username(), found.name, file.read())

    def __iter__(self):
        return (str(pk) for pk in Upload.objects.values_list("pk", flat=True))

    def __len__(self):
        return Upload.objects.count()


@pytest.fixture
def uploads(settings):
    settings.UPLOAD_LIMIT_BYTES = 1000
    return Uploads()


def csv(name="a.csv", content=b"1,2"):
    return SimpleUploadedFile(name, content)


def sent(client, script, **more):
    return client.post(address(script), {"parameter-url": URL, **more})


@pytest.mark.parametrize("multiline", [True, False])
def test_a_secret_is_never_sent_back(admin_client, script_with, multiline):
    secret = {"kind": "secret", "env": "TEXT", "flag": None, "multiline": multiline}
    script = script_with(text=secret)

    answer = sent(admin_client, script, **fields(text="hunter2", limit="many"))

    text = text_of(answer)
    assert "hunter2" not in text
    assert "A secret is not sent back to the browser: type it again." in text
    assert ('type="password"' in text) is not multiline


def test_a_secret_is_dots_in_a_preview(admin_client, script_with):
    script = script_with(text={"kind": "secret", "env": "TEXT", "flag": None})

    text = text_of(
        sent(admin_client, script, _preview="", **fields(text="hunter2", limit="7"))
    )

    assert "hunter2" not in text
    assert line(text, "argv") == f"TEXT=•••••• everything.py --limit=7 -- {URL}"
    assert "The dots stand for a secret" in text


def test_a_file_is_kept_first_and_its_id_is_the_value(
    admin_client, script_with, uploads
):
    script = script_with(code=FILE)
    script.parameters_schema["properties"]["code"].pop("pattern")
    script.save()

    sent(admin_client, script, **{"parameter-code": csv()})

    ((number, kept),) = uploads.items()
    assert Run.objects.get().parameters == {"url": URL, "code": number}
    assert kept == ("admin", "a.csv", b"1,2")


def test_several_files_may_be_chosen_only_for_a_list(admin_client, script_with):
    script = script_with(text=FILE, tag=FILE)

    text = text_of(admin_client.get(address(script)))

    one, some = (
        re.search(rf'<input type="file"[^>]*parameter-{name}"[^>]*>', text).group()
        for name in ("text", "tag")
    )
    assert "multiple" not in one
    assert "multiple" in some


def test_a_file_need_not_be_chosen_again(admin_client, script_with, uploads):
    script = script_with(text=FILE)

    answer = sent(admin_client, script, **fields(text=csv(), limit="many"))

    (number,) = uploads
    text = text_of(answer)
    assert 'accept=".csv"' in text
    box = re.search(rf'<input type="checkbox"[^>]*value="{number}"[^>]*>', text)
    assert "checked" in box.group()
    sent(admin_client, script, **fields(text=number))
    assert Run.objects.get().parameters["text"] == number


def test_a_form_with_a_file_that_is_sent_twice_starts_one_run(
    admin_client, script_with, uploads
):
    script = script_with(text=FILE)
    once = token(admin_client.get(address(script)))

    for content in (b"1", b"1", b"22"):
        sent(admin_client, script, once=once, **fields(text=csv(content=content)))

    assert Run.objects.count() == 2


def test_another_file_takes_its_place_and_a_list_grows(
    admin_client, script_with, uploads
):
    script = script_with(text=FILE, tag=FILE)
    ann = User.objects.get(username="admin")
    kept = services.store_upload(user=ann, name="a.csv", chunks=[b"1"])
    before = str(kept.pk)

    data = {
        "parameter-text": [before, csv("b.csv")],
        "parameter-tag": [before, csv("c.csv"), csv("d.csv")],
    }
    sent(admin_client, script, **data)

    ids = {name: number for number, (_user, name, _content) in uploads.items()}
    parameters = Run.objects.get().parameters
    assert parameters["text"] == ids["b.csv"]
    assert parameters["tag"] == [before, ids["c.csv"], ids["d.csv"]]


def test_a_file_that_is_not_taken_is_told_at_its_field(
    admin_client, script_with, uploads
):
    script = script_with(text=FILE)

    answer = sent(admin_client, script, **fields(text=csv(content=b"1" * 1001)))

    errors = answer.context["form"].errors
    [said] = errors["parameter-text"]
    assert said.startswith("The file is larger than 1000")
    assert not Run.objects.exists()


def test_a_file_is_a_path_in_what_is_run_and_in_no_link(
    admin_client, script_with, uploads
):
    script = script_with(text=FILE)

    answer = sent(admin_client, script, _preview="", **fields(text=csv()))

    text = text_of(answer)
    (number,) = uploads
    assert "--text=inputs/text/a.csv" in line(text, "argv")
    assert number in line(text, "curl")
    assert number not in line(text, "link")
    assert "A file is sent before the run" in text


def test_a_file_in_a_link_is_told(admin_client, script_with):
    script = script_with(text=FILE)

    answer = admin_client.get(address(script), {"text": str(uuid.uuid4())})

    assert "no link gives" in answer.context["filling"].warnings[0]
    assert not answer.context["form"]["parameter-text"].value()


# Choices that another script lists.


@pytest.fixture
def listed(monkeypatch):
    """Answer for the choices as the hub does: after they were asked for once."""
    asked = []

    def choices_state(*, script, dest, values, user, refresh):
        asked.append((dest, values, refresh))
        ready = len(asked) > 1
        choices = [SimpleNamespace(value=v, label=f"Host {v}") for v in ("a", "<b>")]
        return SimpleNamespace(
            error="" if values.get("region") != "c1" else "No worker took it.",
            ready=ready,
            choices=choices if ready else [],
        )

    monkeypatch.setattr(services, "choices_state", choices_state)
    return asked


def offers(client, script, **more):
    where = address(script, "runs_script_offers")
    return client.post(where, {"choices_of": "text", **more})


def test_choices_are_asked_for_until_they_are_there(admin_client, script_with, listed):
    script = script_with(text={"choices_from": LISTER})

    first = offers(admin_client, script, **fields(limit="7", text="x")).json()
    second = offers(admin_client, script, refresh="").json()

    assert (first["again_s"], first["options"]) == (1, [])
    assert second["again_s"] is None
    assert second["options"] == [["a", "Host a"], ["<b>", "Host <b>"]]
    assert second["sentence"] == "2 choices."
    # Its own value is no part of the question.
    assert listed == [("text", {"limit": 7}, False), ("text", {}, True)]


def test_why_there_are_no_choices_is_told(admin_client, script_with, listed):
    script = script_with(text={"choices_from": LISTER})

    found = offers(admin_client, script, **fields(region="c1")).json()

    assert found == {"sentence": "No worker took it.", "options": [], "again_s": None}


def test_a_preview_offers_the_choices_and_opening_starts_nothing(
    admin_client, script_with, listed
):
    script = script_with(text={"choices_from": LISTER}, tag={"choices_from": LISTER})

    text = text_of(admin_client.get(address(script)))
    assert listed == []
    assert 'data-needs="code region"' in text
    assert 'list="choices-text"' in text

    sent(admin_client, script, _preview="")
    text = text_of(sent(admin_client, script, _preview=""))
    assert '<option value="&lt;b&gt;">Host &lt;b&gt;</option>' in text


def test_only_what_is_listed_can_be_asked_for(admin_client, script_with, listed):
    script = script_with(text={"choices_from": LISTER})

    assert offers(admin_client, script, choices_of="limit").status_code == 404
    where = address(script, "runs_script_offers")
    assert admin_client.get(where).status_code == 405

"""The buttons of the run form: Run once, Dry run, Preview, and the script's question."""

from __future__ import annotations

import json
import re
import shlex
from html import unescape

import pytest
from django.core.management import load_command_class

from apps.runs.models import Run
from tests.integration.runs.run_form import (
    EVERYTHING,
    NEEDED,
    address,
    fields,
    line,
    tag,
    text_of,
    token,
)
from tests.unit.scripts.nasty import NASTY

pytestmark = pytest.mark.django_db
URL = "https://x.example/"
VALUES = {"limit": 7, "tag": ["a b", "c"], "force": True, "text": "it's", "url": URL}
TYPED = {"limit": "7", "tag": "a b\nc", "force": "true", "text": "it's", "url": URL}


@pytest.fixture
def everything(add_script):
    return add_script("everything.py", EVERYTHING)


@pytest.fixture
def careful(add_script):
    """A script whose header has a question and names its dry run."""
    table = "# [tool.automation-hub]\n"
    more = f'{table}# confirm = "Really <now>?"\n# dry_run = "force"\n'
    return add_script("everything.py", EVERYTHING.replace(table, more))


def sent(client, script, values=None, **more):
    return client.post(address(script), {**fields(**(values or TYPED)), **more})


def shell(words):
    """Do what manage.py does with its arguments, but for closing the database."""
    command = load_command_class("apps.runs", "run")
    parser = command.create_parser(*words[:2])
    command.execute(**vars(parser.parse_args(words[2:])))


def once_of(client, script):
    return token(client.get(address(script)))


def test_a_form_that_is_sent_twice_starts_one_run(admin_client, everything):
    once = once_of(admin_client, everything)

    answers = [sent(admin_client, everything, once=once) for _time in range(2)]

    assert answers[0]["Location"] == answers[1]["Location"]
    assert Run.objects.count() == 1
    page = admin_client.get(answers[1]["Location"])
    assert "this is the run that it started" in text_of(page)


def test_a_form_that_was_changed_after_going_back_starts_another(
    admin_client, everything
):
    once = once_of(admin_client, everything)

    for limit in ("1", "2", "1"):
        sent(admin_client, everything, {**TYPED, "limit": limit}, once=once)

    assert [r.parameters["limit"] for r in Run.objects.order_by("id")] == [1, 2]


def test_each_opened_form_may_start_a_run(admin_client, everything):
    for _time in range(2):
        once = once_of(admin_client, everything)
        sent(admin_client, everything, once=once)

    assert Run.objects.count() == 2


@pytest.mark.parametrize("once", ["x" * 5000, "\0", "é"])
def test_a_key_of_any_kind_will_do(admin_client, everything, once):
    assert sent(admin_client, everything, once=once).status_code == 302


def test_the_question_has_to_be_answered(admin_client, careful):
    refused = sent(admin_client, careful)

    text = text_of(refused)
    assert "Tick this to run the script." in text
    assert "Really &lt;now&gt;?" in text
    assert 'value="7"' in tag(text, "limit")
    assert not Run.objects.exists()

    sent(admin_client, careful, confirmed="on")
    assert Run.objects.get().parameters == VALUES


def test_a_dry_run_turns_its_switch_on_and_asks_nothing(admin_client, careful):
    assert ">Dry run</button>" in text_of(admin_client.get(address(careful)))

    sent(admin_client, careful, {"url": URL}, _dry_run="")

    assert Run.objects.get().parameters == {"url": URL, "force": True}


def test_a_script_without_either_has_neither(admin_client, everything):
    text = text_of(admin_client.get(address(everything)))

    assert "_dry_run" not in text
    assert "confirmed" not in text
    sent(admin_client, everything, {"url": URL}, _dry_run="")
    assert Run.objects.get().parameters == {"url": URL}


def test_a_preview_shows_the_lines_and_starts_nothing(admin_client, everything):
    text = text_of(sent(admin_client, everything, _preview=""))

    argv = shlex.split(line(text, "argv"))
    assert argv[0] == "everything.py"
    assert {"--limit=7", "--tag=a b", "--force", "--text=it's"} < set(argv)
    assert "http://testserver/runs/runs" in line(text, "curl")
    assert "$TOKEN" in line(text, "curl")
    assert 'value="7"' in tag(text, "limit")
    assert not Run.objects.exists()


def test_the_address_of_the_hub_is_its_public_one(admin_client, everything, settings):
    settings.PUBLIC_URL = "https://hub.example"

    text = text_of(sent(admin_client, everything, _preview=""))

    assert "https://hub.example/runs/runs" in line(text, "curl")
    assert line(text, "link").startswith("https://hub.example/admin/")


def test_the_lines_alone_answer_while_somebody_types(admin_client, everything):
    where = address(everything, "runs_script_commands")

    text = text_of(admin_client.post(where, fields(limit="7")))

    assert line(text, "argv") == "everything.py --limit=7"
    assert "Still lacking: url." in text
    assert "<html" not in text
    wrong = text_of(admin_client.post(where, fields(limit="many")))
    assert "Correct what is marked above" in wrong
    assert admin_client.get(where).status_code == 405


def test_what_is_lacking_of_a_group_is_named(admin_client, add_script):
    needed = add_script("needed.py", NEEDED)

    text = text_of(admin_client.get(address(needed)))

    assert "Still lacking: level, from_file, from_url." in text


def test_the_values_become_a_task_by_a_link(admin_client, everything):
    text = text_of(sent(admin_client, everything, _preview=""))
    href = re.search(r'href="(/admin/tasks/task/add/\?[^"]*)"', text).group(1)

    form = admin_client.get(unescape(href)).context["adminform"].form

    assert form.initial["script"] == str(everything.pk)
    assert json.loads(form["parameters"].value()) == VALUES
    assert json.loads(form.fields["parameters"].prepare_value("{}")) == {}


def test_who_may_not_make_tasks_is_not_led_there(client, make_user, everything):
    client.force_login(make_user("otto", "Operator", is_staff=True))

    assert "/admin/tasks/task/add/" not in text_of(client.get(address(everything)))


@pytest.mark.parametrize("value", NASTY)
def test_the_manage_line_starts_the_same_run(admin_client, everything, value, capsys):
    values = {"url": URL, "text": value, "tag": "-1\n" + value.replace("\n", " ")}
    text = text_of(sent(admin_client, everything, values, _preview=""))
    words = shlex.split(line(text, "manage"))

    shell(words[1:])

    sent(admin_client, everything, values)
    first, second = Run.objects.order_by("id")
    assert first.parameters == second.parameters
    assert first.parameters["text"] == value


def test_an_item_with_a_line_end_is_one_item_for_the_shell(everything, capsys):
    shell(["manage.py", "run", "--", "everything.py", f"url={URL}", "tag=a\nb"])

    assert Run.objects.get().parameters["tag"] == ["a\nb"]


def test_who_may_not_run_sees_no_lines(client, make_user, everything):
    client.force_login(make_user("vera", "Viewer", is_staff=True))

    for name in ("runs_script_run", "runs_script_commands"):
        assert client.post(address(everything, name)).status_code == 403
    delete = address(everything, "runs_preset_delete", 1)
    assert client.post(delete).status_code == 403

"""Scripts with sub-commands, and those read only in part, in the admin and the API."""

from __future__ import annotations

from django.utils.datastructures import MultiValueDict

from apps.runs.admin.forms import RunForm

SOURCE = """
import argparse
parser = argparse.ArgumentParser()
parser.add_argument("--verbose", action="store_true")
commands = parser.add_subparsers(dest="command", required=True)
one = commands.add_parser("one")
one.add_argument("--limit", type=int, required=True)
one.add_argument("--verbose", action="store_true")
two = commands.add_parser("two")
two.add_argument("--limit", choices=["low", "high"])
parser.add_argument("--hidden", default=load(), action=load())
parser.parse_args()
"""


def sent(**texts):
    return MultiValueDict({f"parameter-{name}": [text] for name, text in texts.items()})


def test_the_form_takes_what_a_command_takes(add_script):
    schema = add_script(source=SOURCE).parameters_schema
    texts = {"command": "one", "limit": "5", "extra_arguments": "--hidden\nx"}
    form = RunForm(schema, sent(**texts))
    assert form.is_valid(), form.errors
    assert form.parameters == {
        "command": "one",
        "limit": 5,
        "extra_arguments": ["--hidden", "x"],
    }


def test_the_form_says_what_the_command_lacks(add_script):
    schema = add_script(source=SOURCE).parameters_schema
    form = RunForm(schema, sent(command="one"))
    assert form.errors == {"parameter-limit": ["must be given."]}


def test_the_script_page_shows_a_script_with_commands(add_script, admin_client):
    script = add_script(source=SOURCE)
    response = admin_client.get(f"/admin/scripts/script/{script.pk}/change/")
    assert response.status_code == 200
    assert "has the action load()" in response.content.decode()

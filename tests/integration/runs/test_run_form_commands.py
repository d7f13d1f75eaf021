"""Sub-commands in the run form: which is chosen, and the fields of each."""

from __future__ import annotations

import json
import re
from html import unescape

import pytest

from apps.runs.admin.forms import RunForm
from tests.integration.runs.run_form import address, tag, text_of

pytestmark = pytest.mark.django_db


def prop(order, *commands, kind="option", **more):
    hub = {"kind": kind, "flag": "--x", "order": order, "group": None}
    if commands:
        hub["commands"] = list(commands)
    return {"type": "string", "x-hub": hub, **more}


def command(name, fields, field="command", **more):
    about = {"name": name, "field": field, "value": name.split(" ")[-1]}
    defaults = {"aliases": [], "help": f"Help of {name}", "description": ""}
    lists = {"fields": fields, "required": [], "exclusive": []}
    return {**about, **defaults, **lists, **more}


VARIANTS = prop(6, "add", "remove", kind="variants")
del VARIANTS["type"]
VARIANTS["x-hub"]["variants"] = [
    prop(6, "add", description="As a text"),
    prop(6, "remove", type="array", items={"type": "string"}),
]
SCHEMA = {
    "type": "object",
    "properties": {
        "verbose": prop(0),
        "command": prop(1, kind="command", enum=["add", "remove", "remote"]),
        "name": prop(2, "add"),
        "force": prop(3, "add", "remove"),
        "remote_command": prop(4, "remote", kind="command", enum=["show"]),
        "url": prop(5, "remote show"),
        "target": VARIANTS,
        "by_id": prop(7, "remove"),
        "by_name": prop(8, "remove"),
    },
    "required": ["command"],
    "x-hub": {
        "exclusive": [],
        "commands": [
            command("add", ["name", "force", "target"], required=["name"]),
            command(
                "remove",
                ["force", "target", "by_id", "by_name"],
                exclusive=[{"fields": ["by_id", "by_name"], "required": True}],
            ),
            command("remote", ["remote_command"]),
            command("remote show", ["url"], field="remote_command"),
        ],
    },
}


@pytest.fixture
def page(admin_client, hello):
    """Open the form of a script that takes what SCHEMA says."""
    hello.parameters_schema = SCHEMA
    hello.save()

    def opened(**query):
        return text_of(admin_client.get(address(hello), query))

    return opened


def sections():
    return {one.title: one for one in RunForm(SCHEMA, draft=True).sections}


def names(section):
    blocks = (block.fields for block in section.blocks)
    return [[one.name.removeprefix("parameter-") for one in block] for block in blocks]


def test_each_command_has_a_section_of_its_own_fields():
    found = sections()

    assert list(found) == ["", "add", "add, remove", "remove", "remote", "remote show"]
    assert names(found[""]) == [["command"], ["verbose"]]
    assert names(found["add"]) == [["name"]]
    assert names(found["add, remove"]) == [["force"], ["target"]]
    assert names(found["remote show"]) == [["url"]]


def test_what_a_command_excludes_is_one_box():
    (block,) = sections()["remove"].blocks

    assert [one.name for one in block.fields] == [
        "parameter-by_id",
        "parameter-by_name",
    ]
    assert block.sentence == "Exactly one of these:"


def test_a_section_says_when_it_counts():
    found = sections()

    assert json.loads(found["add, remove"].when) == [
        [["command", "add"]],
        [["command", "remove"]],
    ]
    assert json.loads(found["remote show"].when) == [
        [["command", "remote"], ["remote_command", "show"]]
    ]
    assert found[""].when == ""


def test_a_command_is_chosen_by_its_name_with_its_help(page):
    text = page()

    assert 'type="radio"' in tag(text, "command")
    assert "remove: Help of remove" in text
    # Without JavaScript all sections are there, under their commands' names.
    assert ">remote show</legend>" in text
    assert '<p class="help hub-section-help">Help of add</p>' in text
    whens = re.findall(r'data-when="([^"]*)"', text)
    assert [["command", "add"]] in [json.loads(unescape(one))[0] for one in whens]


def test_what_a_command_requires_has_a_star(page):
    assert re.search(r'for="id_parameter-name" class="required"', page())


def test_a_parameter_that_differs_by_command_is_typed_as_lines(page):
    text = page(target=["a", "b"])

    assert tag(text, "target").startswith("<textarea")
    assert ">\na\nb</textarea>" in text
    assert "As a text" in text

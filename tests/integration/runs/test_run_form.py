"""The run form: what it asks for, how, and what becomes of what is typed."""

from __future__ import annotations

import re

import pytest

from apps.runs.models import Run
from tests.integration.runs.run_form import (
    EVERYTHING,
    NEEDED,
    address,
    fields,
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
def needed(add_script):
    return add_script("needed.py", NEEDED)


def opened(client, script, **query):
    return text_of(client.get(address(script), query))


def sent(client, script, **values):
    return client.post(address(script), fields(**values))


@pytest.mark.parametrize(
    ("name", "attributes"),
    [
        ("url", ['type="url"', "required"]),
        ("limit", ['type="number"', 'min="1"', 'max="50"', 'step="1"']),
        ("limit", ['placeholder="5"']),
        ("ratio", ['type="number"', 'step="any"']),
        ("day", ['type="date"']),
        ("mail", ['type="email"']),
        ("v", ['type="number"', 'min="0"', 'max="32"']),
        ("force", ['type="checkbox"']),
        ("color", ['type="radio"', "checked"]),
        ("format", ['type="radio"', "checked"]),
        ("region", ["<select"]),
        ("tag", ["<textarea", "data-list"]),
        ("pick", ['type="checkbox"', 'value="a"']),
        ("text", ['type="text"', "aria-describedby"]),
    ],
)
def test_each_type_has_its_input(admin_client, everything, name, attributes):
    found = tag(opened(admin_client, everything), name)

    for attribute in attributes:
        if attribute != "required":
            assert attribute in found
    # The browser asks for nothing that a draft or a preset may lack.
    assert " required" not in found


def test_what_is_required_comes_first_and_sections_have_headings(
    admin_client, everything
):
    text = opened(admin_client, everything)

    order = [
        'name="parameter-url"',
        'name="parameter-text"',
        "At most one of these:",
        'name="parameter-only"',
        ">Output</legend>",
        'name="parameter-tag"',
        "Not in its --help",
        'name="parameter-debug"',
    ]
    places = [text.index(part) for part in order]
    assert places == sorted(places)
    assert re.search(r'class="required">Feed URL', text)


def test_defaults_are_shown_and_what_scripts_say_is_text(admin_client, everything):
    text = opened(admin_client, everything)

    assert "Left empty: 5" in text
    assert "Left empty: &lt;b&gt;so&lt;/b&gt;" in text
    assert "as the script decides (json)" in text
    assert "as the script decides (yes)" in text
    assert "<b>so</b>" not in text


def test_typed_values_arrive(admin_client, everything):
    sent(
        admin_client,
        everything,
        url=URL,
        limit="7",
        ratio="1e-3",
        day="2026-02-28",
        v="2",
        force="true",
        color="false",
        format="xml",
        tag="a b\r\n\r\n$(id)\r\n\r\n",
        pick=["c", "a"],
        text="two\r\nlines",
    )

    assert Run.objects.get().parameters == {
        "url": URL,
        "limit": 7,
        "ratio": 0.001,
        "day": "2026-02-28",
        "v": 2,
        "force": True,
        "color": False,
        "format": "xml",
        "tag": ["a b", "", "$(id)"],
        "pick": ["c", "a"],
        "text": "two\nlines",
    }


@pytest.mark.parametrize("value", NASTY)
def test_a_value_arrives_as_that_one_value(admin_client, everything, value):
    sent(admin_client, everything, url=URL, text=value, only=value)

    run = Run.objects.get()
    assert (run.parameters["text"], run.parameters["only"]) == (value, value)


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("limit", "99", "must be at most 50, got 99."),
        ("limit", "1.5", 'must be a whole number, such as 5; got "1.5".'),
        ("day", "tomorrow", 'must be a date such as 2025-01-31, got "tomorrow".'),
        ("format", "toml", 'must be one of "json", "yaml", "xml"; got "toml".'),
        ("code", "abc", "must match the pattern"),
        ("text", "a\0b", "must not hold the NUL character"),
        ("mail", "nobody", "must be an e-mail address"),
    ],
)
def test_a_wrong_value_is_said_and_kept_in_the_api_s_words(
    admin_client, everything, name, value, sentence
):
    answer = sent(admin_client, everything, url=URL, **{name: value})

    form = answer.context["form"]
    assert sentence in form.errors[f"parameter-{name}"][0]
    assert form[f"parameter-{name}"].value() == value
    text = text_of(answer)
    assert f'id="id_parameter-{name}_error"' in text
    found = tag(text, name)
    assert "autofocus" in found
    assert "aria-invalid" in found or name == "format"
    assert not Run.objects.exists()


@pytest.mark.parametrize(
    ("name", "value"),
    [("limit", "many"), ("limit", "+5x"), ("day", "2026-02-30"), ("ratio", "1,5")],
)
def test_an_input_does_not_hide_what_its_type_cannot_hold(
    admin_client, everything, name, value
):
    text = text_of(sent(admin_client, everything, url=URL, **{name: value}))

    found = tag(text, name)
    assert 'type="text"' in found
    assert f'value="{value}"' in found


def test_a_text_of_several_lines_is_shown_in_a_text_area(admin_client, everything):
    text = opened(admin_client, everything, text="two\nlines")

    assert tag(text, "text").startswith("<textarea")


def test_what_is_missing_is_said_when_it_is_run_and_not_before(admin_client, needed):
    assert "must be given" not in opened(admin_client, needed)

    answer = sent(admin_client, needed, note="x")

    assert answer.context["form"].errors["parameter-level"] == ["must be given."]
    assert "One of these must be given: from_file, from_url." in text_of(answer)


def test_a_group_of_which_one_must_be_given_is_one_box(admin_client, needed):
    text = opened(admin_client, needed)

    box = re.search(r'<fieldset class="hub-oneof">.*?</fieldset>', text, re.S).group()
    assert "Exactly one of these:" in box
    assert 'name="parameter-from_file"' in box
    assert 'name="parameter-from_url"' in box
    assert 'name="parameter-note"' not in box


def test_two_that_exclude_each_other_are_refused(admin_client, everything):
    answer = sent(admin_client, everything, url=URL, all="true", only="x")

    assert "cannot be given together with all" in text_of(answer)


def test_a_list_whose_order_counts_is_typed(admin_client, everything):
    text = opened(admin_client, everything, pick=["c", "a", "a"])

    found = tag(text, "pick")
    assert found.startswith("<textarea")
    assert ">\nc\na\na</textarea>" in text


def test_a_parameter_may_be_called_as_anything(admin_client, add_script):
    script = add_script(
        "names.py",
        "import argparse\np = argparse.ArgumentParser()\n"
        'for name in ("parameters", "data", "confirmed", "once", "fields", "_run"):\n'
        '    p.add_argument(f"--{name}")\n'
        'p.add_argument("--parameters", type=int)\n'
        'p.add_argument("--clean")\np.add_argument("--_run")\n',
    )
    answer = sent(admin_client, script, parameters="x", clean="y")

    assert "parameter-parameters" in answer.context["form"].errors


def test_a_script_that_cannot_be_run_has_no_form(admin_client, everything):
    everything.enabled = False
    everything.save()

    text = opened(admin_client, everything)

    assert "is disabled; enable it before running it." in text
    assert 'id="run-form"' not in text


def test_no_script_or_style_is_inline(admin_client, everything):
    text = opened(admin_client, everything, limit="many", nope="1")

    main = text[text.index('id="content-main"') :]
    assert "<script" not in main
    assert not re.search(r'\s(style|on[a-z]+)="', main)

"""The same run in other words: every line, pasted into a shell, says the same values."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
from urllib.parse import parse_qs, urlsplit

import pytest

from apps.runs import equivalents
from apps.scripts.manifest import Manifest
from apps.scripts.parameters import convert, read_parameters, render_argv
from tests.unit.scripts.nasty import NASTY

SOURCE = """
import argparse
parser = argparse.ArgumentParser()
parser.add_argument("target")
parser.add_argument("--text")
parser.add_argument("--tag", action="append")
parser.add_argument("--limit", type=int)
parser.add_argument("--ratio", type=float)
parser.add_argument("--force", action="store_true")
parser.add_argument("--pick", nargs="*")
"""
SCHEMA = read_parameters(SOURCE, language="python", manifest=Manifest()).schema
ADDRESS = "https://hub.example/runs/runs"
FORM = "https://hub.example/admin/scripts/script/7/run/"
MIXED = {
    "target": "it's",
    "tag": ["a b", "$(id)", ""],
    "limit": -3,
    "ratio": 1e-07,
    "force": True,
    "pick": ["x\ny"],
}
EVERY = [{"target": "t", "text": text, "tag": [text, "b"]} for text in NASTY]
EVERY += [{"target": text} for text in NASTY] + [MIXED, {}]


def with_secret():
    schema = json.loads(json.dumps(SCHEMA))
    hub = {"kind": "secret", "env": "DB_PASSWORD", "flag": None, "order": 99}
    schema["properties"]["password"] = {"type": "string", "x-hub": hub}
    return schema


@pytest.fixture
def recorded(tmp_path):
    """Run a line in a shell where curl and python only write down their arguments."""
    out = tmp_path / "arguments"
    for name in ("curl", "python", "fetch.py"):
        stub = tmp_path / name
        stub.write_text(f"#!/bin/sh\nfor a; do printf '%s\\0' \"$a\"; done > '{out}'\n")
        stub.chmod(0o755)

    def run(line):
        env = {"PATH": f"{tmp_path}:{os.environ['PATH']}", "TOKEN": "t0k en"}
        subprocess.run(["sh", "-c", line], check=True, env=env, timeout=20)
        return out.read_bytes().decode().split("\0")[:-1]

    return run


@pytest.mark.parametrize("values", EVERY)
def test_the_curl_line_sends_the_same_values(recorded, values):
    line = equivalents.curl_line(ADDRESS, "fetch.py", SCHEMA, values)

    words = recorded(line)

    body = json.loads(words[words.index("--data-raw") + 1])
    assert body == {"script_name": "fetch.py", "parameters": values}
    assert "Authorization: Bearer t0k en" in words
    assert ADDRESS in words


@pytest.mark.parametrize("values", EVERY)
def test_the_line_of_what_is_run_is_its_arguments(recorded, values):
    line = equivalents.command_line("fetch.py", SCHEMA, values)

    assert recorded(line) == render_argv(SCHEMA, values)


@pytest.mark.parametrize("values", EVERY)
def test_the_manage_line_says_the_same_values(recorded, values):
    line = equivalents.manage_line("it's here.py", SCHEMA, values)

    words = recorded(line)

    assert words == shlex.split(line)[1:]
    assert words[:3] == ["manage.py", "run", "it's here.py"]
    texts = {}
    for word in words[3:]:
        name, _equals, text = word.partition("=")
        texts.setdefault(name, []).append(text)
    lists = ("tag", "pick")
    given = {n: t if n in lists else t[0] for n, t in texts.items()}
    assert convert(SCHEMA, given)[0] == values


@pytest.mark.parametrize("values", EVERY)
def test_a_link_says_the_same_values(values):
    address = equivalents.link(FORM, SCHEMA, values)

    texts = parse_qs(urlsplit(address).query, keep_blank_values=True)
    assert address.isascii()
    given = {n: t if n in ("tag", "pick") else t[0] for n, t in texts.items()}
    assert convert(SCHEMA, given)[0] == values


def test_what_no_command_says_has_no_line():
    assert equivalents.manage_line("x.py", SCHEMA, {"target": "t", "pick": []}) is None
    assert equivalents.link(FORM, SCHEMA, {"target": "t", "pick": []}) is None


def test_more_than_a_link_holds_has_none():
    assert equivalents.link(FORM, SCHEMA, {"text": "x" * 4000}) is None


def test_what_does_not_print_is_seen_in_the_curl_line():
    line = equivalents.curl_line(
        ADDRESS, "x.py", SCHEMA, {"text": "a\u202eb\U000e0001"}
    )

    assert r"a\u202eb\udb40\udc01" in line
    assert all(c.isprintable() for c in line)


def test_a_secret_is_nowhere():
    schema, values = with_secret(), {"target": "t", "password": "hunter2"}

    argv = equivalents.command_line("x.py", schema, values)
    curl = equivalents.curl_line(ADDRESS, "x.py", schema, values)
    manage = equivalents.manage_line("x.py", schema, values)
    address = equivalents.link(FORM, schema, values)

    assert "hunter2" not in "".join([argv, curl, manage, address])
    assert argv == "DB_PASSWORD=•••••• x.py -- t"
    assert '"password": "••••••"' in curl
    assert manage == "python manage.py run --secret=password x.py target=t"
    assert address == f"{FORM}?target=t"


def test_a_file_is_in_no_link():
    schema = json.loads(json.dumps(SCHEMA))
    schema["properties"]["text"]["x-hub"]["file"] = True

    assert equivalents.link(FORM, schema, {"text": "some-id"}) == FORM
    line = equivalents.manage_line("x.py", schema, {"text": "some-id"})
    assert line == "python manage.py run x.py 'text=…'"


def test_a_name_that_begins_with_a_dash_is_no_option():
    line = equivalents.manage_line("-x.py", SCHEMA, {})

    assert line == "python manage.py run -- -x.py"

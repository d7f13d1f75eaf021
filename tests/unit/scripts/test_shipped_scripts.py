"""The scripts that come with the hub are read whole, and their values fit."""

from __future__ import annotations

from pathlib import Path

import pytest

from apps.scripts.parameters import render_argv, validate
from tests.unit.scripts.samples import read

SCRIPTS = Path(__file__).parents[3] / "scripts"


def declared(name: str):
    language = "python" if name.endswith(".py") else "other"
    return read((SCRIPTS / name).read_text(encoding="utf-8"), language)


@pytest.mark.parametrize("name", ["fetch_rss.py", "http_check.py", "disk_usage.sh"])
def test_every_parameter_is_read(name):
    assert declared(name).notes == ()


def test_the_feed_scripts_parameters_are_typed():
    fields = declared("fetch_rss.py").schema["properties"]
    assert list(fields) == ["url", "limit", "out_dir"]
    assert (fields["limit"]["type"], fields["limit"]["default"]) == ("integer", 10)
    assert (fields["limit"]["minimum"], fields["url"]["format"]) == (1, "uri")
    assert "default" not in fields["out_dir"]
    assert fields["out_dir"]["x-hub"]["anonymous"] is False


RENDERED = [
    (
        "fetch_rss.py",
        {"url": "http://127.0.0.1:9999/feed.xml", "limit": 5},
        ["--url=http://127.0.0.1:9999/feed.xml", "--limit=5"],
    ),
    (
        "http_check.py",
        {"urls": ["http://a.example/", "http://b.example/"], "expect_status": [200]},
        ["--expect-status=200", "--", "http://a.example/", "http://b.example/"],
    ),
    ("disk_usage.sh", {"path": "/", "threshold": 90}, ["--path=/", "--threshold=90"]),
]


@pytest.mark.parametrize(("name", "values", "argv"), RENDERED)
def test_values_become_the_command_line_that_the_script_documents(name, values, argv):
    schema = declared(name).schema
    assert validate(schema, values) == []
    assert render_argv(schema, values) == argv

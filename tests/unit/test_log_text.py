"""What is logged commands no terminal and turns no text around, in either form."""

from __future__ import annotations

import json
import logging
import sys

import pytest

from automation_hub.logging import JsonFormatter, TextFormatter

# By what it does; each is written as JSON and Python write it.
HARMFUL = {
    "right-to-left override": "\u202e",
    "embedding": "\u202a",
    "isolate": "\u2066",
    "end of an isolate": "\u2069",
    "mark": "\u200e",
    "mark from the right": "\u200f",
    "Arabic mark": "\u061c",
    "delete": "\x7f",
    "C1 introducer": "\x9b",
    "next line": "\x85",
    "line separator": "\u2028",
    "half a pair": "\ud800",
    "escape": "\x1b",
    "bell": "\x07",
    "vertical tab": "\x0b",
    "NUL": "\x00",
}


def record(message):
    try:
        raise ValueError(message)
    except ValueError:
        return logging.makeLogRecord(
            {"msg": message, "name": "apps.x", "exc_info": sys.exc_info()}
        )


@pytest.mark.parametrize("name", HARMFUL)
def test_a_harmful_character_is_escaped_in_json_and_read_back(name):
    text = JsonFormatter().format(record(f"脚本 {HARMFUL[name]}31m"))

    assert HARMFUL[name] not in text
    assert "脚本" in text
    assert json.loads(text)["message"] == f"脚本 {HARMFUL[name]}31m"


@pytest.mark.parametrize("name", HARMFUL)
def test_a_harmful_character_is_escaped_in_text_and_in_tracebacks(name):
    text = TextFormatter().format(record(f"脚本 {HARMFUL[name]}31m"))

    assert HARMFUL[name] not in text
    assert text.count(f"脚本 \\u{ord(HARMFUL[name]):04x}31m") == 2


def test_a_message_is_one_line_and_a_traceback_keeps_its_own():
    text = TextFormatter().format(record("one\r\ntwo"))

    assert "apps.x: one\\r\\ntwo\nTraceback (most recent call last):\n  File " in text

"""The ids of request and run in each JSON line that is about them."""

from __future__ import annotations

import json
import logging

import pytest

from apps.core import context
from apps.runs import worker
from automation_hub.logging import JsonFormatter, TextFormatter


@pytest.fixture
def line():
    """What is written of an event that happens now."""

    def write(message="It happened."):
        record = logging.makeLogRecord({"msg": message, "name": "apps.x"})
        return json.loads(JsonFormatter().format(record))

    context.request_id.set("")
    yield write
    context.request_id.set("")
    context.run_id.set("")


def test_without_either_there_is_none(line):
    assert {"request_id", "run_id"}.isdisjoint(line())


def test_both_are_told(line):
    context.request_id.set("r-1")
    context.run_id.set("42")
    assert line()["request_id"] == "r-1"
    assert line()["run_id"] == "42"


@pytest.mark.django_db(transaction=True)
def test_what_is_logged_while_a_run_is_performed_bears_its_id(
    add_script, make_run, monkeypatch, line
):
    run = make_run(script=add_script())
    seen = []
    execute = worker.execute
    monkeypatch.setattr(
        worker, "execute", lambda *a, **k: seen.append(line()) or execute(*a, **k)
    )
    worker.look()
    assert seen[0]["run_id"] == str(run.pk)
    assert "run_id" not in line()


@pytest.mark.parametrize("error", [None, ValueError("no")])
def test_as_text_a_failure_bears_the_id_of_its_request(line, error):
    context.request_id.set("r-1")
    event = {"msg": "It happened.", "exc_info": error and (type(error), error, None)}
    text = TextFormatter().format(logging.makeLogRecord(event))
    assert ("[r-1] It happened." in text) == bool(error)

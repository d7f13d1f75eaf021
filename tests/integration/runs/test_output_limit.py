"""A script that prints more than OUTPUT_LIMIT_BYTES is ended."""

from __future__ import annotations

import time

import pytest

from apps.runs import logs, sentences, state, worker
from apps.runs.rows import rows

pytestmark = pytest.mark.django_db


@pytest.fixture
def perform(add_script, make_run, settings):
    """Run a shell script in a slot, under a limit; returns the run afterwards."""

    def run_source(source, *, limit):
        settings.OUTPUT_LIMIT_BYTES = limit
        run = make_run(script=add_script("case.sh", f"#!/bin/sh\n{source}\n"))
        worker.look()
        run.refresh_from_db()
        return run

    return run_source


def ended(run):
    return (str(run.status), str(run.reason), run.exit_code, run.signal)


def test_an_endless_printer_is_ended_soon(perform):
    began = time.monotonic()

    run = perform("exec yes", limit=1_000_000)

    assert ended(run) == ("failed", "output", None, 15)
    assert run.log_bytes > 1_000_000
    assert time.monotonic() - began < 10
    assert "".join(logs.read_text(run.pk)).startswith("y\ny\n")


def test_the_limit_is_in_the_sentence(perform):
    run = perform("exec yes", limit=1_000_000)

    row = rows(type(run).objects).get(pk=run.pk)
    assert sentences.message(row) == (
        "The script printed more than its hard limit: OUTPUT_LIMIT_BYTES is 1000000"
    )


def test_a_script_may_clean_up_when_it_is_ended(perform):
    run = perform(
        "trap 'echo cleaned up; exit 3' TERM\nwhile :; do echo loud; done", limit=1000
    )

    assert ended(run) == ("failed", "output", 3, None)
    assert "".join(logs.read_text(run.pk)).endswith("cleaned up\n")


def test_one_that_ended_before_it_was_looked_at_ends_in_the_same_way(perform):
    run = perform("head -c 1001 /dev/zero", limit=1000)

    assert ended(run) == ("failed", "output", 0, None)


def test_just_the_limit_is_not_over_it(perform):
    run = perform("head -c 1000 /dev/zero", limit=1000)

    assert ended(run) == ("completed", "exit", 0, None)


def test_without_a_limit_a_script_prints_what_it_likes(perform):
    run = perform("yes | head -c 3000000", limit=0)

    assert ended(run) == ("completed", "exit", 0, None)
    assert run.log_bytes == 3_000_000


def test_a_cancel_that_came_first_stays_a_cancel(perform, monkeypatch):
    monkeypatch.setattr(worker, "CANCEL_POLL_S", 0)
    monkeypatch.setattr(worker.services, "cancel_requested", lambda **how: True)

    run = perform(
        "trap 'head -c 5000 /dev/zero; exit 1' TERM\nsleep 60 &\nwait", limit=9
    )

    assert ended(run)[:2] == ("cancelled", "user")
    assert run.log_bytes == 5000


def test_a_drain_that_came_first_stays_a_shutdown(perform, monkeypatch, settings):
    settings.DRAIN_SECONDS = 0
    monkeypatch.setattr(state, "draining_s", lambda: None)
    honest = worker.services.begin

    def begin_and_drain(**how):
        monkeypatch.setattr(state, "draining_s", lambda: 0.0)
        return honest(**how)

    monkeypatch.setattr(worker.services, "begin", begin_and_drain)

    run = perform(
        "trap 'head -c 5000 /dev/zero; exit 1' TERM\nsleep 60 &\nwait", limit=9
    )

    assert ended(run)[:2] == ("failed", "shutdown")

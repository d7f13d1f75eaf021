"""System checks of what the settings say about runs."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from django.core.checks import ERROR, run_checks

from apps.runs.checks import check_receivers, check_wedge

ROOT = Path(__file__).resolve().parents[2]
WRONG = [
    ("nowhere", "doesn't look like a module path"),
    ("apps.nowhere.function", "No module named 'apps.nowhere'"),
    ("apps.runs.receivers.nothing", 'does not define a "nothing"'),
    ("apps.runs.services.outbox.BUDGET_S", "not a function but of type float"),
    ("broken_receivers.listen", "ZeroDivisionError: division by zero"),
]


@pytest.mark.parametrize(("path", "why"), WRONG)
def test_e001_is_a_receiver_that_cannot_be_called(
    settings, tmp_path, monkeypatch, path, why
):
    (tmp_path / "broken_receivers.py").write_text("1 / 0\n")
    monkeypatch.syspath_prepend(tmp_path)
    settings.RUN_RECEIVERS = ["apps.runs.receivers.resolve", path]

    [message] = check_receivers(None)

    assert (message.id, message.level) == ("runs.E001", ERROR)
    assert f"names {path!r}" in message.msg
    assert why in message.msg
    assert "dotted path" in message.hint


def test_e002_is_a_receiver_that_would_be_told_twice(settings):
    settings.RUN_RECEIVERS = ["apps.runs.receivers.resolve"] * 2

    [message] = check_receivers(None)

    assert (message.id, message.level) == ("runs.E002", ERROR)
    assert "names 'apps.runs.receivers.resolve' 2 times" in message.msg


def test_e003_is_a_receiver_whose_path_cannot_be_kept(settings):
    settings.RUN_RECEIVERS = ["a." * 200 + "b"]

    [message] = check_receivers(None)

    assert (message.id, message.level) == ("runs.E003", ERROR)
    assert "which has 401 characters; 255 can be kept" in message.msg


@pytest.mark.parametrize(
    ("wedge_s", "tick_s", "least"), [(1, 1, "8"), (7.9, 0.1, "8"), (60, 60, "66")]
)
def test_e004_is_a_patience_that_a_healthy_part_outlasts(
    settings, wedge_s, tick_s, least
):
    settings.WEDGE_S, settings.TICK_S = wedge_s, tick_s

    [message] = check_wedge(None)

    assert (message.id, message.level) == ("runs.E004", ERROR)
    assert f"WEDGE_S ({wedge_s:g}) must be at least {least} seconds" in message.msg
    assert f"TICK_S at {tick_s:g}" in message.msg
    assert "Raise WEDGE_S or lower TICK_S" in message.hint


@pytest.mark.parametrize(("wedge_s", "tick_s"), [(60, 1), (60, 54), (8, 0.1)])
def test_e004_is_silent_where_there_is_time(settings, wedge_s, tick_s):
    settings.WEDGE_S, settings.TICK_S = wedge_s, tick_s

    assert check_wedge(None) == []


def test_the_checks_are_among_those_that_are_run(settings):
    settings.RUN_RECEIVERS, settings.WEDGE_S = ["nowhere"], 1

    found = {message.id for message in run_checks(tags=["hub"])}

    assert {"runs.E001", "runs.E004"} <= found


def test_receivers_are_named_by_the_environment():
    code = "from automation_hub import settings; print(settings.RUN_RECEIVERS)"
    paths = "mail.listen, chat.listen,"

    said = subprocess.run(
        [sys.executable, "-c", code],
        env={"RUN_RECEIVERS": paths, "SECRET_KEY": "tests"},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )

    assert said.stdout == "['mail.listen', 'chat.listen']\n"

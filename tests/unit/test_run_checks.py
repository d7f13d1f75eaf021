"""System checks of what the settings say about runs."""

from __future__ import annotations

import pytest
from django.core.checks import ERROR, run_checks

from apps.runs.checks import check_receivers

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


def test_the_check_is_one_of_those_that_are_run(settings):
    settings.RUN_RECEIVERS = ["nowhere"]

    assert "runs.E001" in {message.id for message in run_checks(tags=["hub"])}

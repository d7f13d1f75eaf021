"""Of the receivers of run events each has its share of a tick."""

from __future__ import annotations

import time

import pytest

from apps.runs import services
from apps.runs.models import OutboxMessage, Reason, RunStatus
from apps.runs.services import outbox

pytestmark = pytest.mark.django_db

HERE = __name__
told: list[dict] = []
dawdled: list[str] = []


def listen(payload):
    told.append(payload)


def dawdle(payload):
    dawdled.append("dawdle")
    time.sleep(0.2)


def idle(payload):
    dawdled.append("idle")
    time.sleep(0.2)


@pytest.fixture(autouse=True)
def _fresh():
    for kept in (told, dawdled, outbox._credit, outbox._paused):
        kept.clear()


@pytest.fixture
def receivers(settings):
    """Name functions of this module as receivers."""

    def name(*functions):
        settings.RUN_RECEIVERS = [f"{HERE}.{name}" for name in functions]

    return name


@pytest.fixture
def end_one(make_run):
    """Run one run to its end."""

    def end():
        run = make_run()
        held = services.claim_next(queue="default", worker="w1")
        services.finish(claim=held, status=RunStatus.COMPLETED, reason=Reason.EXIT)
        return run

    return end


def test_one_that_is_slow_has_its_share_and_the_others_theirs(
    receivers, end_one, monkeypatch
):
    monkeypatch.setattr(outbox, "BUDGET_S", 0.1)
    receivers("dawdle", "listen")
    for _ in range(6):
        end_one()
    ticks = 0

    while OutboxMessage.objects.filter(receiver=f"{HERE}.listen").exists():
        services.deliver_outbox()
        ticks += 1
        assert ticks < 100

    # A call costs it four shares.
    assert 1 <= dawdled.count("dawdle") <= 1 + ticks / 4
    assert len(told) == 6


def test_each_has_its_turn_where_there_is_time_for_one(receivers, end_one, monkeypatch):
    monkeypatch.setattr(outbox, "BUDGET_S", 0.02)
    receivers("dawdle")
    for _ in range(5):
        end_one()
    receivers("dawdle", "idle")
    end_one()

    for _ in range(3):
        services.deliver_outbox()

    assert set(dawdled) == {"dawdle", "idle"}


def test_behind_the_many_messages_of_one_the_others_are_found(
    receivers, end_one, monkeypatch
):
    monkeypatch.setattr(outbox, "BATCH", 2)
    receivers("dawdle")
    for _ in range(5):
        end_one()
    receivers("dawdle", "listen")
    run = end_one()
    outbox._paused[f"{HERE}.dawdle"] = time.monotonic() + 60

    assert services.deliver_outbox() == 1

    assert [payload["run_id"] for payload in told] == [str(run.pk)]

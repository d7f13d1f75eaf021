"""Whoever RUN_RECEIVERS names is told of every end, at least once."""

from __future__ import annotations

import contextlib
import time
import uuid
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from apps.runs import services
from apps.runs.models import OutboxMessage, Reason, Run, RunStatus
from apps.runs.services import outbox
from apps.runs.verdicts import failed
from apps.tasks.models import Task

pytestmark = pytest.mark.django_db

PAST = timezone.now() - timedelta(hours=1)
HERE = "tests.integration.runs.test_outbox"
told: list[dict] = []
failures: list[Exception] = []


def listen(payload):
    told.append(payload)


def fail(payload):
    raise failures[0]


def hang(payload):
    told.append(payload)
    # As careless receivers do; it must not keep them from being interrupted.
    with contextlib.suppress(Exception):
        time.sleep(60)
    told.append({"event": "swallowed"})


@pytest.fixture(autouse=True)
def _fresh():
    told.clear()
    outbox._credit.clear()
    failures[:] = [ValueError("no route to host")]
    outbox._paused.clear()


@pytest.fixture
def receivers(settings):
    """Name functions of this module as receivers."""

    def name(*functions):
        settings.RUN_RECEIVERS = [f"{HERE}.{name}" for name in functions]

    return name


@pytest.fixture
def end_one(make_run):
    """Run one run to its end."""

    def end(status=RunStatus.COMPLETED, **changes):
        run = make_run(**changes)
        held = services.claim_next(queue="default", worker="w1")
        services.finish(claim=held, status=status, reason=Reason.EXIT, exit_code=3)
        return run

    return end


def make_due():
    OutboxMessage.objects.exclude(due_at=None).update(due_at=PAST)


def test_an_end_is_told_once_to_each_receiver(receivers, end_one):
    receivers("listen", "fail")
    run = end_one(requested_by_name="ann")
    messages = OutboxMessage.objects.order_by("receiver")
    assert [m.receiver for m in messages] == [f"{HERE}.fail", f"{HERE}.listen"]

    assert services.deliver_outbox() == 1
    assert services.deliver_outbox() == 0

    payload = told.pop()
    assert payload["event"] == "run.ended"
    assert payload["run_id"] == str(run.pk)
    assert (payload["status"], payload["reason"]) == ("completed", "exit")
    assert (payload["script_name"], payload["exit_code"]) == ("hello.py", 3)
    assert (payload["requested_by"], payload["retry"]) == ("ann", None)
    assert payload["finished_at"]
    assert "parameters" not in payload
    assert not told


def test_a_payload_names_the_task_and_the_retry(receivers, end_one, hello):
    receivers("listen")
    task = Task.objects.create(name="greet", script=hello, retries=1)
    run = end_one(RunStatus.FAILED, task=task)

    services.deliver_outbox()

    retry = Run.objects.get(retry_of=run.pk)
    assert (told[0]["task"], told[0]["retry"]) == ("greet", str(retry.pk))


def cancel(run):
    services.cancel_run(run=run)


def expire(run):
    Run.objects.update(start_by=PAST)
    services.expire()


def lose(run):
    services.claim_next(queue="default", worker="w1")
    Run.objects.update(began_at=PAST, lease_until=PAST)
    services.reap()


@pytest.mark.parametrize(
    ("end", "reason"), [(cancel, "user"), (expire, "expired"), (lose, "lost")]
)
def test_every_way_to_end_is_told(receivers, make_run, end, reason):
    receivers("listen")

    end(make_run())
    services.deliver_outbox()

    assert [payload["reason"] for payload in told] == [reason]


def test_what_did_not_end_a_run_is_not_told(receivers, make_run):
    receivers("listen")
    run = make_run()
    held = services.claim_next(queue="default", worker="w1")
    services.cancel_run(run=run)
    Run.objects.filter(pk=run.pk).move(RunStatus.FAILED, reason=Reason.LOST)

    assert not services.finish(
        claim=held, status=RunStatus.COMPLETED, reason=Reason.EXIT
    )
    assert not OutboxMessage.objects.exists()


def test_without_receivers_nothing_is_written_or_asked(end_one, settings):
    assert settings.RUN_RECEIVERS == []
    end_one()

    with CaptureQueriesContext(connection) as queries:
        assert services.deliver_outbox() == 0

    assert len(queries) == 0
    assert not OutboxMessage.objects.exists()


def test_a_receiver_that_fails_is_tried_again_later_and_later(receivers, end_one):
    receivers("fail")
    end_one()
    waits = []

    for _ in range(12):
        make_due()
        services.deliver_outbox()
        message = OutboxMessage.objects.get()
        waits.append(round((message.due_at - timezone.now()).total_seconds()))

    assert waits == [5, 10, 20, 40, 80, 160, 320, 640, 1280, 2560, 3600, 3600]
    assert message.last_error == "ValueError: no route to host"


def test_a_message_that_nobody_takes_is_given_up_and_kept(receivers, end_one):
    receivers("fail")
    failures[:] = [ValueError("odd \0 words" + "x" * 5000)]
    end_one()
    OutboxMessage.objects.update(attempts=outbox.MAX_ATTEMPTS - 1)

    services.deliver_outbox()

    message = OutboxMessage.objects.get()
    assert (message.due_at, message.attempts) == (None, outbox.MAX_ATTEMPTS)
    assert message.last_error.startswith("ValueError: odd \N{REPLACEMENT CHARACTER}")
    assert services.deliver_outbox() == 0


def test_an_error_is_kept_whatever_is_in_its_words(receivers, end_one):
    receivers("fail")
    failures[:] = [ValueError("no file \udcff\0")]
    end_one()

    services.deliver_outbox()

    message = OutboxMessage.objects.get()
    assert message.last_error == "ValueError: no file ?\N{REPLACEMENT CHARACTER}"


def test_an_end_is_told_whatever_bytes_its_reason_names(receivers, make_run):
    receivers("listen")
    make_run()
    held = services.claim_next(queue="default", worker="w1")
    end = failed(Reason.SPAWN, ValueError("no file \udcff\0"))

    services.finish(claim=held, status=end.status, reason=end.reason, **end.facts)

    assert services.deliver_outbox() == 1
    assert told[0]["detail"] == "no file ?\N{REPLACEMENT CHARACTER}"


def test_one_that_fails_keeps_nobody_else_from_being_told(receivers, end_one):
    receivers("fail", "listen")
    runs = [end_one(), end_one()]

    services.deliver_outbox()

    assert {payload["run_id"] for payload in told} == {str(run.pk) for run in runs}
    assert OutboxMessage.objects.count() == 2


def test_one_that_is_slow_is_interrupted_and_left_alone_for_a_while(
    receivers, end_one, monkeypatch
):
    monkeypatch.setattr(outbox, "RECEIVER_LIMIT_S", 0.1)
    receivers("hang", "listen")
    end_one()
    end_one()
    began = time.monotonic()

    while OutboxMessage.objects.filter(receiver=f"{HERE}.listen").exists():
        services.deliver_outbox()
        make_due()
        assert time.monotonic() - began < 30

    # Called once, though it has two messages: the pause is the process's.
    assert len(told) == 3
    tried = OutboxMessage.objects.get(attempts=1)
    assert tried.last_error == "It took longer than 0.1 s."
    assert OutboxMessage.objects.filter(attempts=0).count() == 1


def test_a_tick_stops_in_time_however_much_there_is_to_tell(
    receivers, end_one, monkeypatch
):
    monkeypatch.setattr(outbox, "BUDGET_S", 0)
    receivers("listen")
    end_one()

    assert services.deliver_outbox() == 0
    assert OutboxMessage.objects.get().attempts == 0


def test_two_ticks_never_deliver_the_same_at_once(receivers, end_one, monkeypatch):
    receivers("listen")
    end_one()
    honest = outbox._claim

    def second(message):
        assert honest(OutboxMessage.objects.get())
        return honest(message)

    monkeypatch.setattr(outbox, "_claim", second)

    assert services.deliver_outbox() == 0
    assert not told


def test_while_one_delivers_nobody_else_does(receivers, end_one, monkeypatch):
    receivers("listen")
    end_one()
    honest = outbox._call

    def meanwhile(message):
        monkeypatch.undo()
        receivers("listen")
        assert services.deliver_outbox() == 0
        return honest(message)

    monkeypatch.setattr(outbox, "_call", meanwhile)

    assert services.deliver_outbox() == 1


def test_who_died_while_delivering_leaves_it_to_another(
    receivers, end_one, monkeypatch
):
    receivers("listen")
    end_one()

    def die(message):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(outbox, "_call", die)
        with pytest.raises(KeyboardInterrupt):
            services.deliver_outbox()

    assert services.deliver_outbox() == 0
    make_due()
    assert services.deliver_outbox() == 1


def test_a_row_alone_does_not_decide_what_is_called(receivers, end_one):
    receivers("listen")
    end_one()
    OutboxMessage.objects.update(receiver="os.abort")

    services.deliver_outbox()

    message = OutboxMessage.objects.get()
    assert message.due_at is None
    assert "does not name this receiver" in message.last_error


def test_a_receiver_that_is_not_there_is_an_error_of_its_message(receivers, end_one):
    receivers("nobody")
    end_one()

    services.deliver_outbox()

    assert "nobody" in OutboxMessage.objects.get().last_error


# -- Retention ---------------------------------------------------------------------
def test_what_is_still_to_be_told_outlives_its_run(receivers, end_one):
    receivers("fail", "listen")
    end_one()
    OutboxMessage.objects.filter(receiver=f"{HERE}.fail").update(due_at=None)

    services.prune(now=timezone.now() + timedelta(days=10), days=1)

    assert not Run.objects.exists()
    assert OutboxMessage.objects.get().receiver == f"{HERE}.listen"
    assert services.deliver_outbox() == 1


def test_what_nobody_took_is_not_kept_for_ever(receivers, end_one):
    receivers("fail")
    end_one()

    services.prune(now=timezone.now() + timedelta(days=29), days=0)
    assert OutboxMessage.objects.exists()
    services.prune(now=timezone.now() + timedelta(days=31), days=0)
    assert not OutboxMessage.objects.exists()


def test_the_admin_shows_what_nobody_took(admin_client, receivers, end_one):
    receivers("fail")
    run = end_one()
    services.deliver_outbox()

    page = admin_client.get(reverse("admin:runs_outboxmessage_changelist"))

    text = page.content.decode()
    assert str(run.pk) in text
    assert "no route to host" in text


@pytest.mark.parametrize(
    ("changes", "state"),
    [
        ({}, "waits"),
        ({"attempts": 2}, "is tried again"),
        ({"due_at": None}, "given up"),
    ],
)
def test_the_console_says_what_becomes_of_a_message(admin_client, changes, state):
    OutboxMessage.objects.create(
        receiver="a.b", topic="run.ended", payload={}, run_id=uuid.uuid4(), **changes
    )

    page = admin_client.get(reverse("admin:runs_outboxmessage_changelist"))

    assert f">{state}</span>" in page.content.decode()

"""How many runs of a script or group go on at once."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import IntegrityError, connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from apps.runs import services
from apps.runs.models import Reason, Run, RunStatus, Slot, Trigger
from apps.runs.services import slots
from apps.tasks.models import ConcurrencyGroup, Task

pytestmark = pytest.mark.django_db

PAST = timezone.now() - timedelta(hours=1)


def claim(queue="default"):
    return services.claim_next(queue=queue, worker="w1")


def end(held):
    return services.finish(claim=held, status=RunStatus.COMPLETED, reason=Reason.EXIT)


def held_slots():
    return set(Slot.objects.values_list("key", "n"))


@pytest.fixture
def limit(hello):
    """Limit how many runs of hello.py go on at once."""

    def limit(max_running):
        hello.max_running = max_running
        hello.save()
        return hello

    return limit


@pytest.fixture
def messages(django_capture_on_commit_callbacks, redis_broker):
    """Do something, and return the ids of the runs that messages were sent for."""

    def sent_by(act):
        with django_capture_on_commit_callbacks(execute=True):
            act()
        redis = redis_broker.connection
        lists = [redis.lrange(key, 0, -1) for key in redis.keys("django_q:*:q")]
        return [message.decode() for sent in lists for message in sent]

    return sent_by


def test_a_script_at_its_limit_starts_no_further_run(limit, make_run):
    limit(2)
    for _ in range(3):
        make_run()
    first, second = claim(), claim()

    assert claim() is None
    assert held_slots() == {(first.slots[0], 1), (second.slots[0], 2)}
    assert Run.objects.filter(status=RunStatus.QUEUED).count() == 1


def test_an_end_makes_room_for_the_next(limit, make_run):
    limit(1)
    make_run()
    second = make_run()

    end(claim())

    assert claim().run.pk == second.pk
    assert len(held_slots()) == 1


def test_a_group_counts_runs_of_different_scripts_and_queues(make_run, add_script):
    other = add_script("other.sh", "#!/bin/sh\n")
    make_run(group="db")
    make_run(group="db", script=other, queue="gpu")
    make_run(group="mail", queue="gpu")

    assert claim().slots == ("group:db",)
    assert claim("gpu").slots == ("group:mail",)
    assert claim("gpu") is None


def test_a_group_is_as_large_as_its_row_says(make_run):
    ConcurrencyGroup.objects.create(name="db", max_running=2)
    for _ in range(3):
        make_run(group="db")

    assert [claim() is not None for _ in range(3)] == [True, True, False]

    # Without its row a group has the size 1, and both are still going.
    ConcurrencyGroup.objects.all().delete()
    end(services.Claim(*going_claim(), ("group:db",)))
    assert claim() is None


def going_claim():
    run = Run.objects.filter(status=RunStatus.RUNNING).first()
    return run, run.claim_token


def test_a_run_under_two_limits_needs_room_under_both(limit, make_run, add_script):
    other = add_script("other.sh", "#!/bin/sh\n")
    limit(1)
    make_run(group="db")
    make_run(group="mail")
    make_run(group="db", script=other)
    make_run(group="mail", script=other)

    first, second = claim(), claim()

    assert len(first.slots) == 2
    assert (second.run.script, second.run.group) == (other, "mail")
    assert claim() is None


def test_a_tasks_group_comes_before_its_scripts(hello, add_script):
    header = '#!/bin/sh\n# /// script\n# [tool.automation-hub]\n# group = "db"\n# ///\n'
    script = add_script("job.sh", header)
    own = Task.objects.create(name="own", script=script, group="mail")
    none = Task.objects.create(name="none", script=script)

    groups = [
        services.start_task(task=task, user=None, trigger=Trigger.CLI).group
        for task in (own, none)
    ]

    assert groups == ["mail", "db"]


def test_a_task_that_changes_its_group_does_not_change_what_waits(hello):
    task = Task.objects.create(name="greet", script=hello, group="db")
    run = services.start_task(task=task, user=None, trigger=Trigger.CLI)
    Task.objects.update(group="mail")

    assert claim().slots == ("group:db",)
    run.refresh_from_db()
    assert run.group == "db"


def test_a_lower_limit_starts_nothing_until_enough_have_ended(limit, make_run):
    limit(3)
    for _ in range(4):
        make_run()
    going = [claim() for _ in range(3)]
    limit(1)

    for held in going:
        assert claim() is None
        end(held)

    assert claim() is not None


def test_a_new_limit_counts_what_is_going_already(limit, make_run):
    make_run()
    make_run()
    before = claim()
    limit(1)

    assert claim() is None
    end(before)
    assert claim() is not None


def test_a_limit_that_is_lifted_holds_nobody_back(limit, make_run):
    limit(1)
    make_run()
    make_run()
    held = claim()
    limit(None)

    assert claim().slots == ()
    end(held)
    assert held_slots() == set()


@pytest.mark.parametrize("began_at", [None, PAST])
def test_a_run_that_is_taken_from_its_worker_leaves_its_place(
    limit, make_run, began_at, monkeypatch
):
    monkeypatch.setattr(slots, "sweep", lambda: None)
    limit(1)
    make_run()
    held = claim()
    Run.objects.filter(pk=held.run.pk).update(began_at=began_at, lease_until=PAST)

    services.reap()

    assert held_slots() == set()
    assert (claim() is None) == (began_at is not None)


def test_a_claim_without_a_place_leaves_the_run_as_it_was(limit, make_run, monkeypatch):
    limit(1)
    run = make_run()

    def refuse(taken):
        raise IntegrityError("somebody else took it")

    with monkeypatch.context() as patch:
        patch.setattr(slots, "take", refuse)
        assert claim() is None

    run.refresh_from_db()
    assert (run.status, run.worker) == (RunStatus.QUEUED, "")
    assert claim() is not None


def test_the_last_place_may_go_between_the_look_and_the_claim(limit, make_run):
    limit(1)
    first, second = make_run(group="db"), make_run(group="db")
    make_run(status="running")

    with pytest.raises(slots.Full, match=f"script:{first.script_id}"):
        slots.take(first)
    limit(None)
    make_run(status="running", group="db")
    with pytest.raises(slots.Full, match="group:db"):
        slots.take(Run.objects.get(pk=second.pk))


def test_no_place_is_given_twice(make_run):
    Slot.objects.create(key="script:1", n=1, run=make_run())

    with pytest.raises(IntegrityError):
        Slot.objects.create(key="script:1", n=1, run=make_run())


@pytest.mark.parametrize("lost", [slots.Full, IntegrityError])
def test_who_lost_the_last_place_looks_again(limit, make_run, monkeypatch, lost):
    limit(1)
    make_run()
    honest = slots.take
    calls = []

    def lose_once(run):
        calls.append(run)
        if len(calls) == 1:
            raise lost("somebody else took it")
        return honest(run)

    monkeypatch.setattr(slots, "take", lose_once)

    assert claim() is not None
    assert len(calls) == 2


def test_thousands_that_are_blocked_hide_nobody_and_cost_few_queries(
    limit, make_run, add_script
):
    free = add_script("free.sh", "#!/bin/sh\n")
    script = limit(1)
    make_run()
    claim()
    Run.objects.bulk_create(
        Run(
            script=script,
            script_name=script.name,
            trigger=Trigger.API,
            timeout_s=60,
            priority=9,
            group=group,
        )
        for group in ("", "db") * 1000
    )
    last = make_run(script=free)

    with CaptureQueriesContext(connection) as queries:
        assert claim().run.pk == last.pk

    assert len(queries) == 3
    assert claim() is None


def test_a_run_without_limits_is_claimed_and_ended_in_three_queries(make_run):
    make_run()

    with CaptureQueriesContext(connection) as queries:
        end(claim())

    work = [q["sql"] for q in queries if "SAVEPOINT" not in q["sql"]]
    assert len(work) == 3, work


def test_the_best_run_that_waits_for_a_place_is_called(limit, make_run, messages):
    limit(1)
    make_run(priority=50)
    make_run()
    best = make_run(priority=5, queue="gpu")
    make_run(priority=9, not_before=timezone.now() + timedelta(hours=1))
    held = claim()

    assert messages(lambda: end(held)) == [str(best.pk)]


def test_who_has_no_room_elsewhere_is_not_called(limit, make_run, messages, add_script):
    other = add_script("other.sh", "#!/bin/sh\n")
    limit(1)
    make_run(priority=9)
    make_run(group="db")
    held = claim()
    make_run(group="db", status="running", script=other)

    assert messages(lambda: end(held)) == []


def test_a_run_without_limits_calls_nobody(make_run, messages):
    make_run()
    make_run()
    held = claim()

    assert messages(lambda: end(held)) == []


def test_a_blocked_run_is_called_when_its_limit_is_raised_and_not_before(
    limit, make_run, redis_broker
):
    limit(1)
    make_run()
    claim()
    make_run(resend_at=PAST)

    assert services.resend_lost() == 0
    limit(2)
    assert services.resend_lost() == 1


def test_a_place_that_an_older_worker_left_is_swept(limit, make_run):
    limit(1)
    make_run()
    make_run()
    held = claim()
    Run.objects.filter(pk=held.run.pk).move(RunStatus.COMPLETED, reason=Reason.EXIT)
    assert claim() is None

    services.reap()

    assert claim() is not None


def test_no_limit_walks_through_all_that_its_script_ever_ran(limit):
    limited = slots._counted(f"script:{limit(1).pk}")

    for status in (RunStatus.QUEUED, RunStatus.RUNNING):
        plan = Run.objects.filter(limited, status=status).order_by().explain()
        assert "runs_run_by_script" not in plan

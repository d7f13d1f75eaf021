"""Whatever happens to runs in whatever order, some things always hold.

Hypothesis makes up the orders: people, workers, zombies among them, the reaper and the
clock take turns on real rows.
"""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

import pytest
from django.db import transaction
from django.utils import timezone
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    invariant,
    multiple,
    rule,
    run_state_machine_as_test,
)

from apps.runs import services
from apps.runs.models import FINAL, OutboxMessage, Reason, Run, RunStatus, Slot, Trigger
from apps.runs.services.control import RunNotCancellable, RunNotRepeatable
from apps.runs.services.endings import RETRIED
from apps.scripts.models import Script
from apps.tasks.models import ConcurrencyGroup, Task

# The same orders each time: what fails here fails again.
DETERMINISTIC = settings(
    derandomize=True,
    database=None,
    deadline=None,
    max_examples=60,
    stateful_step_count=40,
    phases=[Phase.generate, Phase.shrink],
    suppress_health_check=list(HealthCheck),
)
PAST = timezone.now() - timedelta(hours=1)
RECEIVER = "apps.runs.receivers.resolve"
# How a worker may end a run.
ENDINGS = [
    (RunStatus.COMPLETED, Reason.EXIT),
    (RunStatus.FAILED, Reason.EXIT),
    (RunStatus.FAILED, Reason.TIMEOUT),
    (RunStatus.FAILED, Reason.LOST),
    (RunStatus.FAILED, Reason.REJECTED),
    (RunStatus.CANCELLED, Reason.USER),
]
POLICIES = [
    {"name": "plain"},
    {"name": "again", "retries": 2, "retry_wait_s": 0},
    {"name": "careful", "retries": 1, "idempotent": True, "group": "db"},
    {"name": "hasty", "start_within_s": 60, "group": "db"},
]


class Life(RuleBasedStateMachine):
    """Runs of a script and a group that are limited, in a transaction of their own."""

    runs = Bundle("runs")
    # Claims stay here when they are lost: their owners do not know yet.
    claims = Bundle("claims")

    def __init__(self, script: Script) -> None:
        super().__init__()
        self._transaction = transaction.atomic()
        self._transaction.__enter__()
        self.script = script
        self.group = ConcurrencyGroup.objects.create(name="db", max_running=2)
        self.tasks = {
            policy["name"]: Task.objects.create(script=script, **policy)
            for policy in POLICIES
        }
        self.begun: Counter[object] = Counter()
        self.ends: dict[object, tuple[object, ...]] = {}
        self.by_hand: set[object] = set()

    def teardown(self) -> None:
        transaction.set_rollback(True)
        self._transaction.__exit__(None, None, None)

    # -- People ------------------------------------------------------------------
    @rule(target=runs, policy=st.sampled_from([p["name"] for p in POLICIES]))
    def start(self, policy):
        task = self.tasks[policy]
        return services.start_task(task=task, user=None, trigger=Trigger.CLI).pk

    @rule(run_id=runs)
    def cancel(self, run_id):
        run = Run.objects.get(pk=run_id)
        was_final = run.status in FINAL
        try:
            services.cancel_run(run=run)
        except RunNotCancellable:
            assert was_final

    @rule(target=runs, run_id=runs)
    def retry_by_hand(self, run_id):
        run = Run.objects.get(pk=run_id)
        try:
            retry = services.retry_run(run=run, user=None)
        except RunNotRepeatable:
            assert run.status not in FINAL
            return multiple()
        self.by_hand.add(retry.pk)
        return retry.pk

    @rule(size=st.sampled_from([None, 1, 2]))
    def limit_the_script(self, size):
        Script.objects.update(max_running=size)

    @rule(size=st.sampled_from([1, 2, 3]))
    def size_the_group(self, size):
        ConcurrencyGroup.objects.update(max_running=size)

    # -- Workers -----------------------------------------------------------------
    @rule(target=claims)
    def claim(self):
        possible = Run.objects.due("default").first()
        held = services.claim_next(queue="default", worker="w1")
        assert (held and held.run.pk) == (possible and possible.pk)
        if held is None:
            return multiple()
        self._check_room(held.run)
        return held

    def _check_room(self, run):
        going = Run.objects.filter(status=RunStatus.RUNNING)
        limit = Script.objects.get(pk=run.script_id).max_running
        assert limit is None or going.filter(script=run.script_id).count() <= limit
        size = ConcurrencyGroup.objects.get().max_running
        assert not run.group or going.filter(group=run.group).count() <= size

    @rule(held=claims)
    def begin(self, held):
        self.begun[held.run.pk] += services.begin(claim=held, sha256="")

    @rule(held=claims)
    def renew(self, held):
        ours = self._is_held(held)
        assert services.renew(claim=held) == ours

    @rule(held=claims, ending=st.sampled_from(ENDINGS))
    def finish(self, held, ending):
        ours = self._is_held(held)
        status, reason = ending
        assert services.finish(claim=held, status=status, reason=reason) == ours

    @rule(held=claims)
    def let_go(self, held):
        services.let_go(claim=held)

    def _is_held(self, held):
        return Run.objects.held(held.run.pk, held.token).exists()

    # -- The clock and tick --------------------------------------------------------
    @rule(run_id=runs)
    def its_lease_is_over(self, run_id):
        running = Run.objects.filter(pk=run_id, status=RunStatus.RUNNING)
        running.update(lease_until=PAST)

    @rule()
    def time_passes(self):
        Run.objects.filter(not_before__isnull=False).update(not_before=PAST)

    @rule(run_id=runs)
    def its_patience_is_over(self, run_id):
        Run.objects.filter(pk=run_id, start_by__isnull=False).update(start_by=PAST)

    @rule()
    def reap(self):
        services.reap()
        assert not Run.objects.leaseless().exists()

    @rule()
    def expire(self):
        services.expire()
        assert not Run.objects.overdue().exists()

    # -- What always holds ---------------------------------------------------------
    @invariant()
    def no_script_begins_twice(self):
        assert all(count <= 1 for count in self.begun.values())

    @invariant()
    def an_end_is_for_ever_and_told_once(self):
        columns = ("pk", "status", "reason", "finished_at", "attempt")
        final = Run.objects.filter(status__in=FINAL)
        ends = {row[0]: row for row in final.values_list(*columns)}
        assert self.ends.items() <= ends.items()
        self.ends = ends
        told = OutboxMessage.objects.values_list("run_id", flat=True)
        assert Counter(told) == Counter(list(ends))

    @invariant()
    def who_runs_is_held_and_nobody_else(self):
        for run in Run.objects.all():
            held = run.claim_token is not None and run.lease_until is not None
            assert held == (run.status == RunStatus.RUNNING)
            assert (run.finished_at is not None) == (run.status in FINAL)

    @invariant()
    def slots_are_of_runs_that_go_on(self):
        assert not Slot.objects.exclude(run__status=RunStatus.RUNNING).exists()

    @invariant()
    def only_what_may_be_is_tried_again(self):
        retries = Run.objects.exclude(retry_of=None).exclude(pk__in=self.by_hand)
        for retry in retries.select_related("retry_of__task"):
            first, task = retry.retry_of, retry.retry_of.task
            assert first.status == RunStatus.FAILED
            assert first.reason in RETRIED
            assert first.cancel_requested_at is None
            assert retry.attempt == first.attempt + 1 <= task.retries + 1
            assert first.reason != Reason.LOST or task.idempotent
            assert retry.group == first.group == task.group


@pytest.mark.django_db
def test_what_must_hold_holds_in_any_order_of_events(hello, settings):
    settings.RUN_RECEIVERS = [RECEIVER]

    run_state_machine_as_test(lambda: Life(hello), settings=DETERMINISTIC)

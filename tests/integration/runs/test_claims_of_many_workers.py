"""Several workers at once, each a process with a connection of its own."""

from __future__ import annotations

import multiprocessing
import time

import pytest
from django import db

from apps.runs import services
from apps.runs.models import Reason, Run, RunStatus, Slot
from apps.tasks.models import ConcurrencyGroup

WORKERS = 4
PATIENCE_S = 60


def work(name, barrier, results):
    """Claim and end runs until all have ended; say how many, and who was too many."""
    claimed, too_many = 0, []
    deadline = time.monotonic() + PATIENCE_S
    try:
        barrier.wait(PATIENCE_S)
        while not all_ended() and time.monotonic() < deadline:
            held = services.claim_next(queue="default", worker=name)
            if held is None:
                continue
            claimed += 1
            too_many += over_limit()
            services.finish(claim=held, status=RunStatus.COMPLETED, reason=Reason.EXIT)
        results.put((claimed, too_many))
    finally:
        db.connections.close_all()


def all_ended():
    return not Run.objects.filter(status=RunStatus.QUEUED).exists()


def over_limit():
    going = Run.objects.filter(status=RunStatus.RUNNING)
    found = list(going.values_list("script__name", "group"))
    scripts = sum(name == "one.sh" for name, _group in found)
    groups = sum(group == "two" for _name, group in found)
    return (
        [f"{scripts} of one.sh, {groups} in two"] if scripts > 1 or groups > 2 else []
    )


@pytest.mark.django_db(transaction=True)
def test_a_limit_holds_whoever_comes_at_once(make_run, add_script):
    header = (
        "#!/bin/sh\n# /// script\n# [tool.automation-hub]\n# max_running = 1\n# ///\n"
    )
    free = add_script("free.sh", "#!/bin/sh\n")
    one = add_script("one.sh", header)
    ConcurrencyGroup.objects.create(name="two", max_running=2)
    for number in range(12):
        make_run(script=one, group="two" if number % 2 else "")
        make_run(script=free, group="two")
    context = multiprocessing.get_context("fork")
    barrier, results = context.Barrier(WORKERS), context.Queue()
    # A connection cannot be shared with a child.
    db.connections.close_all()
    workers = [
        context.Process(target=work, args=(f"w{n}", barrier, results))
        for n in range(WORKERS)
    ]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(PATIENCE_S * 2)

    assert [worker.exitcode for worker in workers] == [0] * WORKERS
    said = [results.get(timeout=PATIENCE_S) for _ in workers]
    assert [sentence for _count, too_many in said for sentence in too_many] == []
    assert sum(count for count, _too_many in said) == 24
    assert set(Run.objects.values_list("status", flat=True)) == {"completed"}
    assert not Slot.objects.exists()

"""What an earlier claim's build left is killed, though its run goes on."""

from __future__ import annotations

import uuid

import pytest

from apps.runs import services
from tests.integration.runs.test_sweep_strays import instance, leave
from tests.unit.executor.helpers import is_alive, linux_only

pytestmark = [pytest.mark.django_db, linux_only]
__all__ = ["instance", "leave"]


def test_the_build_of_a_run_that_was_queued_again_is_killed(leave, make_run):
    pid = leave(make_run().pk, HUB_CLAIM=str(uuid.uuid4()))

    assert services.sweep_strays() == 1
    assert not is_alive(pid)


def test_the_build_of_an_earlier_claim_is_killed_and_that_of_this_one_stays(
    leave, make_run
):
    run = make_run(status="running")
    earlier = leave(run.pk, HUB_CLAIM=str(uuid.uuid4()))
    present = leave(run.pk, HUB_CLAIM=str(run.claim_token))

    assert services.sweep_strays() == 1
    assert (is_alive(earlier), is_alive(present)) == (False, True)

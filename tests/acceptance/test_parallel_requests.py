"""Requests with one Idempotency-Key at the same moment, against a real portal."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest

pytestmark = pytest.mark.acceptance

CALLERS = 20
BODY = {"script_name": "hello.sh"}


@pytest.fixture(params=["sqlite", "postgres"])
def hub(request, make_hub):
    """A portal without a worker, so that runs stay as they were made."""
    hub = make_hub(database=request.param, ANONYMOUS_API="127.0.0.0/8")
    hub.add_script(
        "hello.sh",
        "#!/bin/sh\n# /// script\n# [tool.automation-hub]\n"
        "# anonymous = true\n# ///\necho hello\n",
    )
    hub.setup()
    hub.start_portal()
    return hub


def at_once(call):
    """Return what the call answers to CALLERS threads that start it together."""
    barrier = Barrier(CALLERS)

    def wait_and_call(_number):
        barrier.wait()
        return call()

    with ThreadPoolExecutor(CALLERS) as threads:
        return list(threads.map(wait_and_call, range(CALLERS)))


def started(hub):
    return hub.request("GET", "/runs/runs").json()["results"]


@pytest.mark.parametrize("with_token", [True, False])
def test_one_key_makes_one_run_and_all_callers_get_its_id(hub, with_token):
    token = ""
    if with_token:
        made = hub.manage("token", "create", "test", "--user", "admin")
        token = made.stdout.strip()
    headers = {"Idempotency-Key": "one"}

    answers = at_once(
        lambda: hub.request(
            "POST", "/runs/runs", json=BODY, headers=headers, token=token
        )
    )

    assert sorted(a.status for a in answers) == [200] * (CALLERS - 1) + [201]
    runs = started(hub)
    assert [run["run_id"] for run in runs] == [answers[0].json()["run_id"]]
    assert len({answer.json()["run_id"] for answer in answers}) == 1

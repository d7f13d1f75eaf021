"""Messages are hints: late, doubled, lost or wrong ones change nothing."""

from __future__ import annotations

import random
import threading

import pytest
import redis

from tests.faults.site import key

QUEUE = "django_q:default:q"
GARBAGE = [b"", b"\x00\xff", b"not a run id", b"[]", b"x" * 70_000, b"gASVBQAAAAAAAACM"]
UNKNOWN = "01890000-0000-7000-8000-000000000000"


@pytest.fixture(scope="module")
def installed(make_site):
    return make_site(broker="redis")


@pytest.fixture
def push(installed):
    """Put messages into the queue by hand."""
    with redis.Redis.from_url(installed.hub.env["REDIS_URL"]) as client:
        yield lambda *messages: client.rpush(QUEUE, *messages)


@pytest.mark.fault(22)
def test_a_message_fifty_times_and_in_any_order_starts_a_run_once(site, push):
    runs = [site.start("quick.sh") for _ in range(10)]
    doubled = runs * 50
    random.shuffle(doubled)

    push(*doubled)
    site.start_cluster()

    assert {site.ended(run_id) for run_id in runs} == {("completed", "exit")}
    assert {site.count_starts(run_id) for run_id in runs} == {1}


@pytest.mark.fault(22)
def test_garbage_is_only_a_hint_to_look(site, push):
    cluster = site.start_cluster()

    push(*GARBAGE * 3)

    assert site.ended(site.start("quick.sh")) == ("completed", "exit")
    assert cluster.alive
    assert "Traceback" not in cluster.output()


@pytest.mark.fault(23)
def test_messages_about_unknown_ended_and_cancelled_runs_change_nothing(site, push):
    cancelled = site.start("quick.sh")
    assert site.cancel(cancelled).status == 202
    site.start_cluster()
    done = site.start("quick.sh")
    site.final(done)
    before = [site.read(run_id) for run_id in (done, cancelled)]

    push(*[UNKNOWN, done, cancelled] * 10)

    assert site.ended(site.start("quick.sh")) == ("completed", "exit")
    assert [site.read(run_id) for run_id in (done, cancelled)] == before
    assert site.count_starts(cancelled) == 0


@pytest.mark.fault(47)
def test_twenty_requests_with_one_key_are_one_run(site):
    site.start_cluster()
    answers = []

    def ask():
        answers.append(site.post("quick.sh", headers={"Idempotency-Key": "order-1"}))

    threads = [threading.Thread(target=ask) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(answer.status for answer in answers) == [200] * 19 + [201]
    [run_id] = {answer.json()["run_id"] for answer in answers}
    assert site.ended(run_id) == ("completed", "exit")
    assert site.count_starts(run_id) == 1


@pytest.mark.fault(48)
def test_a_key_with_another_body_is_refused_and_nothing_starts(site):
    site.start_cluster()
    first = site.post("quick.sh", headers={"Idempotency-Key": "order-2"})

    second = site.post("slow.sh", headers={"Idempotency-Key": "order-2"})

    assert (first.status, second.status) == (201, 422)
    assert second.json()["message"]
    run_id = first.json()["run_id"]
    assert site.ended(run_id) == ("completed", "exit")
    [(count,)] = site.sql("SELECT count(*) FROM runs_run WHERE id > ?", key(run_id))
    assert count == 0


@pytest.mark.fault(57)
def test_runs_that_waited_run_under_another_secret_key(site):
    waiting = [site.start("quick.sh") for _ in range(5)]

    site.start_cluster(SECRET_KEY="another-secret-key-of-this-test-" + "x" * 40)

    assert {site.ended(run_id) for run_id in waiting} == {("completed", "exit")}

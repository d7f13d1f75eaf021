"""`Idempotency-Key`: a request that arrives twice starts one run."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.contrib.auth.models import Group, User

from apps.accounts.services import create_token
from apps.runs.models import Run
from apps.runs.models.key import RequestKey
from apps.runs.services import prune
from apps.tasks.models import Task

pytestmark = pytest.mark.django_db

BODY = {"script_name": "hello.py", "parameters": {"times": 2}}
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.fixture
def operator(api_as):
    return api_as("Operator")


def post(client, body=None, *, key="abc", path="/runs/runs", **headers):
    usual = {} if path.endswith("/retry") else BODY
    return client.post(path, body or usual, headers={"Idempotency-Key": key, **headers})


def test_the_second_request_is_answered_with_the_run_of_the_first(operator, hello):
    first, second = post(operator), post(operator)

    assert (first.status_code, second.status_code) == (201, 200)
    assert second.json() == first.json()
    assert second["Location"] == first["Location"]
    assert Run.objects.count() == 1


def test_neither_the_order_of_names_nor_the_spelling_of_the_route_matters(
    operator, hello
):
    first = post(operator)
    again = post(operator, dict(reversed(BODY.items())), path="/runs/")

    assert again.status_code == 200
    assert again.json()["run_id"] == first.json()["run_id"]


def test_a_run_that_went_on_is_shown_as_it_is_now(operator, hello):
    run_id = post(operator).json()["run_id"]
    Run.objects.filter(pk=run_id).move("cancelled", reason="user")

    assert post(operator).json()["status"] == "cancelled"


def test_a_key_with_another_body_is_refused(operator, hello):
    post(operator)
    answer = post(operator, {"script_name": "hello.py"})

    assert answer.status_code == 422
    assert answer.json()["code"] == "idempotency_key_reused"
    assert "came before with another request" in answer.json()["message"]
    assert Run.objects.count() == 1


def test_another_key_starts_another_run(operator, hello):
    assert {post(operator, key=key).status_code for key in "ab"} == {201}
    assert Run.objects.count() == 2


def test_without_a_key_nothing_is_remembered(operator, hello):
    operator.post("/runs/runs", BODY)

    assert not RequestKey.objects.exists()


def test_a_request_that_failed_does_not_use_its_key_up(operator, hello):
    wrong = post(operator, {**BODY, "parameters": {"times": "many"}})
    right = post(operator)

    assert (wrong.status_code, right.status_code) == (400, 201)


@pytest.mark.parametrize("key", ["", "a b", "k" * 129, "schlüssel", "a\tb"])
def test_a_key_that_is_none_is_refused(operator, hello, key):
    answer = operator.post("/runs/runs", BODY, HTTP_IDEMPOTENCY_KEY=key)

    assert answer.status_code == 400
    assert "visible ASCII characters" in answer.json()["fields"]["Idempotency-Key"][0]
    assert not Run.objects.exists()


def test_the_longest_key_is_taken(operator, hello):
    assert post(operator, key="~" * 128).status_code == 201
    assert post(operator, key="~" * 128).status_code == 200


# -- Whose key it is -------------------------------------------------------------
def test_each_user_has_keys_of_their_own(api_as, hello):
    answers = [post(api_as("Operator")), post(api_as("Editor"))]

    assert [answer.status_code for answer in answers] == [201, 201]


def test_a_user_has_the_same_keys_with_a_token_and_without(api, operator, hello):
    user = User.objects.get(username="operator")
    _token, text = create_token(
        name="t", user=user, scopes=["run"], lifetime=timedelta(1)
    )

    assert post(operator).status_code == 201
    assert post(api, Authorization=f"Bearer {text}").status_code == 200


def test_callers_without_credentials_share_their_keys(nearby, operator, hello):
    answers = [post(nearby), post(nearby), post(operator)]

    assert [answer.status_code for answer in answers] == [201, 200, 201]


# -- What became of the run ------------------------------------------------------
def test_a_run_of_a_script_that_was_closed_since_is_not_shown(operator, hello):
    run_id = post(operator).json()["run_id"]
    hello.groups.add(Group.objects.create(name="Others"))

    answer = post(operator)

    assert answer.status_code == 409
    assert "is not there any more" in answer.json()["message"]
    assert run_id not in answer.content.decode()
    assert Run.objects.count() == 1


def test_a_run_that_was_deleted_since_is_not_started_again(operator, hello):
    post(operator)
    Run.objects.all().delete()

    answer = post(operator)

    assert answer.json()["code"] == "idempotency_key_outlived_run"
    assert not Run.objects.exists()


def test_a_disabled_script_does_not_hide_what_the_key_started(operator, hello):
    first = post(operator)
    hello.enabled = False
    hello.save()

    assert post(operator).json()["run_id"] == first.json()["run_id"]


def test_a_task_is_started_once_too(operator, hello):
    Task.objects.create(name="greet", script=hello)
    answers = [post(operator, {"task": "greet"}) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [201, 200]
    assert answers[0].json() == answers[1].json()


# -- Retries ---------------------------------------------------------------------
def test_a_retry_is_started_once_too(operator, make_run):
    url = f"/runs/runs/{make_run(status='failed').pk}/retry"
    answers = [post(operator, path=url) for _ in range(3)]

    assert [answer.status_code for answer in answers] == [201, 200, 200]
    assert {answer.json()["attempt"] for answer in answers} == {2}


def test_a_key_is_for_one_route(operator, make_run):
    post(operator)
    url = f"/runs/runs/{make_run(status='failed').pk}/retry"

    assert post(operator, path=url).status_code == 422


def test_a_retry_of_a_run_that_was_deleted_since_is_still_known(operator, make_run):
    old = make_run(status="failed")
    url = f"/runs/runs/{old.pk}/retry"
    first = post(operator, path=url)
    old.delete()

    again, other = post(operator, path=url), post(operator, path=url, key="other")

    assert again.status_code == 200
    assert again.json()["run_id"] == first.json()["run_id"]
    assert other.status_code == 404


def test_a_retry_that_was_deleted_too_says_so(operator, make_run):
    url = f"/runs/runs/{make_run(status='failed').pk}/retry"
    post(operator, path=url)
    Run.objects.all().delete()

    answer = post(operator, path=url)

    assert answer.status_code == 409
    assert answer.json()["code"] == "idempotency_key_outlived_run"


# -- For how long ----------------------------------------------------------------
def test_a_day_later_a_key_is_new_again(operator, hello):
    with time_machine.travel(NOON, tick=False) as clock:
        first = post(operator)
        clock.shift(timedelta(hours=24, seconds=-1))
        assert post(operator).json()["run_id"] == first.json()["run_id"]
        clock.shift(timedelta(seconds=1))
        assert post(operator, {"script_name": "hello.py"}).status_code == 201

    assert RequestKey.objects.count() == 1


def test_pruning_deletes_old_keys_and_keeps_the_others(operator, hello):
    with time_machine.travel(NOON, tick=False) as clock:
        post(operator, key="old")
        clock.shift(timedelta(hours=24))
        post(operator, key="new")
        prune()

    assert list(RequestKey.objects.values_list("key", flat=True)) == ["new"]

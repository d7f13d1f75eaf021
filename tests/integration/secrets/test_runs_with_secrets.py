"""A run gets its secrets, and nobody else does."""

from __future__ import annotations

import base64

import pytest

from apps.core.vault import new_key
from apps.runs import services
from apps.runs.models import Artifact, Run, Trigger
from tests.integration.secrets.conftest import (
    DOTS,
    MARK,
    PASSWORD,
    TOKEN,
    VAULT,
    assert_nowhere,
)

pytestmark = pytest.mark.django_db
GIVEN = {"password": PASSWORD, "token": TOKEN, "host": "db"}


@pytest.fixture
def start(vault):
    def start(**changes):
        values = {"script": vault, "user": None, "trigger": Trigger.CLI}
        return services.start_run(**values | {"parameters": GIVEN} | changes)

    return start


def test_a_script_is_given_its_secrets_and_they_are_hidden_in_its_log(start, performed):
    run, text = performed(start())
    assert (run.status, run.exit_code) == ("completed", 0)
    # What comes from two streams may change places.
    assert sorted(text.splitlines()) == sorted(
        [
            "region eu, arguments: --host=db",
            f"password has {len(PASSWORD)} characters: {DOTS}",
            DOTS,
            DOTS,
            f"to stderr: {DOTS}",
            str(len(TOKEN) + 1),
            DOTS,
        ]
    )


def test_no_row_of_any_table_holds_a_secret_in_the_open(start, performed):
    run, _text = performed(start())
    assert run.parameters == {"password": MARK, "token": MARK, "host": "db"}
    code = base64.b64encode(PASSWORD.encode()).decode().rstrip("=")
    assert_nowhere(PASSWORD, TOKEN, code)


def test_the_name_of_what_it_left_has_dots(start, performed):
    run, _text = performed(start())
    assert Artifact.objects.get(run=run).name == f"out-{DOTS}.txt"


def test_each_of_several_runs_is_hidden_by_its_own_secrets(start, performed):
    performed(start())
    _run, text = performed(start(parameters={"password": "another one"}))
    assert "another one" not in text
    assert_nowhere("another one")


def test_a_retry_and_a_run_again_have_the_same_secrets(start, performed):
    run, _text = performed(start())
    for again in (
        services.retry_run(run=run, user=None),
        services.run_again(run=run, user=None, trigger=Trigger.ADMIN),
    ):
        assert again.parameters == run.parameters
        _again, text = performed(again)
        assert f"password has {len(PASSWORD)} characters: {DOTS}" in text
    assert_nowhere(PASSWORD, TOKEN)


def test_an_automatic_retry_has_them_too(task, performed):
    task.retries, task.retry_wait_s = 1, 0
    services.save_task(task=task)
    run = services.start_task(task=task, user=None, trigger=Trigger.CLI)
    Run.objects.filter(pk=run.pk).update(timeout_s=0.3)
    performed(run)
    retry = Run.objects.get(retry_of=run)
    Run.objects.filter(pk=retry.pk).update(timeout_s=60)
    _retry, text = performed(retry)
    assert f"password has {len(PASSWORD)} characters: {DOTS}" in text


def test_without_the_key_a_waiting_run_is_rejected_with_a_sentence(
    start, performed, settings
):
    run = start()
    settings.SECRETS_KEY = new_key()
    run, text = performed(run)
    assert (run.status, run.reason) == ("failed", "rejected")
    assert (
        "password: was encrypted with a key that this hub does not have" in run.detail
    )
    assert text == ""


@pytest.mark.parametrize("keys", ["", "a passphrase"])
def test_so_it_is_without_any_key_or_with_a_wrong_one(
    start, performed, settings, tmp_path, keys
):
    run = start()
    settings.SECRETS_KEY, settings.SECRETS_KEY_PATH = keys, tmp_path / "none"
    run, _text = performed(run)
    assert (run.status, run.reason) == ("failed", "rejected")
    assert "SECRETS_KEY" in run.detail


def test_a_secret_of_another_script_opens_nothing(start, add_script, performed):
    run = start()
    other = add_script("other.sh", VAULT)
    Run.objects.filter(pk=run.pk).update(script=other)
    run, _text = performed(run)
    assert run.reason == "rejected"
    assert "password: is not stored for this script" in run.detail


def test_a_script_that_calls_it_a_secret_no_more_is_not_given_the_mark(
    start, add_script, performed
):
    run = start(parameters={"password": PASSWORD})
    add_script(
        "vault.sh", VAULT.replace('# secret = true\n# env = "DB_PASSWORD"\n', "")
    )
    run, text = performed(run)
    assert run.reason == "rejected"
    assert text == ""


def test_what_the_hub_says_of_a_failure_has_dots(start, add_script, performed):
    source = VAULT.replace(
        "echo made", 'ln -s /etc/passwd "link-$DB_PASSWORD"; echo made'
    )
    add_script("vault.sh", source)
    _run, text = performed(start())
    assert f"link-{DOTS} was not kept" in text
    assert_nowhere(PASSWORD)


def test_a_run_of_a_script_without_secrets_stores_none(hello, make_run):
    values = {"user": None, "trigger": Trigger.CLI, "parameters": {"name": "x"}}
    run = services.start_run(script=hello, **values)
    run.refresh_from_db()
    assert run.secrets is None


def test_what_became_a_secret_after_a_run_is_dots_in_its_json(vault, make_run, api_as):
    old = make_run(script=vault, parameters={"password": PASSWORD, "host": "db"})
    viewer = api_as("Viewer")

    shown = {"password": DOTS, "host": "db"}
    assert viewer.get(f"/runs/runs/{old.pk}").json()["parameters"] == shown
    assert viewer.get("/runs/runs").json()["results"][0]["parameters"] == shown

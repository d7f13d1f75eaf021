"""Giving a secret over the API, in the console and in a shell."""

from __future__ import annotations

import hashlib
import io
import json
import logging

import pytest
from django.core.management import CommandError, call_command
from django.urls import reverse

from apps.runs.models import RequestKey, Run
from tests.integration.secrets.conftest import (
    DOTS,
    MARK,
    PASSWORD,
    VAULT,
    assert_nowhere,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def operator(api_as):
    return api_as("Operator")


def start(client, password=PASSWORD, **headers):
    body = {"script_name": "vault.sh", "parameters": {"password": password}}
    return client.post("/runs/runs", body, headers=headers)


def test_the_api_takes_a_secret_and_answers_dots(vault, operator, performed):
    answer = start(operator)
    assert answer.status_code == 201
    assert answer.json()["parameters"] == {"password": DOTS}
    address = f"/runs/runs/{answer.json()['run_id']}"
    assert f"characters: {DOTS}" in performed(Run.objects.get())[1]
    for route in (address, "/runs/runs", f"{address}/log", f"{address}/log?after=0"):
        shown = operator.get(route).getvalue().decode()
        assert DOTS in shown
        assert PASSWORD not in shown
    again = operator.post(f"{address}/retry")
    assert again.json()["parameters"] == {"password": DOTS}
    assert_nowhere(PASSWORD)


@pytest.mark.parametrize("wrong", ["x", [PASSWORD], f"{PASSWORD}\x07", {"a": PASSWORD}])
def test_no_answer_or_log_line_quotes_a_wrong_secret(vault, operator, caplog, wrong):
    caplog.set_level(logging.DEBUG)
    answer = start(operator, wrong)
    assert answer.status_code == 400
    assert "parameters.password" in answer.json()["fields"]
    assert PASSWORD not in answer.content.decode() + caplog.text


@pytest.mark.parametrize("stands_for_it", [DOTS, MARK])
def test_a_new_run_has_no_stored_secret_to_take(vault, operator, stands_for_it):
    answer = start(operator, stands_for_it)
    assert answer.status_code == 400
    assert "is not stored for this script" in answer.json()["message"]


def test_the_schema_says_that_a_secret_only_goes_in(vault, operator):
    shown = operator.get("/scripts/vault.sh").json()
    about = shown["parameters_schema"]["properties"]["password"]
    assert (about["writeOnly"], about["x-hub"]["env"]) == (True, "DB_PASSWORD")
    assert shown["environment"] == {"REGION": "eu"}


def test_a_caller_without_credentials_gives_no_secret(vault, nearby):
    assert start(nearby).status_code == 401


def test_unless_the_header_says_so(add_script, nearby):
    add_script(
        "vault.sh", VAULT.replace("# required", "# anonymous = true\n# required")
    )
    assert start(nearby).status_code == 201


def test_a_request_key_keeps_no_digest_that_could_be_guessed(vault, operator):
    key = {"Idempotency-Key": "one"}
    first, second = start(operator, **key), start(operator, **key)
    assert (first.status_code, second.status_code) == (201, 200)
    assert first.json()["run_id"] == second.json()["run_id"]
    assert start(operator, "another one", **key).status_code == 422
    body = {"parameters": {"password": PASSWORD}, "script_name": "vault.sh"}
    text = json.dumps(["start", body], sort_keys=True, separators=(",", ":"))
    kept = RequestKey.objects.get()
    plain = hashlib.sha256(text.encode()).hexdigest()
    assert kept.fingerprint != plain
    # What an older version kept is still known.
    RequestKey.objects.update(fingerprint=plain)
    assert start(operator, **key).status_code == 200


def test_the_form_never_shows_a_secret_that_was_typed(add_script, admin_client):
    script = add_script(
        "vault.sh",
        VAULT.replace("parameters.host]", "parameters.host]\n# pattern='^x'"),
    )
    url = reverse("admin:runs_script_run", args=[script.pk])
    assert 'type="password"' in admin_client.get(url).content.decode()
    typed = {"password": PASSWORD, "token": "a token\nof two lines", "host": "wrong"}
    data = {f"parameter-{name}": value for name, value in typed.items()}
    page = admin_client.post(url, data).content.decode()
    assert "must match the pattern" in page
    assert not any(text in page for text in (PASSWORD, "a token", "of two lines"))
    answer = admin_client.post(url, data | {"parameter-host": "x"}, follow=True)
    page = answer.content.decode()
    assert DOTS in page
    assert PASSWORD not in page
    assert_nowhere(PASSWORD, "of two lines")


def test_the_page_of_a_script_tells_what_its_header_says(add_script, admin_client):
    header = '# confirm = "Really?"\n# dry_run = "--dry-run"\n# anonymous'
    table = '[tool.automation-hub.parameters.dry_run]\n# type = "boolean"\n# [tool'
    source = VAULT.replace("# anonymous", header, 1)
    source = source.replace(
        "[tool.automation-hub.parameters.host",
        f"{table}.automation-hub.parameters.host",
    )
    script = add_script("vault.sh", source)
    assert (script.confirm, script.dry_run) == ("Really?", "dry_run")
    page = admin_client.get(
        reverse("admin:scripts_script_change", args=[script.pk])
    ).content.decode()
    assert all(text in page for text in ("REGION=eu", "Really?", "dry_run"))


def test_a_shell_gives_a_secret_on_standard_input(
    vault, monkeypatch, capsys, performed
):
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{PASSWORD}\n"))
    call_command("run", "vault.sh", secret=["password"])
    run, text = performed(Run.objects.get())
    assert f"has {len(PASSWORD)} characters: {DOTS}" in text
    assert capsys.readouterr().out == f"{run.pk}\n"
    assert_nowhere(PASSWORD)


def test_standard_input_holds_one_secret(vault, monkeypatch):
    monkeypatch.setattr("sys.stdin", io.StringIO(PASSWORD))
    with pytest.raises(CommandError, match="Standard input holds one secret"):
        call_command("run", "vault.sh", secret=["password", "token"])


def test_a_shell_is_not_told_a_wrong_secret_again(vault):
    with pytest.raises(CommandError, match="password: must have at least 4") as caught:
        call_command("run", "vault.sh", "password=q7")
    assert "q7" not in str(caught.value)


def test_a_script_with_a_secret_for_its_command_line_is_broken(add_script, operator):
    add_script("vault.sh", VAULT.replace('# env = "DB_PASSWORD"\n', ""))
    shown = operator.get("/scripts/vault.sh").json()
    assert shown["state"] == "broken"
    assert shown["problem"].startswith("Line 7: ")
    assert "could only go on the command line" in shown["problem"]
    assert start(operator).status_code == 409


def test_a_python_script_finds_its_secret_in_the_variable(
    add_script, operator, performed
):
    add_script(
        "vault.py",
        "#!/usr/bin/env python3\n# /// script\n"
        "# [tool.automation-hub.parameters.password]\n"
        '# secret = true\n# env = "DB_PASSWORD"\n# ///\n'
        "import argparse, os, sys\nparser = argparse.ArgumentParser()\n"
        'parser.add_argument("--password", default=os.environ.get("DB_PASSWORD"))\n'
        "args = parser.parse_args()\nprint(len(args.password), args.password, sys.argv)\n",
    )
    body = {"script_name": "vault.py", "parameters": {"password": PASSWORD}}
    operator.post("/runs/runs", body)
    _run, text = performed(Run.objects.get())
    assert text.startswith(f"{len(PASSWORD)} {DOTS} ['/")
    assert "--password" not in text

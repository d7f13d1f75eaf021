"""A run is started by what its script takes then, whoever noticed the change first."""

from __future__ import annotations

import pytest

from apps.runs import logs, worker

pytestmark = pytest.mark.django_db

DEPLOY = """#!/bin/sh
# /// script
# [tool.automation-hub.parameters.env]
# choices = ["dev", "prod"]
# ///
echo "to $1 with $TOKEN"
"""


@pytest.fixture
def changed(add_script, make_run):
    """Queue a run, then change its script and look into the folder, as another run or
    the button does; returns the run as it ended, and its log."""

    def change(new: str, **parameters):
        run = make_run(script=add_script("deploy.sh", DEPLOY), parameters=parameters)
        add_script("deploy.sh", new)
        worker.look()
        run.refresh_from_db()
        return run, "".join(logs.read_text(run.pk))

    return change


@pytest.mark.parametrize(
    ("new", "sentence"),
    [
        (DEPLOY.replace(', "prod"', ""), "env: must be one of"),
        (DEPLOY.replace('"dev", "prod"', '"dev"'), "env: must be one of"),
        (
            DEPLOY.replace(
                "# ///\necho",
                "# [tool.automation-hub.parameters.why]\n"
                "# required = true\n# ///\necho",
            ),
            "why: must be given",
        ),
        (
            DEPLOY.replace('choices = ["dev", "prod"]', "file = true"),
            "env: ",
        ),
    ],
)
def test_what_it_takes_no_more_is_not_run(changed, new, sentence):
    run, text = changed(new, env="prod")

    assert (run.status, run.reason) == ("failed", "rejected")
    assert "the script changed while the run waited" in run.detail
    assert sentence in run.detail
    assert text == ""


def test_what_still_fits_is_run(changed):
    run, text = changed(DEPLOY.replace("to $1", "now to $1"), env="prod")

    assert run.status == "completed"
    assert text == "now to --env=prod with \n"


def test_what_became_a_secret_meanwhile_is_given_and_hidden_as_one(changed):
    new = DEPLOY.replace('choices = ["dev", "prod"]', 'secret = true\n# env = "TOKEN"')

    run, text = changed(new, env="prod")

    assert run.status == "completed"
    assert text == "to  with ••••••\n"

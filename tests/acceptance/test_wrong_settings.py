"""What a wrong environment says: one sentence, from each service, and no stack trace."""

from __future__ import annotations

import os
import shutil

import pytest

from tests.servers.hub import GUNICORN, MANAGE

pytestmark = pytest.mark.acceptance

COMMANDS = {
    "setup": [*MANAGE, "setup"],
    "wait": [*MANAGE, "setup", "--wait"],
    "worker": [*MANAGE, "qcluster"],
    "portal": GUNICORN,
}
EXAMPLE = (
    "{} is still the value of an example (it contains CHANGE-ME); put one of your own "
    "in its place.\n"
)
KEY = "k" * 50
URL = "postgres://hub:CHANGE-ME@127.0.0.1:1/hub"
WRONG = [
    ({"SECRET_KEY": "CHANGE-ME-" + KEY}, EXAMPLE.format("SECRET_KEY")),
    (
        {"SECRET_KEY": KEY, "ADMIN_PASSWORD": "change-me"},
        EXAMPLE.format("ADMIN_PASSWORD"),
    ),
    ({"SECRET_KEY": KEY, "DATABASE_URL": URL}, EXAMPLE.format("DATABASE_URL")),
    (
        {"SECRET_KEY": KEY, "AWS_SECRET_ACCESS_KEY": "CHANGE-ME"},
        EXAMPLE.format("AWS_SECRET_ACCESS_KEY"),
    ),
    (
        {"REQUIRE_SECRET_KEY": "true"},
        "REQUIRE_SECRET_KEY is true and there is no SECRE",
    ),
    (
        {"SECRET_KEY": KEY, "DATABASE_URL": "mysql://a:s3cret@h/x"},
        "DATABASE_URL cannot",
    ),
    (
        {"SECRET_KEY": KEY, "DATABASE_URL": "postgres://a:s/3@h/x"},
        "DATABASE_URL cannot",
    ),
    (
        {"SECRET_KEY": KEY, "DATABASE_URL": "postgres://a:s3cret@h"},
        "It names no database",
    ),
    ({"SECRET_KEY": KEY, "REDIS_URL": "http://h"}, "REDIS_URL cannot be read; write"),
    (
        {"SECRET_KEY": KEY, "REDIS_URL": "redis://:s3cret@h:6379/abc"},
        "What follows the host is the number of a database.",
    ),
    (
        {"SECRET_KEY": KEY, "AWS_ACCESS_KEY_ID": "CHANGE-ME"},
        EXAMPLE.format("AWS_ACCESS_KEY_ID"),
    ),
]


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize(("environment", "sentence"), WRONG)
def test_each_service_ends_at_once_and_names_it(
    make_hub, command, environment, sentence
):
    hub = make_hub(**environment)
    child = hub.spawn(command, COMMANDS[command])
    assert child.wait(30) != 0
    assert sentence in child.output()
    assert "Traceback" not in child.output()
    assert "s3cret" not in child.output()


@pytest.mark.parametrize("command", ["setup", "wait"])
def test_a_database_that_is_away_is_named_after_waiting_for_it(make_hub, command):
    hub = make_hub(
        SECRET_KEY=KEY,
        DATABASE_URL="postgres://hub:s3cret@127.0.0.1:1/hub",
        DATABASE_WAIT_S="0.5",
        SETUP_WAIT_S="0.5",
    )
    child = hub.spawn(command, COMMANDS[command])
    assert child.wait(30) == 1
    assert "reached" in child.output()
    assert "Traceback" not in child.output()
    assert "s3cret" not in child.output()


def test_a_misspelt_variable_is_warned_of_and_stops_nothing(make_hub):
    hub = make_hub(SECRET_KEYS="x")
    done = hub.manage("setup")
    assert "(hub.W007) The variable SECRET_KEYS is set, which the hub" in done.stderr


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give up its rights")
def test_a_volume_that_cannot_be_written_is_named_by_setup(make_hub):
    setpriv = shutil.which("setpriv")
    if not setpriv:
        pytest.skip("There is no setpriv.")
    hub = make_hub()
    hub.data_dir.mkdir(mode=0o555)
    hub.data_dir.chmod(0o555)
    # Without the right to write everywhere that root has.
    bare = [setpriv, "--bounding-set=-all", "--inh-caps=-all", "--ambient-caps=-all"]
    child = hub.spawn("setup", [*bare, *MANAGE, "setup"])
    assert child.wait(30) == 1
    assert f"The data folder {hub.data_dir} cannot be made or written" in child.output()

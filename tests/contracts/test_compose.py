"""What compose.yaml promises, read without an engine."""

from __future__ import annotations

import os
import re
import subprocess
from functools import cache
from typing import Any

import pytest
import yaml

from tests.contracts.dockerfile import environment, health_check, stages
from tests.contracts.sources import ROOT
from tests.contracts.tools import tool
from tests.environment import setting_names

FILE = ROOT / "compose.yaml"
OURS = {"setup": "api", "api": "api", "worker": "worker"}
THEIRS = {"redis": "redis:7-alpine", "postgres": "postgres:16-alpine"}
# Those that the file itself is told, and hands to nobody.
OWN_VARIABLES = {"PORT", "BASE_IMAGE", "PIP_INDEX_URL", "COMMIT", "POSTGRES_PASSWORD"}


@cache
def compose() -> dict[str, Any]:
    """Return the file with its anchors followed."""
    loaded: dict[str, Any] = yaml.safe_load(FILE.read_text(encoding="utf-8"))
    return loaded


def services() -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = compose()["services"]
    return found


def config(*arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Have Compose itself read the file, with these variables and no others."""
    return subprocess.run(
        [tool("docker-compose"), "-f", str(FILE), *arguments],
        env={"PATH": os.environ["PATH"], "HOME": "/nonexistent", **variables},
        cwd=ROOT / "docs",
        capture_output=True,
        text=True,
        check=False,
    )


def read_config(*arguments: str, **variables: str) -> dict[str, Any]:
    done = config(*arguments, "config", **variables)
    assert done.returncode == 0, done.stderr
    loaded: dict[str, Any] = yaml.safe_load(done.stdout)
    return loaded["services"]


def seconds(text: str) -> float:
    match = re.fullmatch(r"(\d+)(s|m)", text)
    assert match, text
    return int(match[1]) * {"s": 1, "m": 60}[match[2]]


@pytest.mark.parametrize("profile", [[], ["--profile", "postgres"]])
def test_compose_reads_it_without_a_word(profile):
    done = config(*profile, "config", "--quiet", POSTGRES_PASSWORD="x")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_its_services_are_the_hubs_and_what_they_need():
    assert set(services()) == {*OURS, *THEIRS}
    assert {n: services()[n]["image"] for n in THEIRS} == THEIRS


@pytest.mark.parametrize(("name", "target"), OURS.items())
def test_every_image_is_built_from_its_target_under_its_name(name, target):
    service = services()[name]
    assert service["build"]["target"] == target
    assert target in stages()
    assert service["image"] == f"automation-hub-{target}:latest"


def test_it_builds_with_arguments_that_the_dockerfile_knows():
    known = re.findall(r"^ARG (\w+)=", (ROOT / "Dockerfile").read_text(), re.M)
    for name in OURS:
        assert set(services()[name]["build"]["args"]) - set(known) == set()


@pytest.mark.parametrize("name", OURS)
def test_every_variable_that_it_sets_is_read_by_the_settings(name):
    assert set(services()[name]["environment"]) - set(setting_names()) == set()


def test_every_variable_that_it_is_told_has_a_default():
    text = FILE.read_text(encoding="utf-8")
    told = re.findall(r"\$\{(\w+)(:[-+?])?", text)
    assert {name for name, default in told if not default} - {"POSTGRES_PASSWORD"} == (
        set()
    )
    assert {name for name, _ in told} - OWN_VARIABLES - set(setting_names()) == set()


@pytest.mark.parametrize("name", [*OURS, *THEIRS])
def test_no_service_can_write_its_image_or_become_more_than_it_is(name):
    service = services()[name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert "privileged" not in service
    assert service["logging"]["options"]["max-size"] == "10m"


@pytest.mark.parametrize("name", [*OURS, *THEIRS])
def test_nothing_keeps_a_service_from_being_there_three_times(name):
    assert {"container_name", "hostname", "network_mode"} & set(services()[name]) == (
        set()
    )


def test_this_host_alone_reaches_the_portal_and_nobody_the_rest():
    published = {n: s["ports"] for n, s in services().items() if "ports" in s}
    assert published == {"api": ["127.0.0.1:${PORT:-8000}:8000"]}
    # A second network might have the gateway that the portal trusts.
    assert "networks" not in compose()


def test_the_portal_trusts_its_gateway_and_no_other_service_anybody():
    trusting = {
        n: s["environment"].get("ANONYMOUS_API")
        for n, s in services().items()
        if n in OURS
    }
    assert trusting == {"api": "gateway", "setup": None, "worker": None}


@pytest.mark.parametrize("name", OURS)
def test_the_data_lies_on_one_volume(name):
    mounts = dict(v.split(":")[:2] for v in services()[name]["volumes"])
    assert mounts == {"data": environment(OURS[name])["DATA_DIR"]}
    assert services()[name]["tmpfs"][0].startswith("/tmp:")
    assert "data" in compose()["volumes"]


@pytest.mark.parametrize("name", ["api", "worker"])
def test_the_hub_starts_when_all_it_needs_is_ready(name):
    conditions = {n: d["condition"] for n, d in services()[name]["depends_on"].items()}
    assert conditions == {
        "redis": "service_healthy",
        "setup": "service_completed_successfully",
        "postgres": "service_healthy",
    }
    assert services()[name]["depends_on"]["postgres"]["required"] is False
    assert health_check(OURS[name])


@pytest.mark.parametrize("name", THEIRS)
def test_what_the_hub_needs_says_when_it_is_ready(name):
    assert services()[name]["healthcheck"]["test"]


def test_setup_ends_and_is_not_started_again():
    setup = services()["setup"]
    assert setup["command"] == ["python", "manage.py", "setup"]
    assert setup["restart"] == "no"


def test_a_worker_is_given_more_time_than_it_drains():
    worker = services()["worker"]
    drain = float(worker["environment"]["DRAIN_SECONDS"])
    # What a worker takes beyond it: 5 s for scripts' ends, 5 s for killing the rest.
    assert seconds(worker["stop_grace_period"]) >= drain + 15


def test_redis_writes_hints_down_and_throws_none_out():
    command = services()["redis"]["command"]
    options = dict(zip(command[1::2], command[2::2], strict=True))
    assert options["--appendonly"] == "yes"
    assert options["--maxmemory-policy"] == "noeviction"


def test_no_password_stands_in_it():
    for service in services().values():
        for name, value in service.get("environment", {}).items():
            if re.search("PASSWORD|SECRET|KEY", name):
                assert re.fullmatch(r"\$\{\w+:-\}", value), name


@pytest.mark.parametrize(
    ("variables", "address"),
    [
        ({}, ""),
        ({"POSTGRES_PASSWORD": "s3"}, "postgres://hub:s3@postgres:5432/hub"),
        (
            {"DATABASE_URL": "postgres://db/x", "POSTGRES_PASSWORD": "s3"},
            "postgres://db/x",
        ),
    ],
)
def test_a_password_alone_chooses_postgresql(variables, address):
    read = read_config("--profile", "postgres", **variables)
    urls = {n: read[n]["environment"]["DATABASE_URL"] for n in OURS}
    assert urls == dict.fromkeys(OURS, address)


def test_postgresql_is_there_only_when_asked_for():
    assert "postgres" not in read_config()


def test_the_port_is_the_callers_choice():
    assert read_config(PORT="9000")["api"]["ports"][0]["published"] == "9000"
    assert read_config()["api"]["ports"][0]["host_ip"] == "127.0.0.1"

"""The rules about what manifests say to the hub see each fault."""

from __future__ import annotations

from functools import partial

import pytest

from tests.contracts.manifests import hub
from tests.contracts.manifests.documents import dig, named
from tests.contracts.manifests.sample import CONTAINER, POD, broken, change, good

WEB = "Deployment/web"
MAIN = f"{WEB}, container main"
KNOWN = {"DATA_DIR", "REDIS_URL", "SECRET_KEY", "HEARTBEAT_FILE", "ALLOWED_HOSTS"}
read_ones = partial(hub.variables_are_read, known=KNOWN)
routed = partial(hub.probes_have_routes, is_route={"/health/live"}.__contains__)
graceful = partial(hub.grace_is_above_the_drain, drain_s=240, grace_s=10)


def variable(name, value):
    return {"name": name, "value": value}


def with_variables(*variables):
    env = dig(named(good(), "Deployment", "web"), *POD)["containers"][0]["env"]
    return broken(WEB, *CONTAINER, "env", value=[*env, *variables])


def as_worker(documents):
    change(documents, WEB, *CONTAINER, "image", value="automation-hub-worker:latest")
    command = ["python", "automation_hub/probe.py", "worker"]
    probe = {"exec": {"command": command}, "timeoutSeconds": 5}
    change(documents, WEB, *CONTAINER, "livenessProbe", value=probe)
    words = ["python", "manage.py", "qcluster"]
    return change(documents, WEB, *CONTAINER, "args", value=words)


def with_twin(documents):
    return [*good(), change(documents, WEB, "metadata", "name", value="twin")[4]]


NO_VOLUME = {"name": "data", "emptyDir": {"sizeLimit": "1Gi"}}
FAULTS = [
    (
        read_ones,
        with_variables(variable("ALOWED_HOSTS", "x")),
        f"{MAIN}, sets ALOWED_HOSTS, which nothing reads; ALLOWED_HOSTS is meant?",
    ),
    (
        read_ones,
        broken("ConfigMap/config", "data", "zzz", value="x"),
        f"{MAIN}, sets zzz, which nothing reads.",
    ),
    (
        hub.variables_are_expanded,
        with_variables(variable("ALLOWED_HOSTS", "$(POD_IP)"), variable("POD_IP", "x")),
        f"{MAIN}: ALLOWED_HOSTS uses POD_IP, which is not set before it.",
    ),
    (
        hub.variables_are_set,
        broken(WEB, *CONTAINER, "env", 0),
        f"{MAIN}, is not told REDIS_URL.",
    ),
    (
        hub.variables_are_set,
        broken(WEB, *POD, "volumes", 0, value=NO_VOLUME),
        f"{MAIN}, is not told DATABASE_URL.",
    ),
    (
        hub.variables_are_set,
        as_worker(broken(WEB, *CONTAINER, "env", 2)),
        f"{MAIN}, is not told HEARTBEAT_FILE.",
    ),
    (
        hub.variables_are_set,
        with_variables(variable("ARTIFACTS_URL", "s3://bucket")),
        f"{MAIN}, is not told AWS_ACCESS_KEY_ID.",
    ),
    (
        hub.everybody_means_the_same,
        with_twin(broken(WEB, *CONTAINER, "env", 0, "value", value="redis://b")),
        f"Deployment/twin, container main, has another REDIS_URL than {MAIN}.",
    ),
    (
        routed,
        broken(WEB, *CONTAINER, "livenessProbe", "httpGet", "path", value="/healthz"),
        f"{MAIN}: livenessProbe asks for /healthz, which is no route.",
    ),
    (
        routed,
        broken(WEB, *CONTAINER, "livenessProbe", "httpGet", "port", value="web"),
        f"{MAIN}: livenessProbe asks on port web, which it does not have.",
    ),
    (
        routed,
        broken(WEB, *CONTAINER, "livenessProbe", "timeoutSeconds"),
        f"{MAIN}: livenessProbe gives up before 5 s, which a busy node may need.",
    ),
    (
        routed,
        broken(WEB, *CONTAINER, "livenessProbe"),
        f"{MAIN}, is never started again when it hangs: no livenessProbe.",
    ),
    (
        graceful,
        broken(WEB, *POD, "terminationGracePeriodSeconds", value=28),
        f"{WEB} is killed after 28 s, and may need 28 s to end.",
    ),
    (
        graceful,
        broken(WEB, *CONTAINER, "lifecycle"),
        f"{WEB} ends while it is still sent requests: no preStop sleep.",
    ),
    (
        graceful,
        as_worker(broken(WEB, *POD, "terminationGracePeriodSeconds", value=240)),
        f"{WEB} is killed after 240 s, and may need 265 s to end.",
    ),
    (
        graceful,
        as_worker(with_variables(variable("DRAIN_SECONDS", "3600"))),
        f"{WEB} is killed after 300 s, and may need 3625 s to end.",
    ),
    (
        hub.who_shares_a_volume_shares_a_node,
        with_twin(broken(WEB, *POD, "affinity")),
        (
            "Deployment/twin mounts claim, and may be on another node than "
            "['Deployment/web', 'Deployment/twin']."
        ),
    ),
]
RULES = [
    read_ones,
    routed,
    graceful,
    hub.variables_are_expanded,
    hub.variables_are_set,
    hub.everybody_means_the_same,
    hub.who_shares_a_volume_shares_a_node,
]


@pytest.mark.parametrize("rule", RULES)
def test_a_deployment_of_the_hub_passes(rule):
    assert list(rule(good())) == []
    assert list(rule(as_worker(good()))) == []


@pytest.mark.parametrize(("rule", "documents", "sentence"), FAULTS)
def test_a_fault_is_said_in_a_sentence(rule, documents, sentence):
    assert sentence in list(rule(documents))


def test_a_command_that_is_not_there_is_named(tmp_path):
    (tmp_path / "manage.py").touch()

    documents = as_worker(good())
    found = list(hub.commands_are_there(documents, tmp_path, {"setup"}))

    assert found == [
        f"{MAIN}, runs manage.py qcluster, which is no command.",
        f"{MAIN}, runs automation_hub/probe.py, which is not there.",
    ]

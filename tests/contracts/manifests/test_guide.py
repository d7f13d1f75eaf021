"""The names, images and figures are those that the deployment guide's readers type."""

from __future__ import annotations

import pytest

from tests.contracts.manifests.documents import (
    BASE,
    base,
    dig,
    named,
    read,
    rendered,
    title,
)

RESOURCES = {
    "redis": ({"memory": "128Mi", "cpu": "100m"}, {"memory": "256Mi", "cpu": "500m"}),
    "api": ({"memory": "256Mi", "cpu": "200m"}, {"memory": "512Mi", "cpu": "1000m"}),
    "worker": ({"memory": "256Mi", "cpu": "200m"}, {"memory": "512Mi", "cpu": "1000m"}),
}
IMAGES = {
    "redis": "redis:7-alpine",
    "api": "automation-hub-api:latest",
    "worker": "automation-hub-worker:latest",
}


@pytest.mark.parametrize("name", RESOURCES)
def test_a_workload_is_as_the_guide_has_it(name):
    deployment = named(base(), "Deployment", name)
    [container] = dig(deployment, "spec", "template", "spec", "containers")
    requests, limits = RESOURCES[name]

    assert container["name"] == name
    assert container["image"] == IMAGES[name]
    assert container["imagePullPolicy"] == "IfNotPresent"
    assert container["resources"] == {"requests": requests, "limits": limits}
    assert dig(deployment, "spec", "selector") == {"matchLabels": {"app": name}}


@pytest.mark.parametrize("name", ["api", "worker"])
def test_the_hub_is_told_what_the_guide_tells_it(name):
    deployment = named(base(), "Deployment", name)
    [container] = dig(deployment, "spec", "template", "spec", "containers")
    told = {v["name"]: v.get("value") for v in container["env"]}

    assert told["REDIS_URL"] == "redis://redis:6379/0"
    assert told["WORKSPACE"] == "/app"


def test_the_configuration_has_the_guides_keys():
    config = named(base(), "ConfigMap", "automation-hub-config")

    assert config["data"]["DATABASE_PATH"] == "/data/database.db"
    assert config["data"]["SCRIPTS_DIR"] == "/app/scripts"


def test_the_services_are_reached_as_the_guide_does():
    api, redis = named(base(), "Service", "api"), named(base(), "Service", "redis")

    assert (api["spec"]["type"], api["spec"]["ports"][0]["port"]) == ("NodePort", 8000)
    assert redis["spec"]["ports"][0]["port"] == 6379


def test_volume_and_autoscaler_are_the_guides():
    claim = named(base(), "PersistentVolumeClaim", "data-pvc")
    scaler = named(base(), "HorizontalPodAutoscaler", "api-hpa")
    [metric] = scaler["spec"]["metrics"]

    assert claim["spec"]["accessModes"] == ["ReadWriteOnce"]
    assert dig(claim, "spec", "resources", "requests", "storage") == "1Gi"
    assert (scaler["spec"]["minReplicas"], scaler["spec"]["maxReplicas"]) == (1, 10)
    assert metric["resource"] == {
        "name": "cpu",
        "target": {"type": "Utilization", "averageUtilization": 70},
    }


def test_both_ways_to_apply_are_the_same():
    def by_name(documents):
        return {title(d): d for d in documents}

    assert by_name(read(rendered(BASE))) == by_name(base())


def test_nothing_is_left_to_do_by_hand():
    kinds = {(d["apiVersion"].partition("/")[0], d["kind"]) for d in base()}

    assert not {kind for kind in kinds if kind[1] in {"Secret", "Ingress"}}
    assert {api for api, _kind in kinds} <= {
        *("v1", "apps", "autoscaling", "policy", "networking.k8s.io")
    }

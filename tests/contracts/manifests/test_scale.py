"""What deploy/scale takes away, demands and counts."""

from __future__ import annotations

import os
import re
import subprocess

import pytest
import yaml
from django.db import connection

from automation_hub.env import EXAMPLE as EXAMPLE_VALUE
from automation_hub.env import VARIABLES
from tests.contracts.manifests.autoscaling import target_of
from tests.contracts.manifests.documents import (
    EXAMPLE,
    of_kind,
    pods,
    read,
    rendered,
    scale,
    title,
)
from tests.contracts.manifests.documents import SCALE as FOLDER
from tests.contracts.manifests.hub import environment, is_hub

QUEUE = re.compile(r"queue = '(\w+)'")


def scaled_objects():
    return {title(d): d for d in of_kind(scale(), "ScaledObject")}


def trigger_of(scaled):
    [trigger] = scaled["spec"]["triggers"]
    return trigger["metadata"]


def test_nothing_is_left_that_only_sqlite_needs():
    documents = scale()

    assert of_kind(documents, "PersistentVolumeClaim") == []
    for pod in pods(documents):
        assert "podAffinity" not in pod.spec.get("affinity", {}), pod.name
        assert "automation-hub/volume" not in pod.labels, pod.name
        for container in filter(is_hub, pod.containers):
            assert "DATABASE_PATH" not in environment(container, documents)


def test_nobody_is_let_in_without_credentials():
    for pod in pods(scale()):
        for container in pod.containers:
            assert "ANONYMOUS_API" not in environment(container, scale())


def test_the_secret_is_not_part_of_what_is_applied():
    applied = read(rendered(FOLDER))

    assert of_kind(applied, "Secret") == []


def test_every_value_of_the_example_says_that_it_is_one():
    [secret] = read(EXAMPLE.read_text(encoding="utf-8"))

    assert {k: v for k, v in secret["stringData"].items() if "CHANGE-ME" not in v} == {}


@pytest.mark.parametrize(
    ("value", "is_example"),
    [
        ("CHANGE-ME", True),
        ("my-change_me-1", True),
        ("exchange-me", False),
        ("s3cret", False),
        ("%s\\n", False),
        ("", False),
    ],
)
def test_postgresql_is_not_made_with_an_examples_password(value, is_example):
    """As the hub refuses it; see env_secret. An empty one the image itself refuses."""
    [pod] = [p for p in pods(scale()) if p.name == "StatefulSet/postgres"]
    [first] = pod.spec["initContainers"]
    told = environment(first, scale())["POSTGRES_PASSWORD"]
    done = subprocess.run(
        first["command"],
        env={"PATH": os.environ["PATH"], "POSTGRES_PASSWORD": value},
        capture_output=True,
        text=True,
        check=False,
    )

    assert told == environment(pod.running[0], scale())["POSTGRES_PASSWORD"]
    assert first["image"] == pod.running[0]["image"]
    assert (EXAMPLE_VALUE.search(value) is not None) == is_example
    assert done.returncode == int(is_example)
    said = (
        "POSTGRES_PASSWORD is still the value of an example (it contains CHANGE-ME); "
    )
    assert done.stderr == f"{said}put one of your own in its place.\n" * is_example


def test_whoever_reads_the_secret_refuses_an_example():
    """The hub by env_secret; for the others there is the test above."""
    read_by_others = {"POSTGRES_PASSWORD"}
    [secret] = read(EXAMPLE.read_text(encoding="utf-8"))

    names = secret["stringData"].keys() - read_by_others
    assert {name for name in names if not VARIABLES[name].secret} == set()


def test_the_address_is_the_same_in_both_places():
    documents = scale()
    [ingress] = of_kind(documents, "Ingress")
    [config] = of_kind(documents, "ConfigMap")
    [rule] = ingress["spec"]["rules"]

    assert config["data"]["PUBLIC_URL"] == f"https://{rule['host']}"
    assert ingress["spec"]["tls"][0]["hosts"] == [rule["host"]]


@pytest.mark.parametrize("name", scaled_objects())
def test_workers_are_counted_by_what_they_serve(name):
    metadata = trigger_of(scaled_objects()[name])
    pod = target_of(scaled_objects()[name], scale())
    [container] = pod.running
    told = environment(container, scale())

    assert QUEUE.findall(metadata["query"]) == [told["QUEUE"]]
    assert metadata["targetQueryValue"] == told["WORKERS"]
    assert metadata["connectionFromEnv"] in told


@pytest.mark.parametrize("name", scaled_objects())
@pytest.mark.django_db
def test_the_query_counts_what_waits_and_what_runs(name, make_run):
    query = trigger_of(scaled_objects()[name])["query"]
    [queue] = QUEUE.findall(query)
    for status in ("queued", "running", "completed", "failed", "cancelled"):
        make_run(status=status, queue=queue)
        make_run(status=status, queue="other")
    make_run(queue=queue, not_before="2999-01-01T00:00:00Z")

    with connection.cursor() as cursor:
        # SQLite has no now(); KEDA asks PostgreSQL alone.
        if connection.vendor == "sqlite":
            connection.connection.create_function("now", 0, lambda: "2026-01-01")
        cursor.execute(query)
        assert cursor.fetchone() == (2,)


def test_one_copy_of_the_worker_is_there_for_each_scaled_object():
    """A typed copy drifts: what the queue's worker has in common with the other one."""
    found = {p.name: p for p in pods(scale())}
    one, other = found["Deployment/worker"], found["Deployment/worker-heavy"]
    differs = {"resources", "env"}

    def common(container):
        rest = {k: v for k, v in container.items() if k not in differs}
        return yaml.safe_dump(rest, sort_keys=True)

    assert list(map(common, one.containers)) == list(map(common, other.containers))
    assert one.spec["securityContext"] == other.spec["securityContext"]

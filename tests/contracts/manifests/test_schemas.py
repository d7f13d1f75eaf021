"""Every document is one that Kubernetes 1.28 to 1.37 takes, to the last key."""

from __future__ import annotations

import pytest

from tests.contracts.manifests.documents import SETS, maintained, scale
from tests.contracts.manifests.sample import CONTAINER, broken, good
from tests.contracts.manifests.schemas import RELEASES, problems


def found_in(documents, release):
    return [p for document in documents for p in problems(document, release)]


@pytest.mark.parametrize("release", RELEASES)
def test_every_document_is_valid(release):
    documents = [document for place in SETS for document in maintained(place)]

    assert found_in(documents, release) == []


def faults():
    web = "Deployment/web"
    return {
        "a key that is none": broken(
            web, *CONTAINER, "imagePullPolicies", value="Always"
        ),
        "a wrong type": broken("Service/web", "spec", "ports", 0, "port", value="http"),
        "what is missing": broken("HorizontalPodAutoscaler/web", "spec", "maxReplicas"),
    }


@pytest.mark.parametrize("fault", faults())
@pytest.mark.parametrize("release", [RELEASES[0], RELEASES[-1]])
def test_a_document_that_is_not_is_seen(fault, release):
    before = found_in(good()[:-1], release)

    assert before == []
    assert found_in(faults()[fault][:-1], release) != []


def test_a_kind_without_a_schema_is_a_fault():
    documents = broken("Deployment/web", "apiVersion", value="apps/v1beta1")

    [found] = found_in(documents[4:5], "1.37")

    assert found == "Deployment/web: Kubernetes 1.37 has no Deployment of apps/v1beta1."


@pytest.mark.parametrize(
    ("place", "key"),
    [
        ("spec", "maxReplicas"),
        ("metadata", "targetQueryVal"),
        ("behavior", "scaledown"),
    ],
)
def test_a_misspelt_key_of_keda_is_seen(place, key):
    document = next(d for d in scale() if d["kind"] == "ScaledObject")
    config = document["spec"]["advanced"]["horizontalPodAutoscalerConfig"]
    places = {
        "spec": document["spec"],
        "metadata": document["spec"]["triggers"][0]["metadata"],
        "behavior": config["behavior"],
    }
    assert list(problems(document, "1.37")) == []
    places[place][key] = "2"

    [found] = problems(document, "1.37")

    assert key in found

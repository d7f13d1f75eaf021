"""The rules about what manifests say of each other see each fault."""

from __future__ import annotations

import pytest

from tests.contracts.manifests import linking
from tests.contracts.manifests.sample import CONTAINER, POD, broken, good

WEB = "Deployment/web"


def twice():
    return [*good(), good()[4]]


def with_another(**labels):
    other = broken(WEB, "metadata", "name", value="other")[4]
    other["spec"]["template"]["metadata"]["labels"] = labels
    other["spec"]["selector"] = {"matchLabels": labels}
    return [*good(), other]


FAULTS = [
    (linking.names_are_unique, twice(), "Deployment/web is there 2 times."),
    (
        linking.namespaces_agree,
        broken("Service/web", "metadata", "namespace", value="default"),
        "Service/web is in namespace default, not in ['ns'].",
    ),
    (
        linking.namespaces_agree,
        broken("Namespace/ns", "metadata", "namespace", value="ns"),
        "Namespace/ns belongs to no namespace, and names one.",
    ),
    (
        linking.selectors_match,
        broken(WEB, "spec", "selector", "matchLabels", "app", value="wbe"),
        "Deployment/web does not select the pods of its own template.",
    ),
    (
        linking.selectors_match,
        with_another(app="web", tier="other"),
        "Deployment/web selects the pods of Deployment/other too.",
    ),
    (
        linking.services_find_a_port,
        broken("Service/web", "spec", "selector", "app", value="api"),
        "Service/web selects no pod.",
    ),
    (
        linking.services_find_a_port,
        broken("Service/web", "spec", "ports", 0, "targetPort", value=8080),
        "Service/web leads to port 8080, which Deployment/web does not have.",
    ),
    (
        linking.services_find_a_port,
        broken("Service/web", "spec", "ports", 0, "targetPort"),
        "Service/web leads to port 80, which Deployment/web does not have.",
    ),
    (
        linking.ingresses_find_a_service,
        broken("Service/web", "metadata", "name", value="api"),
        (
            "Ingress/web leads to a service or port that is not there: "
            "{'name': 'web', 'port': {'name': 'http'}}."
        ),
    ),
    (
        linking.ingresses_find_a_service,
        broken("Ingress/web", "spec", "tls", 0, "secretName", value="tls"),
        "Ingress/web wants Secret tls, which is not there.",
    ),
    (
        linking.references_exist,
        broken("ConfigMap/config", "metadata", "name", value="conf"),
        "Deployment/web names ConfigMap/config, which is not there.",
    ),
    (
        linking.references_exist,
        broken("Secret/secret", "stringData", value={"KEY": "x"}),
        "Deployment/web names SECRET_KEY of Secret/secret, which has no such key.",
    ),
    (
        linking.references_exist,
        broken("PersistentVolumeClaim/claim", "metadata", "name", value="c"),
        "Deployment/web names PersistentVolumeClaim/claim, which is not there.",
    ),
    (
        linking.references_exist,
        broken(WEB, *POD, "serviceAccountName", value="robot"),
        "Deployment/web names ServiceAccount/robot, which is not there.",
    ),
    (
        linking.mounts_name_volumes,
        broken(WEB, *CONTAINER, "volumeMounts", 1, "name", value="temp"),
        "Deployment/web mounts the volume temp, which it does not have.",
    ),
    (
        linking.mounts_name_volumes,
        broken(WEB, *CONTAINER, "volumeMounts", 1),
        "Deployment/web has the volume tmp and mounts it nowhere.",
    ),
    (
        linking.mounts_name_volumes,
        broken(WEB, *CONTAINER, "volumeMounts", 1, "mountPath", value="/data"),
        "Deployment/web mounts 2 volumes at /data.",
    ),
    (
        linking.policies_select_pods,
        broken(
            "PodDisruptionBudget/web",
            "spec",
            "selector",
            "matchLabels",
            "app",
            value="x",
        ),
        "PodDisruptionBudget/web selects no pod.",
    ),
    (
        linking.policies_select_pods,
        broken(
            "NetworkPolicy/web", "spec", "podSelector", "matchLabels", "app", value="x"
        ),
        "NetworkPolicy/web selects no pod.",
    ),
    (
        linking.policies_select_pods,
        broken(
            "NetworkPolicy/web",
            *("spec", "ingress", 0, "from", 0, "podSelector"),
            value={
                "matchExpressions": [{"key": "app", "operator": "In", "values": ["x"]}]
            },
        ),
        (
            "NetworkPolicy/web lets through pods that are not there: {'podSelector': "
            "{'matchExpressions': [{'key': 'app', 'operator': 'In', 'values': ['x']}]}}."
        ),
    ),
    (
        linking.policies_select_pods,
        broken(
            "NetworkPolicy/web", *("spec", "egress", 0, "ports", 0, "port"), value=80
        ),
        "NetworkPolicy/web opens port 80, on which Deployment/web does not listen.",
    ),
]


@pytest.mark.parametrize(
    "rule", sorted({f[0] for f in FAULTS}, key=lambda r: r.__name__)
)
def test_a_deployment_without_a_fault_passes(rule):
    assert list(rule(good())) == []


@pytest.mark.parametrize(("rule", "documents", "sentence"), FAULTS)
def test_a_fault_is_said_in_a_sentence(rule, documents, sentence):
    assert sentence in list(rule(documents))

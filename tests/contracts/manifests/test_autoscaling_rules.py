"""The rules about autoscalers see each fault."""

from __future__ import annotations

import pytest

from tests.contracts.manifests import autoscaling
from tests.contracts.manifests.sample import CONTAINER, broken, good

WEB = "Deployment/web"
HPA = "HorizontalPodAutoscaler/web"


def with_keda(**spec):
    return [
        *good(),
        {
            "apiVersion": "keda.sh/v1alpha1",
            "kind": "ScaledObject",
            "metadata": {"name": "keda"},
            "spec": {"scaleTargetRef": {"name": "web"}, **spec},
        },
    ]


FAULTS = [
    (
        autoscaling.autoscalers_have_a_target,
        broken(
            HPA, "spec", "scaleTargetRef", value={"kind": "Deployment", "name": "x"}
        ),
        f"{HPA} scales {{'kind': 'Deployment', 'name': 'x'}}, which is not there.",
    ),
    (
        autoscaling.autoscalers_have_a_target,
        broken(WEB, "spec", "replicas", value=1),
        (
            f"{HPA} and `replicas` of {WEB} both say how many there are: each apply would "
            "put the number back."
        ),
    ),
    (
        autoscaling.bounds_are_bounds,
        broken(HPA, "spec", "minReplicas", value=4),
        f"{HPA} is bounded by 4 and 3.",
    ),
    (
        autoscaling.bounds_are_bounds,
        with_keda(minReplicaCount=0),
        "ScaledObject/keda is bounded by 0 and None.",
    ),
    (
        autoscaling.one_autoscaler_each,
        with_keda(),
        f"{WEB} is scaled by 2 autoscalers.",
    ),
    (
        autoscaling.shares_have_a_whole,
        broken(WEB, *CONTAINER, "resources", "requests", "cpu"),
        f"{HPA} counts in % of requested cpu, and container main of {WEB} requests none.",
    ),
    (
        autoscaling.shares_have_a_whole,
        broken(
            HPA,
            *("spec", "metrics", 0, "resource", "target", "averageUtilization"),
            value=700,
        ),
        f"{HPA} aims at 700 % of cpu.",
    ),
]


@pytest.mark.parametrize(
    "rule", sorted({f[0] for f in FAULTS}, key=lambda r: r.__name__)
)
def test_autoscalers_without_a_fault_pass(rule):
    assert list(rule(good())) == []


@pytest.mark.parametrize(("rule", "documents", "sentence"), FAULTS)
def test_a_fault_is_said_in_a_sentence(rule, documents, sentence):
    assert sentence in list(rule(documents))

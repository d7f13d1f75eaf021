"""The pod in which a backup is restored fits the deployment that it is added to."""

from __future__ import annotations

import re

import pytest

from tests.contracts.manifests import disruption, hardening, hub, images, linking
from tests.contracts.manifests.documents import (
    SETS,
    maintained,
    matches,
    named,
    of_kind,
    pods,
)
from tests.contracts.manifests.test_manifests import known_variables
from tests.contracts.sources import ROOT

RULES = [
    linking.names_are_unique,
    linking.namespaces_agree,
    linking.selectors_match,
    linking.references_exist,
    linking.mounts_name_volumes,
    disruption.budgets_let_nodes_go,
    hardening.requests_are_within_limits,
    hardening.nobody_is_root,
    hardening.nobody_gains_privileges,
    hardening.nobody_writes_the_image,
    hardening.nobody_sees_the_node,
    hardening.scratch_is_bounded,
    hub.everybody_means_the_same,
    hub.variables_are_set,
    hub.who_shares_a_volume_shares_a_node,
]
FILE = re.compile(r"-f (deploy/maintenance/\S+\.yaml)")
GUIDE = (ROOT / "docs" / "upgrade.md").read_text(encoding="utf-8")


def maintenance(place):
    [pod] = [p for p in pods(maintained(place)) if p.name == "Pod/maintenance"]
    return pod


@pytest.mark.parametrize("place", SETS)
@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_a_rule_holds_with_it(place, rule):
    assert list(rule(maintained(place))) == []


@pytest.mark.parametrize("place", SETS)
def test_it_is_the_image_and_the_user_of_the_portal(place):
    dockerfile = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    pod = maintenance(place)
    api = next(p for p in pods(SETS[place]()) if p.name == "Deployment/api")

    assert pod.running[0]["image"] == api.running[0]["image"]
    assert list(images.images_fit_their_users(maintained(place), dockerfile)) == []
    found = hub.variables_are_read(maintained(place), known_variables())
    assert list(found) == []


@pytest.mark.parametrize("place", SETS)
def test_it_reaches_the_database_and_is_reached_by_nobody(place):
    labels = maintenance(place).labels
    services = of_kind(SETS[place](), "Service")
    policies = of_kind(SETS[place](), "NetworkPolicy")

    assert [s for s in services if matches(s["spec"]["selector"], labels)] == []
    chosen = [
        policy["metadata"]["name"]
        for policy in policies
        if matches(policy["spec"]["podSelector"], labels)
    ]
    assert chosen == ["api"]


def test_the_guide_names_files_and_pods_that_are_there():
    assert sorted(set(FILE.findall(GUIDE))) == [
        "deploy/maintenance/k8s.yaml",
        "deploy/maintenance/scale.yaml",
    ]
    for path in FILE.findall(GUIDE):
        assert (ROOT / path).is_file()
    for name in re.findall(r"scaledobjects? ((?:[a-z][a-z-]*[ ])+)", GUIDE):
        for one in name.split():
            assert named(SETS["deploy/scale"](), "ScaledObject", one), one


def test_every_command_of_the_guide_names_the_namespace():
    for path in ("upgrade.md", "kubernetes.md", "kubernetes.zh-CN.md"):
        text = (ROOT / "docs" / path).read_text(encoding="utf-8")
        for command in re.findall(r"kubectl (?:exec|logs|scale|rollout)[^`\n;]+", text):
            ours = re.search(r"deploy|maintenance|app=", command)
            assert not ours or "-n automation-hub" in command, command

"""The rule about budgets sees each that would hold a drain up."""

from __future__ import annotations

import pytest

from tests.contracts.manifests.disruption import budgets_let_nodes_go
from tests.contracts.manifests.documents import base, dig, named, scale
from tests.contracts.manifests.sample import POD, broken, change, good

BUDGET = "PodDisruptionBudget/web"
LIMIT = ("spec", "maxUnavailable")


def test_a_budget_of_all_passes():
    assert list(budgets_let_nodes_go(good())) == []


def test_pods_that_may_be_elsewhere_may_go_one_by_one():
    documents = broken(BUDGET, *LIMIT, value=1)
    change(documents, "Deployment/web", *POD, "affinity")

    assert list(budgets_let_nodes_go(documents)) == []


@pytest.mark.parametrize("value", [1, "50%"])
def test_pods_of_one_node_that_may_go_one_by_one_are_a_fault(value):
    [found] = budgets_let_nodes_go(broken(BUDGET, *LIMIT, value=value))

    assert found.startswith(f"{BUDGET} lets {value} of Deployment/web go at a time")


@pytest.mark.parametrize("value", [0, "0%"])
def test_a_budget_of_none_is_a_fault(value):
    found = list(budgets_let_nodes_go(broken(BUDGET, *LIMIT, value=value)))

    assert f"{BUDGET} lets no pod go, so its node is never drained." in found


def test_a_number_in_quotes_is_a_fault():
    found = list(budgets_let_nodes_go(broken(BUDGET, *LIMIT, value="1")))

    assert f"{BUDGET} lets '1' go, which is no number." in found


def test_a_number_that_has_to_stay_is_a_fault():
    documents = broken(BUDGET, "spec", value={"minAvailable": 1})

    found = "\n".join(budgets_let_nodes_go(documents))

    assert f"{BUDGET} says how many have to stay" in found
    assert f"{BUDGET} keeps pods that do not work." in found


def test_every_workload_of_the_hub_has_a_budget_that_fits_its_place():
    def allowed(documents, name):
        return dig(named(documents, "PodDisruptionBudget", name), *LIMIT)

    assert [allowed(base(), name) for name in ("api", "worker")] == ["100%"] * 2
    names = ("api", "worker", "worker-heavy")
    assert [allowed(scale(), name) for name in names] == [1, "25%", "25%"]

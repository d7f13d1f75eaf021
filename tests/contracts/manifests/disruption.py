"""Rules about who may be moved away. Each yields a sentence a fault."""

from __future__ import annotations

from collections.abc import Iterator

from tests.contracts.manifests.documents import (
    Document,
    Pod,
    dig,
    matches,
    of_kind,
    pods,
    title,
)

NONE = (0, "0", "0%")


def budgets_let_nodes_go(documents: list[Document]) -> Iterator[str]:
    """No drain waits for ever, however many pods there are."""
    for budget in of_kind(documents, "PodDisruptionBudget"):
        spec = budget.get("spec") or {}
        allowed = spec.get("maxUnavailable")
        if allowed is None:
            yield (
                f"{title(budget)} says how many have to stay; where there are no more, "
                "their nodes are never drained."
            )
        elif allowed in NONE:
            yield f"{title(budget)} lets no pod go, so its node is never drained."
        elif isinstance(allowed, str) and not allowed.endswith("%"):
            # What kustomize makes of a number that takes the place of a quoted text.
            yield f"{title(budget)} lets {allowed!r} go, which is no number."
        for pod in pods(documents):
            chosen = matches(spec.get("selector"), pod.labels)
            if chosen and is_tied_to_its_like(pod) and allowed != "100%":
                yield (
                    f"{title(budget)} lets {allowed} of {pod.name} go at a time, whose "
                    "pods start on no other node while one of them is left: two of them "
                    "hold a drain up for ever."
                )
        if spec.get("unhealthyPodEvictionPolicy") != "AlwaysAllow":
            yield f"{title(budget)} keeps pods that do not work."


def is_tied_to_its_like(pod: Pod) -> bool:
    """Say whether its pods have to be on one node, by a rule that matches themselves."""
    terms = dig(
        pod.spec,
        "affinity",
        "podAffinity",
        "requiredDuringSchedulingIgnoredDuringExecution",
    )
    return any(
        term.get("topologyKey") == "kubernetes.io/hostname"
        and matches(term.get("labelSelector"), pod.labels)
        for term in terms or []
    )

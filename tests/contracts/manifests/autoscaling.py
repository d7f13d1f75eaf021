"""Rules about who says how many pods there are. Each yields a sentence a fault."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from tests.contracts.manifests.documents import (
    Document,
    Pod,
    dig,
    of_kind,
    pods,
    title,
)

SCALERS = {
    "HorizontalPodAutoscaler": ("minReplicas", "maxReplicas"),
    "ScaledObject": ("minReplicaCount", "maxReplicaCount"),
}


def target_of(scaler: Document, documents: list[Document]) -> Pod | None:
    """Return the workload that an autoscaler scales."""
    ref = dig(scaler, "spec", "scaleTargetRef") or {}
    name = f"{ref.get('kind', 'Deployment')}/{ref.get('name')}"
    return next((pod for pod in pods(documents) if pod.name == name), None)


def autoscalers_have_a_target(documents: list[Document]) -> Iterator[str]:
    for scaler in of_kind(documents, *SCALERS):
        pod = target_of(scaler, documents)
        if pod is None:
            ref = dig(scaler, "spec", "scaleTargetRef")
            yield f"{title(scaler)} scales {ref}, which is not there."
        elif dig(pod.owner, "spec", "replicas") is not None:
            yield (
                f"{title(scaler)} and `replicas` of {pod.name} both say how many there "
                "are: each apply would put the number back."
            )


def bounds_are_bounds(documents: list[Document]) -> Iterator[str]:
    for scaler in of_kind(documents, *SCALERS):
        least_key, most_key = SCALERS[scaler["kind"]]
        least = dig(scaler, "spec", least_key)
        most = dig(scaler, "spec", most_key)
        lowest = 1 if scaler["kind"] == "HorizontalPodAutoscaler" else 0
        if least is None or most is None or not lowest <= least <= most:
            yield f"{title(scaler)} is bounded by {least} and {most}."


def one_autoscaler_each(documents: list[Document]) -> Iterator[str]:
    targets = [target_of(scaler, documents) for scaler in of_kind(documents, *SCALERS)]
    for name, count in Counter(pod.name for pod in targets if pod).items():
        if count > 1:
            yield f"{name} is scaled by {count} autoscalers."


def shares_have_a_whole(documents: list[Document]) -> Iterator[str]:
    """A percentage is of what the containers request."""
    for scaler in of_kind(documents, "HorizontalPodAutoscaler"):
        pod = target_of(scaler, documents)
        for metric in dig(scaler, "spec", "metrics") or []:
            name = dig(metric, "resource", "name")
            share = dig(metric, "resource", "target", "averageUtilization")
            if share is None or pod is None:
                continue
            if not 1 <= share <= 100:
                yield f"{title(scaler)} aims at {share} % of {name}."
            for container in pod.running:
                if dig(container, "resources", "requests", name) is None:
                    yield (
                        f"{title(scaler)} counts in % of requested {name}, and "
                        f"container {container['name']} of {pod.name} requests none."
                    )

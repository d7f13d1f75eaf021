"""Rules about what the documents say of each other. Each yields a sentence a fault."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from itertools import combinations

from tests.contracts.manifests.documents import (
    Document,
    Pod,
    dig,
    matches,
    named,
    of_kind,
    pods,
    ports_of,
    title,
)

CLUSTER_WIDE = {"Namespace", "ClusterRole", "ClusterRoleBinding", "PersistentVolume"}


def names_are_unique(documents: list[Document]) -> Iterator[str]:
    for name, count in Counter(map(title, documents)).items():
        if count > 1:
            yield f"{name} is there {count} times."


def namespaces_agree(documents: list[Document]) -> Iterator[str]:
    """A command's -n refuses what names another namespace."""
    spaces = [dig(d, "metadata", "name") for d in of_kind(documents, "Namespace")]
    for document in documents:
        space = dig(document, "metadata", "namespace")
        if document.get("kind") in CLUSTER_WIDE:
            if space:
                yield f"{title(document)} belongs to no namespace, and names one."
        elif space not in spaces:
            yield f"{title(document)} is in namespace {space}, not in {spaces}."


def selectors_match(documents: list[Document]) -> Iterator[str]:
    """A workload selects its own pods, and nobody else's."""
    workloads = [p for p in pods(documents) if dig(p.owner, "spec", "selector")]
    for pod in workloads:
        if not matches(dig(pod.owner, "spec", "selector"), pod.labels):
            yield f"{pod.name} does not select the pods of its own template."
    for one, other in combinations(workloads, 2):
        for chooser, chosen in ((one, other), (other, one)):
            if matches(dig(chooser.owner, "spec", "selector"), chosen.labels):
                yield f"{chooser.name} selects the pods of {chosen.name} too."


def services_find_a_port(documents: list[Document]) -> Iterator[str]:
    for service in of_kind(documents, "Service"):
        selector = dig(service, "spec", "selector")
        found = [p for p in pods(documents) if selector and matches(selector, p.labels)]
        if not found:
            yield f"{title(service)} selects no pod."
        for port in dig(service, "spec", "ports") or []:
            target = port.get("targetPort", port["port"])
            for pod in found:
                if target not in ports_of(pod):
                    yield (
                        f"{title(service)} leads to port {target}, which {pod.name} does "
                        "not have."
                    )


def ingresses_find_a_service(documents: list[Document]) -> Iterator[str]:
    for ingress in of_kind(documents, "Ingress"):
        for rule in dig(ingress, "spec", "rules") or []:
            for path in dig(rule, "http", "paths") or []:
                wanted = dig(path, "backend", "service") or {}
                service = named(documents, "Service", wanted.get("name"))
                ports = dig(service, "spec", "ports") or []
                known = {p.get(key) for p in ports for key in ("name", "port")}
                port = wanted.get("port") or {}
                if (port.get("name") or port.get("number")) not in known:
                    yield (
                        f"{title(ingress)} leads to a service or port that is not "
                        f"there: {wanted}."
                    )
        yield from _tls(ingress, documents)


def _tls(ingress: Document, documents: list[Document]) -> Iterator[str]:
    notes = dig(ingress, "metadata", "annotations") or {}
    # Then the Secret is made in the cluster.
    if {"cert-manager.io/cluster-issuer", "cert-manager.io/issuer"} & notes.keys():
        return
    for tls in dig(ingress, "spec", "tls") or []:
        if not named(documents, "Secret", tls["secretName"]):
            yield (
                f"{title(ingress)} wants Secret {tls['secretName']}, which is not "
                "there."
            )


def references_exist(documents: list[Document]) -> Iterator[str]:
    """ConfigMaps, Secrets, their keys, claims and accounts that pods name."""
    for pod in pods(documents):
        for container in pod.containers:
            for kind, name, key in _named_by(container):
                yield from _missing(documents, pod, kind, name, key)
        for kind, name in _named_by_volumes(pod):
            yield from _missing(documents, pod, kind, name, None)
        account = pod.spec.get("serviceAccountName")
        # Each namespace has this one.
        if account not in {None, "default"}:
            yield from _missing(documents, pod, "ServiceAccount", account, None)


def _named_by(container: Document) -> Iterator[tuple[str, str, str | None]]:
    for source in container.get("envFrom") or []:
        for field, kind in (("configMapRef", "ConfigMap"), ("secretRef", "Secret")):
            if (ref := source.get(field)) and not ref.get("optional"):
                yield kind, ref["name"], None
    for variable in container.get("env") or []:
        source = variable.get("valueFrom") or {}
        for field, kind in (
            ("configMapKeyRef", "ConfigMap"),
            ("secretKeyRef", "Secret"),
        ):
            if (ref := source.get(field)) and not ref.get("optional"):
                yield kind, ref["name"], ref["key"]


def _named_by_volumes(pod: Pod) -> Iterator[tuple[str, str]]:
    fields = (
        ("configMap", "name", "ConfigMap"),
        ("secret", "secretName", "Secret"),
        ("persistentVolumeClaim", "claimName", "PersistentVolumeClaim"),
    )
    for volume in pod.spec.get("volumes") or []:
        for field, key, kind in fields:
            if (ref := volume.get(field)) and not ref.get("optional"):
                yield kind, ref[key]


def _missing(
    documents: list[Document], pod: Pod, kind: str, name: str, key: str | None
) -> Iterator[str]:
    found = named(documents, kind, name)
    if found is None:
        yield f"{pod.name} names {kind}/{name}, which is not there."
    elif key is not None:
        parts = ("data", "stringData", "binaryData")
        if not any(key in (found.get(part) or {}) for part in parts):
            yield f"{pod.name} names {key} of {kind}/{name}, which has no such key."


def mounts_name_volumes(documents: list[Document]) -> Iterator[str]:
    for pod in pods(documents):
        volumes = {v["name"] for v in pod.spec.get("volumes") or []}
        claims = dig(pod.owner, "spec", "volumeClaimTemplates") or []
        volumes |= {dig(claim, "metadata", "name") for claim in claims}
        mounted = set()
        for container in pod.containers:
            mounts = container.get("volumeMounts") or []
            mounted |= {mount["name"] for mount in mounts}
            for path, count in Counter(m["mountPath"] for m in mounts).items():
                if count > 1:
                    yield f"{pod.name} mounts {count} volumes at {path}."
        for name in sorted(mounted - volumes):
            yield f"{pod.name} mounts the volume {name}, which it does not have."
        for name in sorted(volumes - mounted):
            yield f"{pod.name} has the volume {name} and mounts it nowhere."


def policies_select_pods(documents: list[Document]) -> Iterator[str]:
    """Budgets and network policies, with the peers and ports that these name."""
    for policy in of_kind(documents, "PodDisruptionBudget", "NetworkPolicy"):
        field = "selector" if policy["kind"] == "PodDisruptionBudget" else "podSelector"
        chosen = _chosen(documents, dig(policy, "spec", field))
        if not chosen:
            yield f"{title(policy)} selects no pod."
        for rule in dig(policy, "spec", "ingress") or []:
            yield from _peers(documents, policy, rule.get("from"))
            yield from _open(policy, rule, chosen)
        for rule in dig(policy, "spec", "egress") or []:
            peers = list(_peers(documents, policy, rule.get("to")))
            yield from peers
            if not peers and (targets := _local(documents, rule.get("to"))):
                yield from _open(policy, rule, targets)


def _chosen(documents: list[Document], selector: Document | None) -> list[Pod]:
    return [pod for pod in pods(documents) if matches(selector, pod.labels)]


def _peers(
    documents: list[Document], policy: Document, peers: list[Document] | None
) -> Iterator[str]:
    for peer in peers or []:
        # Those of other namespaces are not ours to know.
        is_local = "podSelector" in peer and "namespaceSelector" not in peer
        if is_local and not _chosen(documents, peer["podSelector"]):
            yield f"{title(policy)} lets through pods that are not there: {peer}."


def _local(documents: list[Document], peers: list[Document] | None) -> list[Pod]:
    local = [p for p in peers or [] if p.keys() == {"podSelector"}]
    return [pod for p in local for pod in _chosen(documents, p["podSelector"])]


def _open(policy: Document, rule: Document, targets: list[Pod]) -> Iterator[str]:
    for port in rule.get("ports") or []:
        if not any(port["port"] in ports_of(pod) for pod in targets):
            names = ", ".join(pod.name for pod in targets)
            yield (
                f"{title(policy)} opens port {port['port']}, on which {names} does "
                "not listen."
            )

"""Rules about what the manifests say to the hub. Each yields a sentence a fault."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from tests.contracts.manifests.documents import (
    Document,
    Pod,
    dig,
    every_container,
    named,
    pods,
)

IMAGES = ("automation-hub-api", "automation-hub-worker")
EXPANDED = re.compile(r"\$\(([A-Za-z_][A-Za-z0-9_]*)\)")
# What the containers of all the hub's pods have to agree on.
SHARED = (
    *("SECRET_KEY", "SECRETS_KEY", "DATABASE_URL", "DATABASE_PATH", "DATA_DIR"),
    "REDIS_URL",
)
PROBES = ("startupProbe", "livenessProbe", "readinessProbe")
# Beyond DRAIN_SECONDS and GRACE_S: the cluster's own margin, and the last writes.
MARGIN_S = 15
# What gunicorn gives to requests under way.
WEB_GRACE_S = 25


def is_hub(container: Document) -> bool:
    return image_name(container).rpartition("/")[2] in IMAGES


def image_name(container: Document) -> str:
    return str(container.get("image", "")).partition(":")[0]


def hub_containers(
    documents: list[Document],
) -> Iterator[tuple[Pod, Document, str]]:
    for pod, container, where in every_container(documents):
        if is_hub(container):
            yield pod, container, where


def environment(container: Document, documents: list[Document]) -> dict[str, Any]:
    """Return the variables of a container: a text, or where it comes from."""
    found: dict[str, Any] = {}
    for source in container.get("envFrom") or []:
        for field, kind in (("configMapRef", "ConfigMap"), ("secretRef", "Secret")):
            if name := dig(source, field, "name"):
                document = named(documents, kind, name) or {}
                found |= document.get("data") or {}
                found |= document.get("stringData") or {}
    for variable in container.get("env") or []:
        found[variable["name"]] = variable.get("value", variable.get("valueFrom"))
    return found


def variables_are_read(
    documents: list[Document], known: Collection[str]
) -> Iterator[str]:
    """`known` are the names that the code asks for."""
    for _pod, container, where in hub_containers(documents):
        values = environment(container, documents)
        used = {name for v in values.values() for name in EXPANDED.findall(str(v))}
        for name in sorted(values.keys() - set(known) - used):
            near = get_close_matches(name, known, n=1)
            hint = f"; {near[0]} is meant?" if near else "."
            yield f"{where}, sets {name}, which nothing reads{hint}"


def variables_are_expanded(documents: list[Document]) -> Iterator[str]:
    """Kubernetes puts in what the list named before, and leaves the rest as it is."""
    for _pod, container, where in every_container(documents):
        before: set[str] = set()
        for variable in container.get("env") or []:
            for name in EXPANDED.findall(str(variable.get("value", ""))):
                if name not in before:
                    yield (
                        f"{where}: {variable['name']} uses {name}, which is not set "
                        "before it."
                    )
            before.add(variable["name"])


def variables_are_set(documents: list[Document]) -> Iterator[str]:
    """What the hub needs to be told where its pods do not share one data folder."""
    for pod, container, where in hub_containers(documents):
        values = environment(container, documents)
        needed = {"REDIS_URL", "DATA_DIR"}
        if _has_own_data(pod, values.get("DATA_DIR")):
            needed |= {"SECRET_KEY", "SECRETS_KEY", "DATABASE_URL"}
            if container in pod.running:
                needed |= {"ARTIFACTS_URL"}
        commands = [dig(container, probe, "exec", "command") or [] for probe in PROBES]
        if ["python", "automation_hub/probe.py", "worker"] in commands:
            needed |= {"HEARTBEAT_FILE"}
        if values.get("ARTIFACTS_URL") and container in pod.running:
            needed |= {"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"}
        for name in sorted(needed):
            if not values.get(name):
                yield f"{where}, is not told {name}."


def _has_own_data(pod: Pod, folder: Any) -> bool:
    mounts = [m for c in pod.running for m in c.get("volumeMounts") or []]
    names = {m["name"] for m in mounts if m["mountPath"] == folder}
    volumes = pod.spec.get("volumes") or []
    return not any(v["name"] in names and "persistentVolumeClaim" in v for v in volumes)


def everybody_means_the_same(documents: list[Document]) -> Iterator[str]:
    """Portal, worker and setup have one key, one database and one broker."""
    first: dict[str, tuple[str, Any]] = {}
    for _pod, container, where in hub_containers(documents):
        values = environment(container, documents)
        for name in SHARED:
            told, value = first.setdefault(name, (where, values.get(name)))
            if value != values.get(name):
                yield f"{where}, has another {name} than {told}."


def probes_have_routes(
    documents: list[Document], is_route: Callable[[str], bool]
) -> Iterator[str]:
    for pod, container, where in every_container(documents):
        ports = container.get("ports") or []
        known = {p.get(key) for p in ports for key in ("name", "containerPort")}
        for name in PROBES:
            probe = container.get(name) or {}
            call = probe.get("httpGet") or {}
            if call and not is_route(call["path"]):
                yield f"{where}: {name} asks for {call['path']}, which is no route."
            if call and call["port"] not in known:
                yield (
                    f"{where}: {name} asks on port {call['port']}, which it does not "
                    "have."
                )
            if probe and probe.get("timeoutSeconds", 1) < 5:
                yield f"{where}: {name} gives up before 5 s, which a busy node may need."
        if container in pod.running and not container.get("livenessProbe"):
            yield f"{where}, is never started again when it hangs: no livenessProbe."


def commands_are_there(
    documents: list[Document], root: Path, commands: Collection[str]
) -> Iterator[str]:
    """`commands` are those of manage.py; files are looked for below `root`."""
    for _pod, container, where in hub_containers(documents):
        probes = [dig(container, probe, "exec", "command") or [] for probe in PROBES]
        for words in [container.get("args") or [], *probes]:
            for word in words:
                if word.endswith(".py") and not (root / word).is_file():
                    yield f"{where}, runs {word}, which is not there."
            if words[1:2] == ["manage.py"] and words[2] not in commands:
                yield f"{where}, runs manage.py {words[2]}, which is no command."


def grace_is_above_the_drain(
    documents: list[Document], drain_s: float, grace_s: float
) -> Iterator[str]:
    """The figures are what the code takes where a manifest says nothing."""
    for pod in pods(documents):
        given = pod.spec.get("terminationGracePeriodSeconds", 30)
        for container in filter(is_hub, pod.running):
            values = environment(container, documents)
            words = container.get("args") or []
            if "qcluster" in words:
                needed = MARGIN_S + sum(
                    float(values.get(name, default))
                    for name, default in (
                        ("DRAIN_SECONDS", drain_s),
                        ("GRACE_S", grace_s),
                    )
                )
            else:
                needed = _sleep_s(container) + float(
                    values.get("WEB_GRACE_S", WEB_GRACE_S)
                )
                if not _sleep_s(container):
                    yield (
                        f"{pod.name} ends while it is still sent requests: no "
                        "preStop sleep."
                    )
            if given <= needed:
                yield (
                    f"{pod.name} is killed after {given} s, and may need {needed:g} s "
                    "to end."
                )


def _sleep_s(container: Document) -> float:
    command = dig(container, "lifecycle", "preStop", "exec", "command") or []
    return float(command[1]) if command[:1] == ["sleep"] else 0


def who_shares_a_volume_shares_a_node(documents: list[Document]) -> Iterator[str]:
    """A claim of one node is mounted by pods that are kept together.

    Each rule must match its own pods too: a first pod that waited for another would
    wait for ever.
    """
    users: dict[str, list[Pod]] = {}
    for pod in pods(documents):
        for volume in pod.spec.get("volumes") or []:
            claim = dig(volume, "persistentVolumeClaim", "claimName")
            document = named(documents, "PersistentVolumeClaim", claim or "") or {}
            if "ReadWriteOnce" in (dig(document, "spec", "accessModes") or []):
                users.setdefault(claim, []).append(pod)
    for claim, found in users.items():
        for pod in found:
            missed = [other.name for other in found if not _stays_with(pod, other)]
            if len(found) > 1 and missed:
                yield (
                    f"{pod.name} mounts {claim}, and may be on another node than "
                    f"{missed}."
                )


def _stays_with(pod: Pod, other: Pod) -> bool:
    terms = dig(
        pod.spec,
        "affinity",
        "podAffinity",
        "requiredDuringSchedulingIgnoredDuringExecution",
    )
    return any(
        term.get("topologyKey") == "kubernetes.io/hostname"
        and all(
            other.labels.get(key) == value
            for key, value in (
                dig(term, "labelSelector", "matchLabels") or {"": ""}
            ).items()
        )
        for term in terms or []
    )

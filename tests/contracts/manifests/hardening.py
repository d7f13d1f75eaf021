"""Rules about what a container may do and take. Each yields a sentence a fault."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from cronsim import CronSim, CronSimError
from django.utils import timezone

from tests.contracts.manifests.documents import (
    Document,
    Pod,
    dig,
    every_container,
    of_kind,
    pods,
    title,
)

QUANTITY = re.compile(r"([0-9.]+)(m|[kMGTPE]|[KMGTPE]i)?")
POWERS = {unit: Decimal(1000) ** n for n, unit in enumerate(["", *"kMGTPE"])} | {
    f"{unit}i": Decimal(1024) ** n for n, unit in enumerate("KMGTPE", start=1)
}
POWERS["m"] = Decimal("0.001")


def quantity(text: Any) -> Decimal:
    """Return what "250m", "1Gi" or 2 means; ValueError for anything else."""
    match = QUANTITY.fullmatch(str(text))
    if not match:
        raise ValueError(f"{text!r} is no quantity")
    return Decimal(match[1]) * POWERS[match[2] or ""]


def requests_are_within_limits(documents: list[Document]) -> Iterator[str]:
    for _pod, container, where in every_container(documents):
        for name in ("cpu", "memory"):
            least = dig(container, "resources", "requests", name)
            most = dig(container, "resources", "limits", name)
            if least is None or most is None:
                yield f"{where}, has no request of {name}, or no limit."
            elif quantity(least) > quantity(most):
                yield f"{where}, requests {least} of {name}, above its limit {most}."


def effective(pod: Pod, container: Document, key: str) -> Any:
    """Return a setting of the security context: the container's own, else the pod's."""
    own = dig(container, "securityContext", key)
    return own if own is not None else dig(pod.spec, "securityContext", key)


def nobody_is_root(documents: list[Document]) -> Iterator[str]:
    for pod, container, where in every_container(documents):
        if effective(pod, container, "runAsNonRoot") is not True:
            yield f"{where}, may run as root: runAsNonRoot is not true."
        # A name would not do: the kubelet cannot tell whether it is root's.
        if not effective(pod, container, "runAsUser"):
            yield f"{where}, has no runAsUser."


def nobody_gains_privileges(documents: list[Document]) -> Iterator[str]:
    for pod, container, where in every_container(documents):
        context = container.get("securityContext") or {}
        if context.get("allowPrivilegeEscalation") is not False:
            yield f"{where}, may gain privileges."
        if context.get("privileged"):
            yield f"{where}, is privileged."
        capabilities = context.get("capabilities") or {}
        if capabilities.get("drop") != ["ALL"] or capabilities.get("add"):
            yield f"{where}, keeps capabilities."
        seccomp = effective(pod, container, "seccompProfile")
        if dig(seccomp, "type") != "RuntimeDefault":
            yield f"{where}, may make any system call."


def nobody_writes_the_image(documents: list[Document]) -> Iterator[str]:
    for _pod, container, where in every_container(documents):
        if dig(container, "securityContext", "readOnlyRootFilesystem") is not True:
            yield f"{where}, may write its root file system."


def nobody_sees_the_node(documents: list[Document]) -> Iterator[str]:
    for pod in pods(documents):
        for key in ("hostNetwork", "hostPID", "hostIPC"):
            if pod.spec.get(key):
                yield f"{pod.name} has {key}."
        for volume in pod.spec.get("volumes") or []:
            if "hostPath" in volume:
                yield f"{pod.name} mounts a folder of its node: {volume['name']}."
        if pod.spec.get("automountServiceAccountToken") is not False:
            yield f"{pod.name} has a token for the cluster, which it does not need."
        if pod.spec.get("enableServiceLinks") is not False:
            yield f"{pod.name} is given a variable for each Service."


def scratch_is_bounded(documents: list[Document]) -> Iterator[str]:
    for pod in pods(documents):
        for volume in pod.spec.get("volumes") or []:
            if "emptyDir" in volume and not dig(volume, "emptyDir", "sizeLimit"):
                yield f"{pod.name} may fill its node's disk through {volume['name']}."


def cron_texts_parse(documents: list[Document]) -> Iterator[str]:
    for job in of_kind(documents, "CronJob"):
        text = dig(job, "spec", "schedule") or ""
        try:
            CronSim(text, timezone.now())
        except CronSimError as exc:
            yield f"{title(job)} has the schedule {text!r}: {exc}."

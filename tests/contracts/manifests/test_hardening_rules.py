"""The rules about what a container may do see each fault."""

from __future__ import annotations

from decimal import Decimal

import pytest

from tests.contracts.manifests import hardening
from tests.contracts.manifests.sample import CONTAINER, POD, broken, good

WEB = "Deployment/web"
MAIN = f"{WEB}, container main"
FAULTS = [
    (
        hardening.requests_are_within_limits,
        broken(WEB, *CONTAINER, "resources", "requests", "memory", value="2Gi"),
        f"{MAIN}, requests 2Gi of memory, above its limit 1Gi.",
    ),
    (
        hardening.requests_are_within_limits,
        broken(WEB, *CONTAINER, "resources", "limits", "cpu"),
        f"{MAIN}, has no request of cpu, or no limit.",
    ),
    (
        hardening.nobody_is_root,
        broken(WEB, *POD, "securityContext", "runAsNonRoot"),
        f"{MAIN}, may run as root: runAsNonRoot is not true.",
    ),
    (
        hardening.nobody_is_root,
        broken(WEB, *POD, "securityContext", "runAsUser", value=0),
        f"{MAIN}, has no runAsUser.",
    ),
    (
        hardening.nobody_is_root,
        broken(WEB, *CONTAINER, "securityContext", "runAsNonRoot", value=False),
        f"{MAIN}, may run as root: runAsNonRoot is not true.",
    ),
    (
        hardening.nobody_gains_privileges,
        broken(WEB, *CONTAINER, "securityContext", "allowPrivilegeEscalation"),
        f"{MAIN}, may gain privileges.",
    ),
    (
        hardening.nobody_gains_privileges,
        broken(WEB, *CONTAINER, "securityContext", "privileged", value=True),
        f"{MAIN}, is privileged.",
    ),
    (
        hardening.nobody_gains_privileges,
        broken(WEB, *CONTAINER, "securityContext", "capabilities", value={"drop": []}),
        f"{MAIN}, keeps capabilities.",
    ),
    (
        hardening.nobody_gains_privileges,
        broken(WEB, *POD, "securityContext", "seccompProfile"),
        f"{MAIN}, may make any system call.",
    ),
    (
        hardening.nobody_writes_the_image,
        broken(WEB, *CONTAINER, "securityContext", "readOnlyRootFilesystem"),
        f"{MAIN}, may write its root file system.",
    ),
    (
        hardening.nobody_sees_the_node,
        broken(WEB, *POD, "hostNetwork", value=True),
        f"{WEB} has hostNetwork.",
    ),
    (
        hardening.nobody_sees_the_node,
        broken(
            WEB, *POD, "volumes", 1, value={"name": "tmp", "hostPath": {"path": "/"}}
        ),
        f"{WEB} mounts a folder of its node: tmp.",
    ),
    (
        hardening.nobody_sees_the_node,
        broken(WEB, *POD, "automountServiceAccountToken"),
        f"{WEB} has a token for the cluster, which it does not need.",
    ),
    (
        hardening.nobody_sees_the_node,
        broken(WEB, *POD, "enableServiceLinks"),
        f"{WEB} is given a variable for each Service.",
    ),
    (
        hardening.scratch_is_bounded,
        broken(WEB, *POD, "volumes", 1, "emptyDir", "sizeLimit"),
        f"{WEB} may fill its node's disk through tmp.",
    ),
]


@pytest.mark.parametrize(
    "rule", sorted({f[0] for f in FAULTS}, key=lambda r: r.__name__)
)
def test_a_hardened_deployment_passes(rule):
    assert list(rule(good())) == []


@pytest.mark.parametrize(("rule", "documents", "sentence"), FAULTS)
def test_a_fault_is_said_in_a_sentence(rule, documents, sentence):
    assert sentence in list(rule(documents))


@pytest.mark.parametrize("text", ["61 3 * * *", "nightly", ""])
def test_a_cron_text_that_is_none_is_named(text):
    documents = broken("CronJob/nightly", "spec", "schedule", value=text)

    [sentence] = hardening.cron_texts_parse(documents)

    assert sentence.startswith(f"CronJob/nightly has the schedule {text!r}: ")
    assert list(hardening.cron_texts_parse(good())) == []


@pytest.mark.parametrize(
    ("text", "number"),
    [("250m", "0.25"), ("1Gi", "1073741824"), (2, "2"), ("1.5k", "1500")],
)
def test_a_quantity_is_a_number(text, number):
    assert hardening.quantity(text) == Decimal(number)


@pytest.mark.parametrize("text", ["1GB", "lots", ""])
def test_what_is_no_quantity_is_refused(text):
    with pytest.raises(ValueError, match="is no quantity"):
        hardening.quantity(text)

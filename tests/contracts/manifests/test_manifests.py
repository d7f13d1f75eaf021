"""The manifests have none of the faults that no schema sees."""

from __future__ import annotations

import re
from functools import partial

import pytest
from django.core.management import get_commands
from django.urls import Resolver404, resolve

from apps.system.middleware import HealthMiddleware
from tests.contracts.manifests import (
    autoscaling,
    disruption,
    hardening,
    hub,
    linking,
)
from tests.contracts.manifests.documents import SETS
from tests.contracts.sources import ROOT, python_files

ASKED_FOR = re.compile(r"\benv_\w+\(\s*\"([A-Z][A-Z0-9_]*)\"")
DEFAULT = re.compile(r"env_number\(\s*\"(DRAIN_SECONDS|GRACE_S)\",\s*([0-9.]+)")
SETTINGS = "\n".join(
    (ROOT / path).read_text(encoding="utf-8") for path in python_files("automation_hub")
)


def known_variables():
    """Return every variable that the settings ask for, as a text and as a file."""
    names = ASKED_FOR.findall(SETTINGS)
    return {name + suffix for name in names for suffix in ("", "_FILE")}


def is_route(path):
    if path in HealthMiddleware(lambda request: None).answers:
        return True
    try:
        resolve(path)
    except Resolver404:
        return False
    return True


def defaults():
    found = {name: float(value) for name, value in DEFAULT.findall(SETTINGS)}
    return {"drain_s": found["DRAIN_SECONDS"], "grace_s": found["GRACE_S"]}


RULES = {
    "names are unique": linking.names_are_unique,
    "namespaces agree": linking.namespaces_agree,
    "selectors match": linking.selectors_match,
    "services find a port": linking.services_find_a_port,
    "ingresses find a service": linking.ingresses_find_a_service,
    "references exist": linking.references_exist,
    "mounts name volumes": linking.mounts_name_volumes,
    "policies select pods": linking.policies_select_pods,
    "autoscalers have a target": autoscaling.autoscalers_have_a_target,
    "bounds are bounds": autoscaling.bounds_are_bounds,
    "one autoscaler each": autoscaling.one_autoscaler_each,
    "shares have a whole": autoscaling.shares_have_a_whole,
    "budgets let nodes go": disruption.budgets_let_nodes_go,
    "requests are within limits": hardening.requests_are_within_limits,
    "nobody is root": hardening.nobody_is_root,
    "nobody gains privileges": hardening.nobody_gains_privileges,
    "nobody writes the image": hardening.nobody_writes_the_image,
    "nobody sees the node": hardening.nobody_sees_the_node,
    "scratch is bounded": hardening.scratch_is_bounded,
    "cron texts parse": hardening.cron_texts_parse,
    "variables are read": partial(hub.variables_are_read, known=known_variables()),
    "variables are expanded": hub.variables_are_expanded,
    "variables are set": hub.variables_are_set,
    "everybody means the same": hub.everybody_means_the_same,
    "probes have routes": partial(hub.probes_have_routes, is_route=is_route),
    "grace is above the drain": partial(hub.grace_is_above_the_drain, **defaults()),
    "one volume, one node": hub.who_shares_a_volume_shares_a_node,
}


@pytest.mark.parametrize("place", SETS)
@pytest.mark.parametrize("rule", RULES)
def test_a_rule_holds(place, rule):
    found = list(RULES[rule](SETS[place]()))

    assert found == []


@pytest.mark.parametrize("place", SETS)
def test_what_containers_run_is_there(place):
    found = hub.commands_are_there(SETS[place](), ROOT, get_commands())

    assert list(found) == []


def test_the_scan_for_variables_finds_them():
    assert {"SECRET_KEY", "AWS_ACCESS_KEY_ID", "HEARTBEAT_FILE"} <= known_variables()
    assert not is_route("/healthz")

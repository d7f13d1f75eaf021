"""What the documents tell people to type names what is there."""

from __future__ import annotations

import re

import pytest

from tests.contracts.manifests.documents import SCALE, base, named, pods
from tests.contracts.sources import ROOT

DOCUMENTS = ["kubernetes.md", "kubernetes.zh-CN.md", "scaling.md"]
TARGET = re.compile(r"\b(deployment|svc)/([a-z][a-z0-9-]*)(?: -c ([a-z-]+))?")
FILE = re.compile(r"`([a-z-]+\.yaml)`")
KINDS = {"deployment": "Deployment", "svc": "Service"}


def text_of(name):
    return (ROOT / "docs" / name).read_text(encoding="utf-8")


@pytest.mark.parametrize("name", DOCUMENTS)
def test_commands_name_workloads_and_containers(name):
    containers = {p.name: {c["name"] for c in p.containers} for p in pods(base())}
    for kind, target, container in TARGET.findall(text_of(name)):
        assert named(base(), KINDS[kind], target), (kind, target)
        if container:
            assert container in containers[f"{KINDS[kind]}/{target}"]


@pytest.mark.parametrize("name", DOCUMENTS)
def test_files_are_there(name):
    for file in FILE.findall(text_of(name)):
        folders = (ROOT, ROOT / "k8s", SCALE)
        if file != "compose.yaml":
            assert any((folder / file).is_file() for folder in folders), file


@pytest.mark.parametrize("name", DOCUMENTS[:2])
def test_every_manifest_is_explained(name):
    named_ones = set(FILE.findall(text_of(name)))

    assert {path.name for path in (ROOT / "k8s").glob("*.yaml")} <= named_ones


def test_both_languages_show_the_same_commands():
    commands = [
        re.findall(r"`((?:kubectl|minikube) [^`]+)`", text_of(n)) for n in DOCUMENTS[:2]
    ]

    assert set(commands[0]) == set(commands[1])

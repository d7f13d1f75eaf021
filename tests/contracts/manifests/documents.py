"""The manifests as documents, and what is found in one."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from tests.contracts.sources import ROOT

Document = dict[str, Any]
BASE = ROOT / "k8s"
SCALE = ROOT / "deploy" / "scale"
EXAMPLE = SCALE / "secret.example.yaml"
MAINTENANCE = ROOT / "deploy" / "maintenance"
# Kinds with a pod template, and where it is.
TEMPLATES: dict[str, tuple[str, ...]] = {
    # It is its own.
    "Pod": (),
    "Deployment": ("spec", "template"),
    "StatefulSet": ("spec", "template"),
    "DaemonSet": ("spec", "template"),
    "Job": ("spec", "template"),
    "CronJob": ("spec", "jobTemplate", "spec", "template"),
}


@dataclass(frozen=True)
class Pod:
    """A workload's template; `name` is for sentences, such as "Deployment/api"."""

    name: str
    owner: Document
    template: Document

    @property
    def spec(self) -> Document:
        return self.template.get("spec") or {}

    @property
    def labels(self) -> Mapping[str, str]:
        return dig(self.template, "metadata", "labels") or {}

    @property
    def containers(self) -> list[Document]:
        """Return all containers, those that only begin too."""
        return [*(self.spec.get("initContainers") or []), *self.running]

    @property
    def running(self) -> list[Document]:
        return list(self.spec.get("containers") or [])


def dig(value: Any, *keys: str) -> Any:
    """Return what lies at the end of the keys; None where one is missing."""
    for key in keys:
        value = value.get(key) if isinstance(value, Mapping) else None
    return value


def title(document: Document) -> str:
    return f"{document.get('kind')}/{dig(document, 'metadata', 'name')}"


def of_kind(documents: list[Document], *kinds: str) -> list[Document]:
    return [document for document in documents if document.get("kind") in kinds]


def named(documents: list[Document], kind: str, name: str) -> Document | None:
    """Return the document of this kind and name."""
    found = (d for d in of_kind(documents, kind) if dig(d, "metadata", "name") == name)
    return next(found, None)


def pods(documents: list[Document]) -> Iterator[Pod]:
    """Yield the template of each workload."""
    for document in documents:
        where = TEMPLATES.get(document.get("kind", ""))
        if where is not None and (template := dig(document, *where)):
            yield Pod(title(document), document, template)


def every_container(documents: list[Document]) -> Iterator[tuple[Pod, Document, str]]:
    """Yield each container with its pod and with its name for sentences."""
    for pod in pods(documents):
        for container in pod.containers:
            yield pod, container, f"{pod.name}, container {container.get('name')}"


def matches(selector: Document | None, labels: Mapping[str, str]) -> bool:
    """Say whether a LabelSelector, or the plain map of a Service, selects labels."""
    selector = selector or {}
    is_plain = not {"matchLabels", "matchExpressions"} & selector.keys()
    wanted = selector if is_plain else selector.get("matchLabels") or {}
    expressions = selector.get("matchExpressions") or []
    return all(labels.get(key) == value for key, value in wanted.items()) and all(
        _holds(expression, labels) for expression in expressions
    )


def _holds(expression: Document, labels: Mapping[str, str]) -> bool:
    key, values = expression["key"], expression.get("values") or []
    return {
        "In": labels.get(key) in values,
        "NotIn": labels.get(key) not in values,
        "Exists": key in labels,
        "DoesNotExist": key not in labels,
    }[expression["operator"]]


def ports_of(pod: Pod) -> set[str | int]:
    """Return names and numbers of the ports that its containers listen on."""
    ports = [p for c in pod.running for p in c.get("ports") or []]
    return {
        port[key] for port in ports for key in ("name", "containerPort") if key in port
    }


def read(text: str) -> list[Document]:
    """Return the documents of a text, anew for each caller."""
    return deepcopy(_parsed(text))


@cache
def _parsed(text: str) -> list[Document]:
    # The loader in C, ten times as fast, where PyYAML was built with it.
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    return [document for document in yaml.load_all(text, loader) if document]


@cache
def _files(folder: Path) -> tuple[str, ...]:
    # As `kubectl apply -f` chooses them.
    paths = sorted(
        p for p in folder.iterdir() if p.suffix in {".yaml", ".yml", ".json"}
    )
    return tuple(path.read_text(encoding="utf-8") for path in paths)


@cache
def rendered(folder: Path) -> str:
    """Return what `kubectl kustomize` makes of a folder."""
    done = subprocess.run(
        [tool("kubectl"), "kustomize", str(folder)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def base() -> list[Document]:
    """Return what `kubectl apply -f k8s/` applies, anew for each caller."""
    return [document for text in _files(BASE) for document in read(text)]


def scale() -> list[Document]:
    """Return what `kubectl apply -k deploy/scale` applies, and the Secret's example."""
    return [*read(rendered(SCALE)), *read(EXAMPLE.read_text(encoding="utf-8"))]


def maintained(place: str) -> list[Document]:
    """Return one of SETS with the pod that is added to it while it is stopped."""
    path = MAINTENANCE / f"{Path(place).name}.yaml"
    return [*SETS[place](), *read(path.read_text(encoding="utf-8"))]


SETS = {"k8s": base, "deploy/scale": scale}


def tool(name: str) -> str:
    """Return a program that a wheel brings, or PATH has."""
    beside = Path(sys.executable).parent / name
    found = str(beside) if beside.exists() else shutil.which(name)
    assert found, f"There is no {name}; `make test` installs it."
    return found

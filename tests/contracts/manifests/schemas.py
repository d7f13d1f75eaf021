"""What Kubernetes itself would say of a document, release by release."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from typing import Any

from jsonschema import Draft202012Validator
from referencing import Registry, Resource

from tests.contracts.manifests.documents import Document, title
from tests.contracts.manifests.keda import SCALED_OBJECT

RELEASES = [f"1.{minor}" for minor in range(28, 38)]
OWN = {("keda.sh/v1alpha1", "ScaledObject"): SCALED_OBJECT}
SCHEMAS = files("kubernetes_validate") / "kubernetes-json-schema"


def problems(document: Document, release: str) -> Iterator[str]:
    """Yield what is wrong with a document; a kind without a schema is wrong."""
    api, kind = document.get("apiVersion", ""), document.get("kind", "")
    validator = _validator(api, kind, release)
    if validator is None:
        yield f"{title(document)}: Kubernetes {release} has no {kind} of {api}."
        return
    for error in validator.iter_errors(document):
        place = ".".join(map(str, error.absolute_path))
        yield f"{title(document)}: {place}: {error.message} (Kubernetes {release})"


@cache
def _validator(api: str, kind: str, release: str) -> Draft202012Validator | None:
    if own := OWN.get((api, kind)):
        return Draft202012Validator(own)
    # kubernetes-validate reads the definitions, megabytes of them, for each document;
    # read once a release they make seconds of minutes.
    folder = SCHEMAS / _folder(release)
    name = re.sub(r"^([^./]*)(?:\.[^/]*)?/", r"\1-", api)
    schema = folder / f"{kind.lower()}-{name}.json"
    if not schema.is_file():
        return None
    content = json.loads(schema.read_text(encoding="utf-8"))
    return Draft202012Validator(content, registry=_definitions(release))


@cache
def _folder(release: str) -> str:
    """Return the name of the strict schemas: unknown and doubled keys are errors."""
    pattern = re.compile(rf"v{re.escape(release)}(?:\.\d+)?-local-strict")
    [name] = [f.name for f in SCHEMAS.iterdir() if pattern.fullmatch(f.name)]
    return name


@cache
def _definitions(release: str) -> Registry[Any]:
    text = (SCHEMAS / _folder(release) / "_definitions.json").read_text(
        encoding="utf-8"
    )
    return Resource.from_contents(json.loads(text)) @ Registry()

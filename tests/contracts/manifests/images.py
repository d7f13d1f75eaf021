"""Rules about the images that Dockerfile, compose file and manifests name."""

from __future__ import annotations

import re
from collections.abc import Iterator

from tests.contracts.manifests.documents import Document, dig, every_container
from tests.contracts.manifests.hardening import effective
from tests.contracts.manifests.hub import is_hub

STAGE = re.compile(r"^FROM\s+\S+\s+AS\s+(\S+)", re.MULTILINE | re.IGNORECASE)
USER = re.compile(r"^USER\s+(\S+)", re.MULTILINE)
PORT = re.compile(r"^EXPOSE\s+(\d+)", re.MULTILINE)
HUB = "automation-hub-"


def images_of(documents: list[Document]) -> set[str]:
    return {
        container["image"] for _pod, container, _where in every_container(documents)
    }


def images_agree(documents: list[Document], compose: Document) -> Iterator[str]:
    """What both name, they name with the same tag; and the hub's own are in both."""
    here = images_of(documents)
    there = {s["image"] for s in compose["services"].values() if "image" in s}
    tags = {image.partition(":")[0]: image for image in there}
    for image in sorted(here):
        other = tags.get(image.partition(":")[0])
        if other is None:
            yield f"The manifests run {image}, which the compose file does not know."
        elif other != image:
            yield f"The manifests run {image}, the compose file {other}."
    for image in sorted(there - here):
        if image.startswith(HUB):
            yield f"The compose file builds {image}, which no manifest runs."


def targets_are_stages(compose: Document, dockerfile: str) -> Iterator[str]:
    """Each image of the hub is built from the stage that bears its name."""
    stages = set(STAGE.findall(dockerfile))
    for name, service in compose["services"].items():
        image = service.get("image", "").partition(":")[0]
        if not image.startswith(HUB):
            continue
        target = dig(service, "build", "target")
        if target not in stages:
            yield f"Service {name} is built from stage {target}, which is not there."
        elif image != HUB + target:
            yield f"Service {name} calls the stage {target} {image}."


def images_fit_their_users(documents: list[Document], dockerfile: str) -> Iterator[str]:
    users = {user.partition(":")[0] for user in USER.findall(dockerfile)}
    ports = {int(port) for port in PORT.findall(dockerfile)}
    for pod, container, where in every_container(documents):
        if not is_hub(container):
            continue
        user = str(effective(pod, container, "runAsUser"))
        if users != {user}:
            yield f"{where}, runs as {user}, the image as {sorted(users)}."
        for port in container.get("ports") or []:
            if port["containerPort"] not in ports:
                yield f"{where}, has port {port['containerPort']}, the image {ports}."

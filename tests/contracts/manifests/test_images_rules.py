"""The rules about images see each fault."""

from __future__ import annotations

import pytest

from tests.contracts.manifests import images
from tests.contracts.manifests.sample import CONTAINER, broken, good

DOCKERFILE = "FROM base AS hub\nUSER 10001:10001\nFROM hub AS api\nEXPOSE 8000\n"
API = {"image": "automation-hub-api:latest", "build": {"target": "api"}}
MAIN = "Deployment/web, container main"


def compose(**services):
    return {"services": {"api": API, **services}}


def test_images_that_agree_pass():
    assert list(images.images_agree(good(), compose())) == []
    assert list(images.targets_are_stages(compose(), DOCKERFILE)) == []
    assert list(images.images_fit_their_users(good(), DOCKERFILE)) == []


@pytest.mark.parametrize(
    ("image", "sentence"),
    [
        (
            "automation-hub-api:1",
            (
                "The manifests run automation-hub-api:1, the compose file "
                "automation-hub-api:latest."
            ),
        ),
        (
            "nginx:1",
            "The manifests run nginx:1, which the compose file does not know.",
        ),
        (
            "nginx:1",
            "The compose file builds automation-hub-api:latest, which no manifest runs.",
        ),
    ],
)
def test_images_that_do_not_agree_are_named(image, sentence):
    documents = broken("Deployment/web", *CONTAINER, "image", value=image)

    assert sentence in list(images.images_agree(documents, compose()))


@pytest.mark.parametrize(
    ("target", "sentence"),
    [
        ("web", "Service x is built from stage web, which is not there."),
        ("hub", "Service x calls the stage hub automation-hub-api."),
    ],
)
def test_a_service_of_another_stage_is_named(target, sentence):
    file = compose(x={**API, "build": {"target": target}})

    assert list(images.targets_are_stages(file, DOCKERFILE)) == [sentence]


def test_another_user_and_port_than_the_images_are_named():
    other = DOCKERFILE.replace("10001:", "10002:").replace("8000", "80")

    assert list(images.images_fit_their_users(good(), other)) == [
        f"{MAIN}, runs as 10001, the image as ['10002'].",
        f"{MAIN}, has port 8000, the image {{80}}.",
    ]

"""Dockerfile, compose file and manifests speak of the same images."""

from __future__ import annotations

import pytest
import yaml

from tests.contracts.manifests import images
from tests.contracts.manifests.documents import SETS
from tests.contracts.sources import ROOT


@pytest.fixture
def compose():
    return yaml.safe_load((ROOT / "compose.yaml").read_text(encoding="utf-8"))


@pytest.fixture
def dockerfile():
    return (ROOT / "Dockerfile").read_text(encoding="utf-8")


@pytest.mark.parametrize("place", SETS)
def test_names_and_tags_agree(place, compose):
    assert list(images.images_agree(SETS[place](), compose)) == []


def test_each_image_is_built_from_its_stage(compose, dockerfile):
    assert list(images.targets_are_stages(compose, dockerfile)) == []


@pytest.mark.parametrize("place", SETS)
def test_users_and_ports_are_those_of_the_image(place, dockerfile):
    assert list(images.images_fit_their_users(SETS[place](), dockerfile)) == []

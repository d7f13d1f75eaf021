"""Fixtures of the tests about manifests."""

from __future__ import annotations

import pytest

from tests.contracts.sources import ROOT


@pytest.fixture
def needs_image():
    """For tests about files that come with the images, until those are there."""
    for name in ("Dockerfile", "compose.yaml"):
        if not (ROOT / name).is_file():
            pytest.skip(f"There is no {name} yet.")

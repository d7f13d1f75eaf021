"""The example of deploy/scale's Secret starts nothing as long as it is an example."""

from __future__ import annotations

import pytest

from tests.contracts.manifests.documents import EXAMPLE, read

pytestmark = pytest.mark.acceptance
# PostgreSQL alone reads it, and the hub reads it again within DATABASE_URL.
NOT_OURS = {"POSTGRES_PASSWORD"}


def secrets():
    [secret] = read(EXAMPLE.read_text(encoding="utf-8"))
    return secret["stringData"]


@pytest.mark.parametrize("name", sorted(secrets().keys() - NOT_OURS))
def test_an_example_value_is_refused_in_a_sentence(name, make_hub):
    done = make_hub().manage("setup", check=False, **{name: secrets()[name]})

    assert done.returncode != 0
    assert name in done.stderr
    assert "CHANGE-ME" in done.stderr
    assert "Traceback" not in done.stderr

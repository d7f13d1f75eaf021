"""The OpenAPI document is valid, and is the one that is kept here."""

from __future__ import annotations

import difflib
from pathlib import Path

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

SNAPSHOT = Path(__file__).with_name("openapi.yaml")


@pytest.fixture
def document(tmp_path, capsys) -> str:
    """The document as `make schema` writes it; every warning is a failure."""
    path = tmp_path / "openapi.yaml"
    try:
        call_command("spectacular", "--validate", "--fail-on-warn", "--file", str(path))
    except CommandError as exc:
        said = capsys.readouterr().err
        pytest.fail(f"The OpenAPI document is not valid: {exc}\n{said}", pytrace=False)
    return path.read_text(encoding="utf-8")


def test_the_document_is_valid_and_equal_to_the_snapshot(document):
    kept = SNAPSHOT.read_text(encoding="utf-8") if SNAPSHOT.exists() else ""
    difference = difflib.unified_diff(
        kept.splitlines(), document.splitlines(), "openapi.yaml", "now", lineterm=""
    )
    if kept != document:
        pytest.fail(
            "The API is not the one of tests/contracts/openapi.yaml. If that is "
            "meant, run make schema and commit it.\n" + "\n".join(difference),
            pytrace=False,
        )

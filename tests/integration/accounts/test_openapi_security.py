"""The OpenAPI document says how to send a token."""

from __future__ import annotations

import pytest
from drf_spectacular.generators import SchemaGenerator

pytestmark = pytest.mark.urls("tests.integration.accounts.urls")


def test_bearer_tokens_and_sessions_are_documented():
    schema = SchemaGenerator().get_schema(public=True)
    scheme = schema["components"]["securitySchemes"]["token"]
    assert (scheme["type"], scheme["scheme"]) == ("http", "bearer")
    operation = schema["paths"]["/plain"]["get"]
    assert operation["security"] == [{"token": []}, {"cookieAuth": []}]

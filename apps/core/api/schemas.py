"""Shapes that every route shares, for the OpenAPI document."""

from __future__ import annotations

from rest_framework import serializers


class ErrorSchema(serializers.Serializer):
    """The shape of every error."""

    code = serializers.CharField(help_text="A word for programs, such as not_found.")
    message = serializers.CharField(help_text="What is wrong, and the way out.")
    fields = serializers.DictField(
        child=serializers.ListField(child=serializers.CharField()),
        required=False,
        help_text="Of wrong input: sentences by the name of what is wrong.",
    )

"""Who calls the API: the token of the `Authorization` header."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import User
from django.utils.translation import gettext as _
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from apps.accounts.models import Token
from apps.accounts.services import find_token

SCHEME = "bearer"
REALM = 'Bearer realm="automation-hub"'


class TokenAuthentication(BaseAuthentication):
    """`Authorization: Bearer hub_…`; `request.auth` is then the Token.

    Stands before session authentication, so that a token that fails is refused
    whatever cookie comes with it, and one that works is not widened by that cookie.
    Other schemes are left to others.
    """

    def authenticate(self, request: Request) -> tuple[User, Token] | None:
        header = request.META.get("HTTP_AUTHORIZATION", "")
        scheme, _space, text = header.strip().partition(" ")
        if scheme.lower() != SCHEME:
            return None
        if not text.strip():
            raise AuthenticationFailed(
                _("The Authorization header has no token; write: Bearer hub_….")
            )
        token = find_token(text.strip())
        if token is None:
            raise AuthenticationFailed(
                _(
                    "This token does not work: it is misspelt, expired or revoked, or "
                    "its user is not active. Make a new one with: manage.py token "
                    "create."
                )
            )
        return token.user, token

    def authenticate_header(self, request: Request) -> str:
        return REALM


class TokenScheme(OpenApiAuthenticationExtension):
    """How the OpenAPI document names it. Beside the class, so never left unloaded."""

    target_class = TokenAuthentication
    name = "token"

    def get_security_definition(self, auto_schema: Any) -> dict[str, Any]:
        return {
            "type": "http",
            "scheme": SCHEME,
            "description": "A token made by `manage.py token create` or in the admin.",
        }

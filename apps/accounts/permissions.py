"""What a caller may do: one table a view, and nothing that is not in it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from rest_framework.exceptions import (
    APIException,
    NotAuthenticated,
    PermissionDenied,
)
from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from apps.accounts.anonymous import is_trusted
from apps.accounts.models import Token
from apps.accounts.services import roles_with


@dataclass(frozen=True)
class Need:
    """What one action asks of its caller.

    `scope` of a token (read, run, manage), `permission` of the user
    (`runs.view_run`), and whether a trusted caller without credentials may use it.
    """

    scope: str
    permission: str
    anonymous: bool = False


class Access(BasePermission):
    """Admits by the view's table, `access: dict[str, Need]`.

    Its keys are the actions of a viewset, and the methods in lower case (`get`) of
    any other view. HEAD is GET. OPTIONS is open to whoever may GET, and a method that
    the route does not have to whoever may use the route at all, who then gets 405.
    """

    def has_permission(self, request: Request, view: Any) -> bool:
        refusals = [refusal(request, need) for need in _needs(request.method, view)]
        if None in refusals:
            return True
        raise next(iter(refusals), None) or _refusal_of_what_is_not_listed(request)


def require(request: Request, need: Need) -> None:
    """Raise NotAuthenticated or PermissionDenied unless the caller meets `need`.

    For views that learn only from the path or the body what is asked of them.
    """
    if (error := refusal(request, need)) is not None:
        raise error


def refusal(request: Request, need: Need) -> APIException | None:
    """Return why the caller may not do what has this need; None when they may."""
    user, token = request.user, request.auth
    if not user or not user.is_authenticated:
        may = need.anonymous and is_trusted(request)
        return None if may else _no_credentials()
    if not user.is_active:
        return PermissionDenied(_("Your account is not active."))
    if isinstance(token, Token) and not token.has_scope(need.scope):
        return PermissionDenied(
            _(
                'This token lacks the scope "%(scope)s"; it has: %(scopes)s. Make one '
                "that has it with: manage.py token create NAME --user USER --scopes."
            )
            % {"scope": need.scope, "scopes": token.scopes}
        )
    if not user.has_perm(need.permission):
        return _no_role(need.permission)
    return None


def _needs(method: str, view: Any) -> list[Need]:
    """Return the needs of which the caller has to meet one."""
    table: dict[str, Need] = getattr(view, "access", {})
    keys = _table_keys(view)
    name = method.lower()
    if name == "head" or (name == "options" and "get" in keys):
        name = "get"
    wanted = [keys[name]] if name in keys else keys.values()
    return [table[key] for key in wanted if key in table]


def _table_keys(view: Any) -> dict[str, str]:
    """Return each method that the route has, with its key in the table."""
    # Viewsets alone have it: which action answers which method on this route.
    actions: dict[str, str] | None = getattr(view, "action_map", None)
    if actions is not None:
        return actions
    # DRF answers OPTIONS on every view, so that says nothing about the route.
    methods = set(view.http_method_names) - {"options"}
    return {name: name for name in sorted(methods) if hasattr(view, name)}


def _refusal_of_what_is_not_listed(request: Request) -> APIException:
    if not request.user or not request.user.is_authenticated:
        return _no_credentials()
    return PermissionDenied(_("Nobody may do this; it is not open to any role."))


def _no_credentials() -> APIException:
    return NotAuthenticated(
        _(
            "Sign in, or send a token as Authorization: Bearer …; "
            "manage.py token create makes one."
        )
    )


def _no_role(permission: str) -> APIException:
    roles = roles_with(permission)
    if not roles:
        return PermissionDenied(
            _("Your account lacks the permission %(permission)s, and no role has it.")
            % {"permission": permission}
        )
    return PermissionDenied(
        _(
            "Your account lacks the permission %(permission)s. Ask an administrator "
            "for a role that has it: %(roles)s."
        )
        % {"permission": permission, "roles": ", ".join(roles)}
    )

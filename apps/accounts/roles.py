"""Roles: what Django calls groups of users."""

from __future__ import annotations

from django.contrib.auth.models import Group, User
from django.utils.translation import gettext_lazy as _


def name_roles() -> None:
    """Call groups roles wherever a page names them or the field that holds them.

    Called once all models are there; migrations know nothing of it.
    """
    Group._meta.verbose_name = _("role")
    Group._meta.verbose_name_plural = _("roles")
    User._meta.get_field("groups").verbose_name = _("roles")

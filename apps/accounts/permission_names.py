"""Which permissions somebody can be given, and what they are called there."""

from __future__ import annotations

from django.contrib.auth.models import Permission
from django.db.models import Q
from django.forms import ModelMultipleChoiceField
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import pgettext_lazy

VERBS = {
    "view": pgettext_lazy("permission", "view"),
    "add": pgettext_lazy("permission", "add"),
    "change": pgettext_lazy("permission", "change"),
    "delete": pgettext_lazy("permission", "delete"),
    "run": pgettext_lazy("permission", "run"),
    "cancel": pgettext_lazy("permission", "cancel"),
}


ALL = ("view", "add", "change", "delete")
# Those that something asks for; of all other tables there is no page and no address.
MEANT: dict[str, dict[str, tuple[str, ...]]] = {
    "auth": {"user": ALL, "group": ALL},
    "accounts": {"token": ALL},
    "scripts": {"script": ("view", "change", "run")},
    "tasks": {
        "task": ALL,
        "schedule": ALL,
        "pause": ALL,
        "freezewindow": ALL,
        "concurrencygroup": ALL,
    },
    "runs": {
        "run": ("view", "cancel"),
        "artifact": ("view",),
        "worker": ("view",),
        "outboxmessage": ("view",),
        "occurrence": ("view",),
        "daycount": ("view",),
    },
}


def meant() -> Q:
    """Return what permissions are to be offered."""
    found = Q()
    for app, models in MEANT.items():
        names = [f"{verb}_{model}" for model in models for verb in models[model]]
        found |= Q(content_type__app_label=app, codename__in=names)
    return found


def permission_name(permission: Permission) -> str:
    """Return what it allows in the reader's language; rows have it in English alone."""
    model = permission.content_type.model_class()
    verb = VERBS.get(permission.codename.partition("_")[0])
    if model is None or verb is None:
        return str(permission.name)
    what = capfirst(str(model._meta.verbose_name_plural))
    return _("%(what)s: %(reason)s") % {"what": what, "reason": verb}


class PermissionField(ModelMultipleChoiceField):
    """Permissions by what they allow."""

    def label_from_instance(self, permission: Permission) -> str:
        return permission_name(permission)

"""Tokens in the admin: everybody's for a superuser, one's own for anybody else."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, cast

from django import forms
from django.contrib import admin, messages
from django.contrib.auth.admin import GroupAdmin, UserAdmin
from django.contrib.auth.forms import AdminPasswordChangeForm
from django.contrib.auth.models import Group, Permission, User
from django.db.models import Count, ForeignKey, Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.text import capfirst, format_lazy
from django.utils.translation import gettext, ngettext, pgettext
from django.utils.translation import gettext_lazy as _

from apps.accounts import services
from apps.accounts.models import Scope, Token, join_scopes
from apps.accounts.permission_names import PermissionField, meant
from apps.core.admin import HubAdmin

admin.site.unregister(User)
admin.site.unregister(Group)


class PermissionsMixin(admin.ModelAdmin):
    """Offers the permissions that mean something here."""

    def formfield_for_manytomany(
        self, db_field: Any, request: HttpRequest, **kwargs: Any
    ) -> Any:
        is_of_permissions = db_field.remote_field.model is Permission
        if is_of_permissions:
            kwargs["form_class"] = PermissionField
        kwargs["widget"] = forms.CheckboxSelectMultiple(attrs={"class": "hub-boxes"})
        field: Any = super().formfield_for_manytomany(db_field, request, **kwargs)
        if field is None:
            return None
        if is_of_permissions:
            field.queryset = field.queryset.filter(meant())
        return field


class StateFilter(admin.SimpleListFilter):
    """What a user may, in the words of the list."""

    title = _("state")
    parameter_name = "state"
    STATES = {
        "administrator": Q(is_active=True, is_superuser=True),
        "console": Q(is_active=True, is_superuser=False, is_staff=True),
        "api": Q(is_active=True, is_superuser=False, is_staff=False),
        "disabled": Q(is_active=False),
    }

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        names = {
            "administrator": gettext("administrator"),
            "console": gettext("console"),
            "api": gettext("API only"),
            "disabled": gettext("disabled"),
        }
        return list(names.items())

    def queryset(
        self, request: HttpRequest, queryset: QuerySet[User]
    ) -> QuerySet[User]:
        state = self.STATES.get(self.value() or "")
        return queryset if state is None else queryset.filter(state)


class PasswordForm(AdminPasswordChangeForm):
    """Somebody's new password, or none, in our own words."""

    # The library says that it is text already; it shows it as late as any.
    usable_password_help_text = format_lazy(  # type: ignore[assignment]
        '{} <ul id="id_unusable_warning" class="messagelist"><li class="warning">{}'
        "</li></ul>",
        _("Without a password nobody signs in as this user; their tokens still work."),
        _("The password that they have now is lost."),
    )


@admin.register(User)
class HubUserAdmin(PermissionsMixin, HubAdmin, UserAdmin):
    """Django's page of users, which takes any address."""

    list_display = ("username", "state", "roles", "email", "last_login")
    list_filter = (StateFilter, "groups")
    change_password_form = PasswordForm
    # Nobody types these: the hub writes them.
    readonly_fields = ("last_login", "date_joined")
    LABELS = {"is_staff": _("console"), "is_superuser": _("administrator")}
    HELP = {
        "is_active": _(
            "Take the tick away instead of deleting somebody: they cannot sign in, and "
            "their tokens do not work."
        ),
        "is_staff": _(
            "They may open the console; what they find there their roles say."
        ),
        "is_superuser": _("They may do everything, without any role."),
        "groups": _("The roles: what each allows stands on its page."),
        "user_permissions": _("What they may do beside their roles."),
    }

    def formfield_for_dbfield(
        self, db_field: Any, request: HttpRequest, **kwargs: Any
    ) -> Any:
        field: Any = super().formfield_for_dbfield(db_field, request, **kwargs)
        if field is not None and db_field.name in self.HELP:
            field.help_text = self.HELP[db_field.name]
            field.label = capfirst(self.LABELS.get(db_field.name, field.label))
        return field

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        users: QuerySet[User] = super().get_queryset(request)
        return users.prefetch_related("groups")

    @admin.display(description=_("state"), ordering="is_active")
    def state(self, user: User) -> SafeString:
        """Whether they can sign in, and whether they may do everything."""
        if not user.is_active:
            kind, text = "disabled", gettext("disabled")
        elif user.is_superuser:
            kind, text = "on", gettext("administrator")
        elif user.is_staff:
            kind, text = "on", gettext("console")
        else:
            kind, text = "quiet", gettext("API only")
        return format_html('<span class="hub-pill hub-{}">{}</span>', kind, text)

    @admin.display(description=_("roles"))
    def roles(self, user: User) -> str:
        return ", ".join(sorted(group.name for group in user.groups.all())) or "-"


@admin.register(Group)
class HubGroupAdmin(PermissionsMixin, HubAdmin, GroupAdmin):
    """Django's page of groups, which are roles here; it takes any address."""

    list_display = ("name", "members")
    when_empty = _(
        "No role is left. A role is a set of permissions: add one, then give it to "
        "users on their pages."
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Group]:
        groups: QuerySet[Group] = super().get_queryset(request)
        return groups.annotate(count=Count("user"))

    @admin.display(description=_("users"), ordering="count")
    def members(self, group: Any) -> int:
        number: int = group.count
        return number


class NewTokenForm(forms.ModelForm):
    """What is asked for a new token; nothing of a token can be changed later."""

    scopes = forms.MultipleChoiceField(
        label=_("Scopes"),
        choices=Scope.choices,
        initial=services.DEFAULT_SCOPES,
        # The admin has a style for a list of choices with this class.
        widget=forms.CheckboxSelectMultiple(attrs={"class": "radiolist"}),
        help_text=_("The token may do this, as far as its user may."),
    )
    days = forms.IntegerField(
        label=_("Days"),
        min_value=0,
        max_value=services.MAX_DAYS,
        initial=services.DEFAULT_DAYS,
        help_text=_("How long it works; 0 for ever."),
    )

    class Meta:
        model = Token
        fields = ("name", "user", "scopes")
        error_messages = {"name": {"required": _("A token needs a name.")}}

    def clean_scopes(self) -> str:
        return join_scopes(self.cleaned_data["scopes"])


@admin.register(Token)
class TokenAdmin(HubAdmin):
    """Makes tokens, shows each text once, revokes; never shows what is stored."""

    list_display = (
        "name",
        "state",
        "user",
        "prefix",
        "scopes",
        "expires_at",
        "last_used_at",
    )
    when_empty = _(
        "No token yet. A program that calls the API needs one: add it here, and copy its "
        "text, which is shown once."
    )
    list_filter = ("revoked_at", "expires_at")
    list_select_related = ("user",)
    search_fields = ("name", "prefix", "user__username")
    ordering = ("user__username", "name")
    actions = ("revoke_selected",)
    shown = (
        "name",
        "user",
        "prefix",
        "scopes",
        "created_at",
        "expires_at",
        "last_used_at",
        "revoked_at",
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Token]:
        tokens = Token.objects.visible_to(cast(User, request.user))
        return tokens.order_by(*self.get_ordering(request))

    @admin.display(description=_("state"))
    def state(self, token: Token) -> SafeString:
        """Whether it works, as far as it depends on the token itself."""
        if token.revoked_at is not None:
            kind, text = "failed", pgettext("token", "revoked")
        elif token.expires_at is not None and token.expires_at <= timezone.now():
            kind, text = "late", pgettext("token", "expired")
        else:
            kind, text = "on", gettext("valid")
        return format_html('<span class="hub-pill hub-{}">{}</span>', kind, text)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_revoke_permission(self, request: HttpRequest) -> bool:
        return super().has_change_permission(request)

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        actions = super().get_actions(request)
        # Revoking stops a token just as well, and leaves the record of it.
        actions.pop("delete_selected", None)
        return actions

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return ("name", "user", "scopes", "days") if obj is None else self.shown

    def get_form(
        self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any
    ) -> Any:
        if obj is None:
            kwargs["form"] = NewTokenForm
        return super().get_form(request, obj, change, **kwargs)

    def formfield_for_foreignkey(
        self, db_field: ForeignKey, request: HttpRequest, **kwargs: Any
    ) -> Any:
        if db_field.name == "user":
            kwargs["queryset"] = _possible_users(request.user)
            kwargs["initial"] = request.user.pk
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def save_model(
        self, request: HttpRequest, obj: Token, form: Any, change: bool
    ) -> None:
        days = form.cleaned_data["days"]
        token, text = services.create_token(
            name=obj.name,
            user=obj.user,
            scopes=obj.scopes.split(","),
            lifetime=timedelta(days=days) if days else None,
        )
        obj.pk = token.pk
        self.message_user(
            request,
            _("Copy the token now, it is not shown again: %(text)s") % {"text": text},
            messages.WARNING,
        )

    def added_once_text(self) -> str:
        return gettext(
            "That form was sent twice, and made one token. If you have not seen its "
            "text, revoke it and add another."
        )

    @admin.action(description=_("Revoke selected tokens"), permissions=["revoke"])
    def revoke_selected(self, request: HttpRequest, queryset: QuerySet[Token]) -> None:
        revoked = [t for t in queryset if services.revoke_token(token=t)]
        for token in revoked:
            self.log_change(request, token, _("Revoked."))
        self.message_user(
            request,
            ngettext(
                "Revoked %(count)d token.", "Revoked %(count)d tokens.", len(revoked)
            )
            % {"count": len(revoked)},
            messages.SUCCESS,
        )


def _possible_users(maker: Any) -> QuerySet[User]:
    """Return whom `maker` may make tokens for: only superusers for others."""
    users = User.objects.filter(is_active=True).order_by("username")
    return users if maker.is_superuser else users.filter(pk=maker.pk)

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.contrib.auth.models import User
from django.core.management.base import CommandError, CommandParser
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.accounts import services
from apps.accounts.models import Scope, Token
from apps.core.commands import HubCommand
from apps.core.errors import HubError
from apps.core.text import columns

HEADINGS = ("USER", "NAME", "PREFIX", "SCOPES", "EXPIRES", "LAST USED", "REVOKED")


class Command(HubCommand):
    help = "Makes, lists and revokes the tokens that programs call the API with."

    def add_arguments(self, parser: CommandParser) -> None:
        verbs = parser.add_subparsers(dest="verb", metavar="VERB", required=True)
        create = verbs.add_parser(
            "create", help="make a token and print it, this once, alone on stdout"
        )
        create.add_argument("name", metavar="NAME", help="what it is used for")
        create.add_argument("--user", required=True, help="whom it acts as")
        create.add_argument(
            "--scopes",
            default=",".join(services.DEFAULT_SCOPES),
            help=f"comma-separated, of {', '.join(Scope.values)} (default: %(default)s)",
        )
        create.add_argument(
            "--days",
            type=int,
            default=services.DEFAULT_DAYS,
            help="how long it works; 0 for ever (default: %(default)s)",
        )
        listing = verbs.add_parser("list", help="list tokens, also revoked ones")
        listing.add_argument("--user", help="only this user's")
        revoke = verbs.add_parser("revoke", help="make a token stop working at once")
        revoke.add_argument("name", metavar="NAME")
        revoke.add_argument("--user", required=True, help="whose token it is")

    def handle(self, *, verb: str, **options: Any) -> None:
        verbs = {"create": self.create, "list": self.list, "revoke": self.revoke}
        try:
            verbs[verb](options)
        except HubError as exc:
            raise CommandError(exc.message) from exc

    def create(self, options: dict[str, Any]) -> None:
        token, text = services.create_token(
            name=options["name"],
            user=_user(options["user"]),
            scopes=[part.strip() for part in options["scopes"].split(",") if part],
            lifetime=_lifetime(options["days"]),
        )
        self.stdout.write(text)
        hint = _("It is shown this once. Send it as: Authorization: Bearer …") + "\n"
        if token.expires_at is None:
            hint += _("It never expires.")
        else:
            hint += _("It expires at %(time)s.") % {"time": _time(token.expires_at)}
        # Not an error, so not in red.
        self.stderr.write(hint, style_func=str)

    def list(self, options: dict[str, Any]) -> None:
        tokens = Token.objects.select_related("user").order_by("user__username", "name")
        if options["user"]:
            tokens = tokens.filter(user=_user(options["user"]))
        for line in columns([HEADINGS, *map(_row, tokens)]):
            self.stdout.write(line)

    def revoke(self, options: dict[str, Any]) -> None:
        user, name = _user(options["user"]), options["name"].strip()
        names = {"user": user.get_username(), "name": name}
        token = Token.objects.filter(user=user, name=name).first()
        if token is None:
            raise CommandError(
                _("%(user)s has no token named %(name)s; see: manage.py token list.")
                % names
            )
        if not services.revoke_token(token=token):
            raise CommandError(
                _("The token %(name)s of %(user)s was revoked before.") % names
            )
        self.stdout.write(
            _("Revoked the token %(name)s of %(user)s; it works no more.") % names
        )


def _lifetime(days: int) -> timedelta | None:
    """Return how long a token is to work, None for ever; services limit it."""
    if not days:
        return None
    try:
        return timedelta(days=days)
    except OverflowError:
        return timedelta.max if days > 0 else timedelta.min


def _user(username: str) -> User:
    user = User.objects.filter(username=username).first()
    if user is None:
        raise CommandError(
            _("There is no user named %(user)s; add one in the admin.")
            % {"user": username}
        )
    return user


def _time(moment: datetime) -> str:
    return timezone.localtime(moment).isoformat(" ", "minutes")


def _row(token: Token) -> tuple[str, ...]:
    return (
        token.user.get_username(),
        token.name,
        token.prefix,
        token.scopes,
        _time(token.expires_at) if token.expires_at else _("never"),
        _time(token.last_used_at) if token.last_used_at else "-",
        _time(token.revoked_at) if token.revoked_at else "-",
    )

"""What has to be there before the hub starts, made where it is missing."""

from __future__ import annotations

import contextlib
import secrets
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.contrib.auth.models import User
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.management import call_command
from django.db import DatabaseError, OperationalError, connection, transaction
from django.db.migrations.exceptions import InconsistentMigrationHistory
from django.db.migrations.executor import MigrationExecutor

from apps.core.errors import HubError
from apps.scripts.services import SyncReport, sync_scripts
from apps.system.locks import database_lock, file_lock
from apps.system.secret import provide_secret_key, provide_secrets_key

DATABASE_PAUSE_S = 0.25
# Without letters and digits that look alike: 31 ** 20 passwords.
PASSWORD_ALPHABET = "23456789abcdefghjkmnpqrstuvwxyz"  # noqa: S105
PASSWORD_GROUPS, PASSWORD_GROUP = 4, 5

Show = Callable[[str], None]


class SetupFailed(HubError):
    """The hub cannot be set up here; the message says what to change."""

    code = "setup_failed"


@dataclass(frozen=True)
class SetupReport:
    """What was done. `administrator` is whom to sign in as, "" when there is none."""

    migrations: int
    scripts: SyncReport
    administrator: str

    def lines(self) -> Iterator[str]:
        """Yield what a person wants to know of it."""
        if self.migrations:
            yield f"Database: {self.migrations} migration(s) applied."
        changes = {
            "new": self.scripts.added,
            "changed": self.scripts.changed,
            "missing": self.scripts.missing,
            "broken": self.scripts.broken,
        }
        words = [f"{len(names)} {word}" for word, names in changes.items() if names]
        tail = f" ({', '.join(words)})" if words else ""
        yield f"Scripts: {self.scripts.total} in {settings.SCRIPTS_DIR}{tail}."
        yield from self.scripts.remarks
        if not self.administrator:
            yield (
                f"There is no administrator, and the user {settings.ADMIN_USERNAME} is "
                "not one. Make one with: manage.py createsuperuser"
            )


def set_up(*, check: Callable[[], None], show: Show) -> SetupReport:
    """Make everything that is missing, and show what was done.

    `check` runs the system checks once there is a key; `show` prints a line, and raises
    OSError where nobody can read it. Called by the commands `setup` and `up`. Raises
    HubError with a sentence for whatever stands in the way.
    """
    prepare_data_dir()
    check()
    report = fill_database(show_password=show)
    for line in report.lines():
        # That nobody reads this is no reason not to start.
        with contextlib.suppress(OSError):
            show(line)
    return report


def prepare_data_dir() -> None:
    """Make the data folder and the keys in it, where they are missing.

    Needs no database. Raises SetupFailed or SecretKeyError.
    """
    make_data_dir()
    provide_secret_key()
    provide_secrets_key()


def make_data_dir() -> None:
    """Make the data folder where it is missing; raises SetupFailed."""
    folder: Path = settings.DATA_DIR
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        # It holds the database and what scripts printed: nobody else's business.
        folder.mkdir(mode=0o700, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except FileExistsError as exc:
        raise SetupFailed(
            f"The data folder {folder} cannot be made: {exc.filename} is a file. Move "
            "it away, or set DATA_DIR to a folder."
        ) from exc
    except OSError as exc:
        raise SetupFailed(
            f"The data folder {folder} cannot be made or written: {exc.strerror}. Make "
            "it writable for this user, or set DATA_DIR to another folder."
        ) from exc


def fill_database(*, show_password: Show) -> SetupReport:
    """Migrate, register the scripts, and make the first administrator.

    Idempotent, and safe when several services of a hub call it at once: they take
    turns. `show_password` gets the one line that holds a new administrator's password;
    if it raises OSError, there will be no such administrator. Raises SetupFailed, or
    FolderUnreadable for the scripts folder.
    """
    with _database_errors(), file_lock(settings.DATA_DIR / "setup.lock"):
        _wait_for_database()
        with database_lock():
            migrations = _migrate()
            scripts = sync_scripts(afresh=True)
            administrator = _administrator() or _make_administrator(show_password)
    return SetupReport(migrations, scripts, administrator)


@contextlib.contextmanager
def _database_errors() -> Iterator[None]:
    """Turn what a database may say into a sentence."""
    try:
        yield
    except (DatabaseError, InconsistentMigrationHistory) as exc:
        raise SetupFailed(
            f"The database ({_database_name()}) cannot be set up: {_one_line(exc)}."
        ) from exc


def _database_name() -> str:
    """Return where the database is, without its password."""
    values = connection.settings_dict
    if connection.vendor == "sqlite":
        return str(values["NAME"])
    port = f":{values['PORT']}" if values["PORT"] else ""
    return f"{values['NAME']} on {values['HOST'] or 'localhost'}{port}"


def _one_line(exc: Exception) -> str:
    return " ".join(str(exc).split()).rstrip(".?")


def _wait_for_database() -> None:
    """Connect; a server that starts beside us gets DATABASE_WAIT_S seconds to answer."""
    give_up_at = time.monotonic() + settings.DATABASE_WAIT_S
    while True:
        try:
            connection.ensure_connection()
        except OperationalError as exc:
            connection.close()
            if connection.vendor == "sqlite":
                raise SetupFailed(
                    f"The database file {_database_name()} cannot be opened: "
                    f"{_one_line(exc)}. Its folder must be there and writable for this "
                    "user; DATABASE_PATH or DATA_DIR names it."
                ) from exc
            if time.monotonic() >= give_up_at:
                raise SetupFailed(
                    f"The database ({_database_name()}) cannot be reached: "
                    f"{_one_line(exc)}. Start it, or correct DATABASE_URL."
                ) from exc
            time.sleep(DATABASE_PAUSE_S)
        else:
            return


def _migrate() -> int:
    """Apply what is not applied yet, and return how many migrations that were."""
    executor = MigrationExecutor(connection)
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    if plan:
        call_command("migrate", verbosity=0, interactive=False, skip_checks=True)
    return len(plan)


def _administrator() -> str:
    """Return an administrator's name, the oldest active one's; "" when there is none."""
    administrators = User.objects.filter(is_superuser=True).order_by("-is_active", "pk")
    return administrators.values_list("username", flat=True).first() or ""


def _make_administrator(show_password: Show) -> str:
    """Make the first administrator, with a password given or made up.

    Returns its name, or "" when somebody else has that name: to be made an
    administrator is more than that user was ever given.
    """
    username = settings.ADMIN_USERNAME
    if User.objects.filter(username=username).exists():
        return ""
    password = settings.ADMIN_PASSWORD or _random_password()
    user = User(username=username, is_staff=True, is_superuser=True)
    user.set_password(password)
    _check_administrator(user, password)
    with transaction.atomic():
        user.save()
        if settings.ADMIN_PASSWORD:
            return username
        try:
            # Before the commit: a password that nobody saw would lock everybody out.
            show_password(
                f"Administrator: {username}  password: {password}  (shown once)"
            )
        except OSError as exc:
            raise SetupFailed(
                "The first administrator's password could not be shown, so none was "
                f"made: {exc.strerror}. Start again where the output can be read, or "
                "set ADMIN_PASSWORD."
            ) from exc
    return username


def _check_administrator(user: User, password: str) -> None:
    """Raise SetupFailed unless user and password may be used as they are."""
    try:
        user.full_clean(exclude=["password"])
    except ValidationError as exc:
        raise SetupFailed(
            f"There is no administrator, and {user.username!r} cannot become the first "
            f"one: {' '.join(exc.messages)} Set ADMIN_USERNAME to another name, or run "
            "manage.py createsuperuser."
        ) from exc
    try:
        validate_password(password, user)
    except ValidationError as exc:
        raise SetupFailed(
            f"ADMIN_PASSWORD is not good enough: {' '.join(exc.messages)} Set another, "
            "or none: then a random one is made and shown."
        ) from exc


def _random_password() -> str:
    groups = (
        "".join(secrets.choice(PASSWORD_ALPHABET) for _ in range(PASSWORD_GROUP))
        for _ in range(PASSWORD_GROUPS)
    )
    return "-".join(groups)

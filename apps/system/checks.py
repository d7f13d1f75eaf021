"""System checks of settings that are dangerous, alone or together."""

from __future__ import annotations

import logging
import os
import stat
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from django.apps import AppConfig
from django.conf import settings
from django.core.checks import (
    CheckMessage,
    Error,
    Tags,
    Warning,
    register,
    run_checks,
)

from apps.core.vault import keys_problem
from apps.system import secret
from apps.system.spelling import misspelt

logger = logging.getLogger(__name__)

LOOPBACK = {"localhost", "127.0.0.1", "::1"}
Apps = Sequence[AppConfig] | None


def register_checks() -> None:
    """Called when the app is ready."""
    checks = (
        check_secret_key,
        check_secrets_key,
        check_public_url,
        check_folders,
        check_data_dir,
    )
    for check in checks:
        register(check, Tags.security)
    for check in (check_leases, check_run_timeouts, check_variables):
        register(check, "hub")


def log_warnings() -> None:
    """Log what the checks of settings warn of. For gunicorn, which runs no command."""
    for message in run_checks(tags=["hub", Tags.security]):
        if not message.is_silenced():
            logger.warning("%s (%s) %s", message.msg, message.id, message.hint or "")


def check_secret_key(app_configs: Apps, **kwargs: Any) -> list[CheckMessage]:
    """Refuse to go without a key; warn of a key file that others can read."""
    if problem := secret.secret_key_problem():
        return [Error(problem, hint=secret.HINT, id="hub.E001")]
    if secret.given_by_environment():
        return []
    return _check_mode(settings.SECRET_KEY_PATH)


def check_secrets_key(app_configs: Apps, **kwargs: Any) -> list[CheckMessage]:
    """Refuse keys for secrets that are none; warn of a file that others can read."""
    if problem := keys_problem(settings.SECRETS_KEY):
        return [
            Error(
                f"SECRETS_KEY cannot be used. {problem}",
                hint='Make one with: python3 -c "import base64, os; '
                'print(base64.urlsafe_b64encode(os.urandom(32)).decode())"',
                id="hub.E005",
            )
        ]
    if secret.secrets_key_given():
        return []
    return _check_mode(settings.SECRETS_KEY_PATH)


def _check_mode(path: Path) -> list[CheckMessage]:
    if not path.is_file() or not path.stat().st_mode & secret.OTHERS:
        return []
    return [
        Warning(
            f"Other users of this host may read or change the secret key {path}.",
            hint=f"As its owner, run: chmod 600 {path}",
            id="hub.W005",
        )
    ]


def check_public_url(app_configs: Apps, **kwargs: Any) -> list[CheckMessage]:
    """Warn of a public hub that shows its insides, or sends passwords in the clear."""
    found: list[CheckMessage] = []
    if not settings.PUBLIC_URL:
        return found
    if settings.DEBUG:
        found.append(
            Warning(
                "DEBUG is on while PUBLIC_URL is set: error pages show the settings and "
                "the code to whoever can call the hub.",
                hint="Remove DEBUG from the environment.",
                id="hub.W001",
            )
        )
    address = urlsplit(settings.PUBLIC_URL)
    if address.scheme == "http" and address.hostname not in LOOPBACK:
        found.append(
            Warning(
                f"PUBLIC_URL is {settings.PUBLIC_URL}: passwords and tokens cross the "
                "network unencrypted.",
                hint="Put a proxy with TLS in front and write https:// in PUBLIC_URL.",
                id="hub.W004",
            )
        )
    return found


def check_folders(app_configs: Apps, **kwargs: Any) -> list[CheckMessage]:
    """Keep what scripts write apart from what is run."""
    scripts, data = settings.SCRIPTS_DIR.resolve(), settings.DATA_DIR.resolve()
    found: list[CheckMessage] = []
    if scripts.is_relative_to(data) or data.is_relative_to(scripts):
        found.append(
            Error(
                f"SCRIPTS_DIR ({scripts}) and DATA_DIR ({data}) lie in each other: what "
                "a script writes could be run as a script.",
                hint="Give each a folder of its own.",
                id="hub.E003",
            )
        )
    if scripts.is_dir() and scripts.stat().st_mode & stat.S_IWOTH:
        found.append(
            Warning(
                f"Every user of this host can put scripts into {scripts}, and so run "
                "them as the hub.",
                hint=f"Run: chmod o-w {scripts}",
                id="hub.W003",
            )
        )
    return found


def check_data_dir(app_configs: Apps, **kwargs: Any) -> list[CheckMessage]:
    """Warn of a data folder that was made before, for everybody."""
    folder: Path = settings.DATA_DIR
    try:
        mode = folder.stat().st_mode
    except OSError:
        # It is not there yet, or setup says what is wrong with it.
        return []
    if not mode & stat.S_IRWXO:
        return []
    return [
        Warning(
            f"Other users of this host can read the data folder {folder}, with what "
            "scripts printed and made.",
            hint=f"Run: chmod o-rwx {folder}",
            id="hub.W006",
        )
    ]


def check_leases(app_configs: Apps, **kwargs: Any) -> list[CheckMessage]:
    """Refuse times with which two workers could run the same run at once."""
    beat, fence, lease = settings.HEARTBEAT_S, settings.FENCE_S, settings.LEASE_S
    # A supervisor never waits longer than nine tenths of the lease; the rest of what is
    # above the fence is for how long the database may be away.
    if beat < fence and 2 * fence <= lease:
        return []
    return [
        Error(
            f"HEARTBEAT_S ({beat:g}) must be below FENCE_S ({fence:g}), and LEASE_S "
            f"({lease:g}) at least twice FENCE_S: a script has to be dead before its "
            "run is taken from its worker.",
            hint="Leave all three out of the environment for 5, 15 and 30 seconds.",
            id="hub.E002",
        )
    ]


def check_run_timeouts(app_configs: Apps, **kwargs: Any) -> list[CheckMessage]:
    """Refuse a time limit that is beyond the longest one."""
    default, longest = settings.RUN_TIMEOUT_S, settings.RUN_TIMEOUT_MAX_S
    if default <= longest:
        return []
    return [
        Error(
            f"RUN_TIMEOUT_S ({default:g}) is greater than RUN_TIMEOUT_MAX_S "
            f"({longest:g}): a worker would be taken for hanging before its run ends.",
            hint="Lower RUN_TIMEOUT_S or raise RUN_TIMEOUT_MAX_S.",
            id="hub.E004",
        )
    ]


def check_variables(app_configs: Apps, **kwargs: Any) -> list[CheckMessage]:
    """Warn of a variable that is one letter away from one that the hub reads."""
    return [
        Warning(
            f"The variable {name} is set, which the hub does not read; {meant} is.",
            hint=f"Rename it to {meant}, or take it out of the hub's environment.",
            id="hub.W007",
        )
        for name, meant in misspelt(os.environ, settings.HUB_VARIABLES)
    ]

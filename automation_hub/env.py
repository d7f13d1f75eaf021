"""Reading the environment: each variable also as `NAME_FILE`, errors in one sentence.

Whatever is read is noted in VARIABLES with its help, from which docs/configuration.md
is made. Light: gunicorn's own process, which serves nothing, reads its settings with it.
"""

from __future__ import annotations

import os
import re
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from django.conf.locale import LANG_INFO
from django.core.exceptions import ImproperlyConfigured

TRUE = {"1", "true", "yes", "on"}
FALSE = {"0", "false", "no", "off"}
NAME = re.compile(r"[A-Za-z0-9_.-]{1,64}")
# What stands in an example where a secret of one's own belongs.
EXAMPLE = re.compile("(?<![a-z])change[-_ ]?me", re.IGNORECASE)


@dataclass(frozen=True)
class Variable:
    """One variable of the environment, as the documents tell of it.

    `kind` is what may be written, `default` what an unset one means; `secret` ones
    must not be left as an example has them.
    """

    name: str
    kind: str
    default: str
    help: str
    section: str
    secret: bool = False


# By name, in the order in which they are read.
VARIABLES: dict[str, Variable] = {}
_section = [""]


def section(title: str) -> None:
    """Begin a part of the documents: what is declared from now on belongs there."""
    _section[0] = title


def declare(
    name: str, kind: str, default: object, help: str, *, secret: bool = False
) -> None:
    """Note a variable for the documents; the first declaration counts."""
    text = "" if default is None else str(default)
    VARIABLES.setdefault(name, Variable(name, kind, text, help, _section[0], secret))


def env_str(name: str, default: str = "", *, help: str = "", kind: str = "text") -> str:
    """Return `NAME`, or the text of the file that `NAME_FILE` names, or `default`.

    An empty variable counts as unset, since compose files pass `${NAME:-}` that way.
    Raises ImproperlyConfigured if both are set or the file cannot be read.
    """
    declare(name, kind, default, help)
    return _read(name) or default


def env_secret(name: str, *, help: str = "", kind: str = "text") -> str:
    """Return what nobody else may know, or "".

    Raises ImproperlyConfigured, without telling it, where it is still an example's.
    """
    declare(name, kind, "", help, secret=True)
    value = _read(name)
    if EXAMPLE.search(value):
        raise ImproperlyConfigured(
            f"{name} is still the value of an example (it contains CHANGE-ME); put one "
            "of your own in its place."
        )
    return value


def _read(name: str) -> str:
    """Return `NAME` or the text of its file; "" where it is not set."""
    value = os.environ.get(name, "")
    path = os.environ.get(f"{name}_FILE", "")
    if value and path:
        raise ImproperlyConfigured(f"{name} and {name}_FILE are both set; keep one.")
    if not path:
        return value
    try:
        return Path(path).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as exc:
        raise ImproperlyConfigured(
            f"{name}_FILE names {path}, which cannot be read: {exc}."
        ) from exc


def env_bool(name: str, default: bool, *, help: str = "") -> bool:
    """Return a yes/no variable; raises ImproperlyConfigured on any other word."""
    declare(name, "true or false", str(default).lower(), help)
    value = _read(name).lower()
    if not value:
        return default
    if value in TRUE | FALSE:
        return value in TRUE
    raise ImproperlyConfigured(f"{name} is {value!r}; write true or false.")


def env_number(
    name: str, default: float, *, minimum: float = 0, help: str = ""
) -> float:
    """Return a number of at least `minimum`; raises ImproperlyConfigured otherwise."""
    declare(name, f"number, at least {minimum:g}", f"{default:.15g}", help)
    value = _read(name)
    if not value:
        return default
    try:
        number = float(value)
    except ValueError:
        raise ImproperlyConfigured(f"{name} is {value!r}; write a number.") from None
    # Written so that "nan" fails too.
    if not minimum <= number < float("inf"):
        raise ImproperlyConfigured(
            f"{name} is {value}; it must be at least {minimum:g}."
        )
    return number


def env_int(name: str, default: int, *, minimum: int = 0, help: str = "") -> int:
    """Return a whole number of at least `minimum`."""
    declare(name, f"whole number, at least {minimum}", default, help)
    number = env_number(name, default, minimum=minimum)
    if number != int(number):
        raise ImproperlyConfigured(f"{name} is {number}; write a whole number.")
    return int(number)


def env_list(
    name: str, default: Collection[str] = (), *, help: str = "", kind: str = "list"
) -> list[str]:
    """Return the parts of a comma-separated variable, without blanks."""
    declare(name, kind, ",".join(default), help)
    value = _read(name)
    if not value:
        return list(default)
    return [part.strip() for part in value.split(",") if part.strip()]


def env_path(name: str, default: Path, *, help: str = "", shown: str = "") -> Path:
    """Return a folder or file as an absolute path; `~` is expanded.

    `shown` is the default in the documents, which know no folder of this host.
    """
    declare(name, "path", shown or default, help)
    value = _read(name)
    return Path(value).expanduser().absolute() if value else default


def env_optional_path(name: str, *, help: str = "") -> Path | None:
    """Return a path like `env_path`; None where the variable is not set."""
    declare(name, "path", "", help)
    return env_path(name, Path()) if _read(name) else None


def env_name(name: str, default: str, *, help: str = "") -> str:
    """Return a name of up to 64 letters, digits and `_.-`."""
    value = env_str(name, default, help=help, kind="name")
    if NAME.fullmatch(value):
        return value
    raise ImproperlyConfigured(
        f"{name} is {value!r}; write up to 64 letters, digits, '_', '.' and '-'."
    )


def env_choice(
    name: str, default: str, known: Collection[str], *, help: str = ""
) -> str:
    """Return one of the `known` words; raises ImproperlyConfigured on another."""
    value = env_str(name, default, help=help, kind=" or ".join(known))
    if value in known:
        return value
    raise ImproperlyConfigured(f"{name} is {value!r}; write {' or '.join(known)}.")


def env_time_zone(name: str, default: str, *, help: str = "") -> str:
    """Return the name of a time zone that this system knows."""
    value = env_str(name, default, help=help, kind="time zone")
    try:
        ZoneInfo(value)
    except (KeyError, ValueError, OSError):
        raise ImproperlyConfigured(
            f"{name} is {value!r}, which is no time zone; write one such as "
            "Asia/Shanghai or UTC."
        ) from None
    return value


def env_language(
    name: str, default: str, known: Collection[str], *, help: str = ""
) -> str:
    """Return the one of the `known` codes that the variable means: en-GB means en."""
    value = env_str(name, default, help=help, kind=" or ".join(known))
    code = value.lower().replace("_", "-")
    instead: Any = LANG_INFO.get(code, {}).get("fallback", [])
    for choice in (code, *instead, code.partition("-")[0]):
        if choice in known:
            return str(choice)
    raise ImproperlyConfigured(
        f"{name} is {value!r}; the hub speaks: {', '.join(known)}."
    )


def env_url(name: str, *, help: str = "") -> str:
    """Return a whole http(s) address without its last slash, or ""."""
    value = env_str(name, help=help, kind="address").rstrip("/")
    if value and not is_whole_url(value):
        raise ImproperlyConfigured(
            f"{name} is {value!r}; write the whole address, such as "
            "https://hub.example.com."
        )
    return value


def is_whole_url(text: str) -> bool:
    """Say whether it is an http(s) address with a host, and with no impossible port."""
    try:
        address = urlsplit(text)
        # A port that is none is noticed only when it is asked for.
        port = address.port
    except ValueError:
        return False
    return address.scheme in {"http", "https"} and bool(address.hostname) and port != 0

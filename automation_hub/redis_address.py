"""What the address of a Redis means to its client.

Loaded only where there is such an address: the client takes 9 MB of each process.
"""

from __future__ import annotations

import re
from inspect import signature
from typing import Any
from urllib.parse import unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured
from redis import Redis
from redis.backoff import NoBackoff
from redis.connection import SSLConnection, UnixDomainSocketConnection, parse_url
from redis.retry import Retry

REDIS_PATH = re.compile(r"/?[0-9]*/?")


def broker_options(url: str) -> dict[str, Any]:
    """Return the keyword arguments of the broker's client, with its timeouts."""
    return {
        **redis_options(url),
        # The client's own defaults hold a web request for a minute on a frozen Redis.
        # The read timeout stays above the second that a blocking pop waits.
        "socket_connect_timeout": 1,
        "socket_timeout": 2,
        "retry": Retry(NoBackoff(), 0),
        "health_check_interval": 15,
    }


def redis_options(url: str) -> dict[str, Any]:
    """Return the keyword arguments of `redis.Redis` that mean `url`.

    django-q2 builds its client from keywords, which have no place for the timeouts
    once a URL is given. Raises ImproperlyConfigured when the URL cannot be read.
    """
    try:
        options = dict(parse_url(url))
    except ValueError as exc:
        raise ImproperlyConfigured(
            f"REDIS_URL cannot be read; write redis://host:6379/0. ({exc})"
        ) from None
    connection = options.pop("connection_class", None)
    _check_redis(url, options, is_socket=connection is UnixDomainSocketConnection)
    if connection is SSLConnection:
        options["ssl"] = True
    if connection is UnixDomainSocketConnection:
        options["unix_socket_path"] = options.pop("path")
    for name in options.keys() - signature(Redis).parameters.keys():
        raise ImproperlyConfigured(
            f"REDIS_URL cannot be read; there is no option {name[:40]!r}."
        )
    return options


def _check_redis(url: str, options: dict[str, Any], *, is_socket: bool) -> None:
    """Refuse what the parser takes in silence, without telling the password."""
    if not is_socket and not REDIS_PATH.fullmatch(unquote(urlsplit(url).path)):
        # It would mean database 0.
        raise ImproperlyConfigured(
            "REDIS_URL cannot be read; write redis://host:6379/0. (What follows the host "
            "is the number of a database.)"
        )
    if any("\0" in str(options.get(name, "")) for name in ("host", "path")):
        raise ImproperlyConfigured(
            "REDIS_URL cannot be read; %00 may not stand in the name of a host or file."
        )

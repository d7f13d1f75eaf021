"""System checks of who may call without credentials."""

from __future__ import annotations

from collections.abc import Sequence
from ipaddress import ip_network
from typing import Any

from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register
from django.core.exceptions import ImproperlyConfigured

from apps.accounts.anonymous import (
    GATEWAY,
    Network,
    host_gateways,
    parse_entry,
)

# What a single site may use for itself, with the shortest prefix that still is one
# network in it, and so never shorter than the range's own.
PRIVATE = {
    ip_network(text): shortest
    for text, shortest in {
        "127.0.0.0/8": 8,
        "10.0.0.0/8": 16,
        "172.16.0.0/12": 16,
        "192.168.0.0/16": 16,
        "169.254.0.0/16": 16,
        "::1/128": 128,
        "fc00::/7": 64,
        "fe80::/10": 64,
    }.items()
}


def register_checks() -> None:
    """Called when the app is ready."""
    register(check_anonymous_api, Tags.security)


def check_anonymous_api(
    app_configs: Sequence[AppConfig] | None, **kwargs: Any
) -> list[CheckMessage]:
    """Refuse entries of ANONYMOUS_API that mean nothing, warn of those too wide."""
    found = (_check_entry(entry) for entry in settings.ANONYMOUS_API)
    return [message for message in found if message is not None]


def is_narrow(network: Network) -> bool:
    """Say whether a range is loopback, or one network of private addresses."""
    return any(
        network.network_address in private and network.prefixlen >= shortest
        for private, shortest in PRIVATE.items()
    )


def _check_entry(entry: str) -> CheckMessage | None:
    if entry == GATEWAY:
        return _check_gateway()
    try:
        network = parse_entry(entry)
    except ImproperlyConfigured as exc:
        return Error(
            str(exc),
            hint="Correct ANONYMOUS_API, or leave it empty so that every caller "
            "needs a token or a session.",
            id="accounts.E001",
        )
    if is_narrow(network):
        return None
    return Warning(
        f"ANONYMOUS_API names {entry}, {network.num_addresses} address(es) beyond one "
        "private network: whoever calls from there may read the hub and run its "
        "anonymous scripts.",
        hint="Name the few addresses that need it, such as 127.0.0.1, or give the "
        "callers tokens (manage.py token create).",
        id="accounts.W001",
    )


def _check_gateway() -> CheckMessage | None:
    if host_gateways():
        return None
    return Warning(
        'ANONYMOUS_API names "gateway", but this host has no default route that '
        "could be read, so the word admits nobody.",
        hint="Name the address itself, such as 127.0.0.1, or remove the word.",
        id="accounts.W002",
    )

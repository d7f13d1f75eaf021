"""Who is trusted without credentials: only who ANONYMOUS_API names, and only directly.

An address proves little by itself: a proxy on this host, or a page open in its browser,
calls from it too. So whatever hints at either is a reason to refuse.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
    ip_network,
)
from pathlib import Path
from urllib.parse import urlsplit

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.http import HttpRequest
from django.http.request import split_domain_port

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

GATEWAY = "gateway"
ROUTES_V4 = Path("/proc/net/route")
ROUTES_V6 = Path("/proc/net/ipv6_route")
GATEWAY_CACHE_S = 30
RTF_GATEWAY = 0x2

# Whatever the value: a proxy that sends an empty one is a proxy still.
FORWARDED_PREFIXES = ("HTTP_FORWARDED", "HTTP_X_FORWARDED")
FORWARDED_HEADERS = frozenset({"HTTP_VIA", "HTTP_X_REAL_IP"})


@dataclass(frozen=True)
class Trusted:
    """What ANONYMOUS_API says."""

    networks: tuple[Network, ...]
    gateway: bool

    def covers(self, address: Address) -> bool:
        """Say whether `address` is named, by a range or as this host's gateway."""
        if any(address in network for network in self.networks):
            return True
        return self.gateway and address in host_gateways()


def parse_entry(entry: str) -> Network:
    """Return the range that one entry names; a single address is a range of one.

    Raises ImproperlyConfigured for anything else, also for a range with bits set
    beyond its prefix (10.0.0.1/8), which may be meant as either.
    """
    try:
        network = ip_network(entry)
    except ValueError as exc:
        raise ImproperlyConfigured(
            f"ANONYMOUS_API names {entry!r}; write an address (127.0.0.1), a range "
            f'(10.20.0.0/16) or the word "{GATEWAY}". ({exc}.)'
        ) from None
    if isinstance(network, IPv6Network) and network.prefixlen >= 96:
        mapped = network.network_address.ipv4_mapped
        if mapped is not None:
            return IPv4Network((mapped, network.prefixlen - 96))
    return network


@lru_cache(maxsize=8)
def parse(entries: tuple[str, ...]) -> Trusted:
    """Return what the entries of ANONYMOUS_API mean; raises ImproperlyConfigured."""
    ranges = tuple(parse_entry(entry) for entry in entries if entry != GATEWAY)
    return Trusted(networks=ranges, gateway=GATEWAY in entries)


def is_trusted(request: HttpRequest) -> bool:
    """Say whether a caller without credentials may use what is open to such.

    Raises ImproperlyConfigured when ANONYMOUS_API has an entry that means nothing.
    """
    trusted = parse(tuple(settings.ANONYMOUS_API))
    address = _caller_address(request)
    return (
        address is not None
        and trusted.covers(address)
        and not _has_credentials(request)
        and not _is_forwarded(request)
        and _names_loopback(request)
        and not _is_from_another_site(request)
    )


def default_gateways(routes_v4: str, routes_v6: str) -> frozenset[Address]:
    """Return the addresses of the preferred default routes, at most one a family.

    Reads the text of /proc/net/route and /proc/net/ipv6_route.
    """
    best = (_preferred(_gateways_v4(routes_v4)), _preferred(_gateways_v6(routes_v6)))
    return frozenset(address for address in best if address is not None)


def host_gateways() -> frozenset[Address]:
    """Return this host's default gateways as they were at most GATEWAY_CACHE_S ago.

    There are none where the kernel has no /proc/net/route (macOS).
    """
    period = int(time.monotonic() // GATEWAY_CACHE_S)
    return _read_gateways(ROUTES_V4, ROUTES_V6, period)


@lru_cache(maxsize=1)
def _read_gateways(routes_v4: Path, routes_v6: Path, period: int) -> frozenset[Address]:
    return default_gateways(_read(routes_v4), _read(routes_v6))


def _read(path: Path) -> str:
    return path.read_text(encoding="ascii") if path.exists() else ""


def _preferred(gateways: Iterable[tuple[int, Address]]) -> Address | None:
    """Return the address with the lowest metric."""
    return min(gateways, key=lambda pair: pair[0], default=(0, None))[1]


def _gateways_v4(text: str) -> Iterator[tuple[int, Address]]:
    # Iface Destination Gateway Flags RefCnt Use Metric Mask ...
    for line in text.splitlines()[1:]:
        fields = line.split()
        is_default = fields[1] == fields[7] == "00000000"
        if is_default and int(fields[3], 16) & RTF_GATEWAY:
            # The kernel prints the number as it lies in memory.
            raw = int(fields[2], 16).to_bytes(4, sys.byteorder)
            yield int(fields[6]), IPv4Address(raw)


def _gateways_v6(text: str) -> Iterator[tuple[int, Address]]:
    # Destination prefix Source prefix NextHop Metric RefCnt Use Flags Iface
    for line in text.splitlines():
        fields = line.split()
        is_default = int(fields[0], 16) == 0 and fields[1] == "00"
        if is_default and int(fields[8], 16) & RTF_GATEWAY:
            yield int(fields[5], 16), IPv6Address(int(fields[4], 16))


def _caller_address(request: HttpRequest) -> Address | None:
    """Return the peer of the connection; None over a Unix socket, where it is ""."""
    try:
        address = ip_address(request.META.get("REMOTE_ADDR", ""))
    except ValueError:
        return None
    if isinstance(address, IPv6Address):
        # A socket that takes both families names IPv4 peers as ::ffff:a.b.c.d. The
        # zone of a link-local address (%eth0) is this host's own name for the link.
        return address.ipv4_mapped or IPv6Address(int(address))
    return address


def _has_credentials(request: HttpRequest) -> bool:
    """Say whether credentials came along; here they did not lead to anybody."""
    return (
        "HTTP_AUTHORIZATION" in request.META
        or settings.SESSION_COOKIE_NAME in request.COOKIES
    )


def _is_forwarded(request: HttpRequest) -> bool:
    # nginx with a bare proxy_pass adds no header at all, and names our own address as
    # the Host; it calls with HTTP/1.0, which no client of today does by itself.
    if request.META.get("SERVER_PROTOCOL") == "HTTP/1.0":
        return True
    return any(
        name in FORWARDED_HEADERS or name.startswith(FORWARDED_PREFIXES)
        for name in request.META
    )


def _host(request: HttpRequest) -> str:
    """Return the Host header; without one, the name of the socket that was called."""
    return request.META.get("HTTP_HOST") or request.META.get("SERVER_NAME", "")


def _names_loopback(request: HttpRequest) -> bool:
    """Say whether Host is localhost, 127.0.0.0/8 or [::1], with any port.

    Any other name may be one that a web page's owner points at this address.
    """
    domain, _port = split_domain_port(_host(request))
    if domain in {"localhost", "[::1]"}:
        return True
    try:
        return IPv4Address(domain).is_loopback
    except ValueError:
        return False


def _is_from_another_site(request: HttpRequest) -> bool:
    """Say whether a browser sent this for a page that is not ours."""
    here = f"{request.scheme}://{_host(request)}".lower()
    fetch_site = request.META.get("HTTP_SEC_FETCH_SITE", "none")
    origin = request.META.get("HTTP_ORIGIN", here)
    referer = request.META.get("HTTP_REFERER", here)
    return (
        fetch_site not in {"same-origin", "none"}
        or origin.lower() != here
        or _origin_of(referer) != here
    )


def _origin_of(url: str) -> str | None:
    try:
        parts = urlsplit(url)
    except ValueError:
        return None
    return f"{parts.scheme}://{parts.netloc}".lower()

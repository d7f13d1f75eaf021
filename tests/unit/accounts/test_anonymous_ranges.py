"""Which addresses an entry of ANONYMOUS_API names."""

from __future__ import annotations

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.test import RequestFactory

from apps.accounts.anonymous import is_trusted, parse


def is_caller_trusted(address):
    request = RequestFactory().get(
        "/", REMOTE_ADDR=address, headers={"host": "localhost"}
    )
    return is_trusted(request)


@pytest.mark.parametrize(
    ("entry", "inside", "outside"),
    [
        ("192.0.2.7", "192.0.2.7", "192.0.2.8"),
        ("10.20.0.0/16", "10.20.255.255", "10.21.0.0"),
        ("127.0.0.0/8", "127.255.255.254", "128.0.0.1"),
        ("::1", "::1", "::2"),
        ("fd00:1::/32", "fd00:1:ffff::1", "fd00:2::1"),
        ("fe80::1", "fe80::1%eth0", "fe80::2%eth0"),
        ("127.0.0.1", "::ffff:127.0.0.1", "::ffff:127.0.0.2"),
        ("::ffff:10.20.0.0/112", "10.20.3.4", "10.21.3.4"),
        ("::ffff:10.20.0.1", "::ffff:10.20.0.1", "::ffff:10.20.0.2"),
        ("0.0.0.0/0", "8.8.8.8", "::8"),
        ("::/0", "2001:db8::1", "8.8.8.8"),
    ],
)
def test_an_entry_names_a_range_or_an_address(settings, entry, inside, outside):
    settings.ANONYMOUS_API = ["198.51.100.1", entry]
    assert is_caller_trusted(inside)
    assert not is_caller_trusted(outside)


@pytest.mark.parametrize("address", ["127.0.0.1", "::1", "", "localhost", "unix:"])
def test_an_empty_list_trusts_nobody(settings, address):
    settings.ANONYMOUS_API = []
    assert not is_caller_trusted(address)


@pytest.mark.parametrize(
    "entry",
    ["localhost", "10.0.0.1/8", "10.0.0.0/33", "10.0.0", "Gateway", "*", "", "::1/x"],
)
def test_an_entry_that_means_nothing_is_named(entry):
    with pytest.raises(ImproperlyConfigured, match=r"ANONYMOUS_API names .*; write an"):
        parse(("127.0.0.1", entry))

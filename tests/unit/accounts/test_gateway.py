"""The word "gateway": the address of this host's default route."""

from __future__ import annotations

from ipaddress import ip_address

import pytest
from django.test import RequestFactory

from apps.accounts import anonymous

V4_HEADING = "Iface Destination Gateway Flags RefCnt Use Metric Mask MTU Window IRTT\n"
V4_DEFAULT = "eth0 00000000 010011AC 0003 0 0 0 00000000 0 0 0\n"
V4_BACKUP = "eth1 00000000 010012AC 0003 0 0 100 00000000 0 0 0\n"
V4_LINK = "eth0 000011AC 00000000 0001 0 0 0 0000FFFF 0 0 0\n"
V4_NETWORK = "eth0 0000000A 050011AC 0003 0 0 0 000000FF 0 0 0\n"
V4_POINT_TO_POINT = "tun0 00000000 00000000 0001 0 0 0 00000000 0 0 0\n"
ZERO, LOW = "0" * 32, "00000400 00000002 00000000"
V6_DEFAULT = f"{ZERO} 00 {ZERO} 00 fd{'0' * 29}1 {LOW} 00000003 eth0\n"
V6_REJECT = f"{ZERO} 00 {ZERO} 00 {ZERO} ffffffff 00000001 00000000 00200200 lo\n"


def gateways(v4="", v6=""):
    return {str(a) for a in anonymous.default_gateways(V4_HEADING + v4, v6)}


@pytest.fixture
def route_file(tmp_path, monkeypatch, settings):
    """Stand in for the kernel's table, which differs from host to host."""
    path = tmp_path / "route"
    monkeypatch.setattr(anonymous, "ROUTES_V4", path)
    monkeypatch.setattr(anonymous, "ROUTES_V6", tmp_path / "none")
    settings.ANONYMOUS_API = ["gateway"]
    return path


def is_caller_trusted(address):
    request = RequestFactory().get(
        "/", REMOTE_ADDR=address, headers={"host": "localhost"}
    )
    return anonymous.is_trusted(request)


def test_the_default_route_of_each_family_is_found():
    found = gateways(V4_LINK + V4_NETWORK + V4_DEFAULT, V6_DEFAULT + V6_REJECT)
    assert found == {"172.17.0.1", "fd00::1"}


def test_the_route_with_the_lowest_metric_counts():
    assert gateways(V4_BACKUP + V4_DEFAULT) == {"172.17.0.1"}


@pytest.mark.parametrize("v4", ["", V4_LINK, V4_NETWORK, V4_POINT_TO_POINT])
def test_a_host_without_a_default_gateway_has_none(v4):
    assert gateways(v4, V6_REJECT) == set()


def test_the_gateway_is_trusted_and_its_neighbours_are_not(route_file):
    route_file.write_text(V4_HEADING + V4_DEFAULT)
    assert is_caller_trusted("172.17.0.1")
    assert is_caller_trusted("::ffff:172.17.0.1")
    assert not is_caller_trusted("172.17.0.2")
    assert not is_caller_trusted("127.0.0.1")


def test_without_the_word_the_gateway_is_nobody(route_file, settings):
    route_file.write_text(V4_HEADING + V4_DEFAULT)
    settings.ANONYMOUS_API = ["127.0.0.1"]
    assert not is_caller_trusted("172.17.0.1")


def test_without_a_table_the_word_admits_nobody(route_file):
    assert not route_file.exists()
    assert not is_caller_trusted("172.17.0.1")
    assert not is_caller_trusted("0.0.0.0")


def test_the_kernels_own_table_can_be_read():
    assert all(not ip_address(a).is_loopback for a in anonymous.host_gateways())

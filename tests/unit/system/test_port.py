"""The port that `manage.py up` takes before it does anything else."""

from __future__ import annotations

import errno
import multiprocessing
import os
import socket
from pathlib import Path

import pytest

from apps.system.up_port import PortUnusable, chosen_port, listen
from tests.servers import free_port

FIRST_FREE = Path("/proc/sys/net/ipv4/ip_unprivileged_port_start")


def listen_as_nobody(port, answers):
    os.setuid(65534)
    try:
        listen(port).close()
    except PortUnusable as exc:
        answers.put(exc.message)


def test_without_a_choice_it_is_8000(monkeypatch):
    monkeypatch.delenv("PORT", raising=False)
    assert chosen_port() == 8000
    # What compose files pass for a variable that is not set.
    monkeypatch.setenv("PORT", "")
    assert chosen_port() == 8000


def test_the_variable_chooses(monkeypatch):
    monkeypatch.setenv("PORT", " 9000 ")
    assert chosen_port() == 9000


@pytest.mark.parametrize(
    "value", ["http", "0", "65536", "-1", "8000.5", "９０００", "1" * 5000]
)
def test_what_is_no_port_gets_a_sentence(monkeypatch, value):
    monkeypatch.setenv("PORT", value)
    with pytest.raises(PortUnusable, match="write a number from 1 to 65535, such as"):
        chosen_port()


def test_a_busy_port_says_what_to_do():
    with listen(free_port()) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(PortUnusable) as caught:
            listen(port)
    assert caught.value.message == (
        f"Port {port} is in use; stop what listens there, or choose another: "
        "PORT=9000 make up"
    )


def test_the_port_that_is_busy_is_not_the_one_proposed(monkeypatch):
    def refuse(self, address):
        raise OSError(errno.EADDRINUSE, "Address already in use")

    monkeypatch.setattr(socket.socket, "bind", refuse)
    with pytest.raises(PortUnusable, match="PORT=8000 make up"):
        listen(9000)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")
@pytest.mark.skipif(
    not FIRST_FREE.exists() or int(FIRST_FREE.read_text()) < 2,
    reason="every port is open to everybody here",
)
def test_a_port_that_only_root_may_open_says_what_to_do():
    fork = multiprocessing.get_context("fork")
    answers = fork.Queue()
    child = fork.Process(target=listen_as_nobody, args=(1, answers))
    child.start()
    sentence = answers.get(timeout=10)
    child.join()
    assert sentence == (
        "Port 1 is not open to this user; choose one above 1023: PORT=8000 make up"
    )


def test_an_address_that_is_not_there_names_the_reason(monkeypatch):
    monkeypatch.setattr("apps.system.up_port.HOST", "192.0.2.1")
    with pytest.raises(PortUnusable, match=r"192\.0\.2\.1 cannot be served: Cannot"):
        listen(8000)


def test_callers_wait_for_a_portal_that_is_not_there_yet():
    with (
        listen(free_port()) as listener,
        socket.create_connection(listener.getsockname(), timeout=5) as caller,
    ):
        connection, _address = listener.accept()
        with connection:
            assert connection.getpeername() == caller.getsockname()

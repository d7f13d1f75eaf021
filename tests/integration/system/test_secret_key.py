"""The secret key: made once, whole, and for its owner alone."""

from __future__ import annotations

import contextlib
import fcntl
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from apps.system.secret import (
    SecretKeyError,
    ensure_secret_key,
    provide_secret_key,
    secret_key,
)
from tests.servers import wait_until

ROOT = Path(__file__).parents[3]
MAKE = (
    "import sys, pathlib; from apps.system.secret import ensure_secret_key; "
    "print(ensure_secret_key(pathlib.Path(sys.argv[1])))"
)


@pytest.fixture
def path(tmp_path) -> Path:
    return tmp_path / "var" / "secret_key"


def mode(path):
    return stat.S_IMODE(path.stat().st_mode)


def test_it_is_long_random_and_for_its_owner_alone(path):
    key = ensure_secret_key(path)
    assert len(key) >= 50
    assert len(set(key)) > 20
    assert mode(path) == 0o600
    assert key != ensure_secret_key(path.with_name("another"))


def test_it_is_made_once(path):
    key = ensure_secret_key(path)
    before = path.stat()
    assert ensure_secret_key(path) == key
    assert path.stat().st_mtime_ns == before.st_mtime_ns
    assert sorted(p.name for p in path.parent.iterdir()) == [
        "secret_key",
        "secret_key.lock",
    ]


@pytest.fixture
def start_maker(path):
    """Start processes that make and print the key; each ends with the test."""
    with contextlib.ExitStack() as stack:

        def start():
            return stack.enter_context(
                subprocess.Popen(
                    [sys.executable, "-c", MAKE, str(path)],
                    cwd=ROOT,
                    stdout=subprocess.PIPE,
                )
            )

        yield start


def test_several_processes_at_once_get_the_same_key(path, start_maker):
    path.parent.mkdir()
    with path.with_name("secret_key.lock").open("ab") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        makers = [start_maker() for _ in range(5)]
        wait_until(
            lambda: all(waits_for_lock(maker.pid) for maker in makers),
            timeout_s=20,
            what="all processes wait for the lock",
        )
    keys = {maker.communicate(timeout=20)[0] for maker in makers}
    assert keys == {path.read_bytes()}


def waits_for_lock(pid):
    """Say whether a process stands in the kernel's queue for a lock."""
    waiting = [line.split() for line in Path("/proc/locks").read_text().splitlines()]
    return any("->" in words and str(pid) in words for words in waiting)


def test_a_wider_mode_is_narrowed(path):
    key = ensure_secret_key(path)
    path.chmod(0o664)
    assert ensure_secret_key(path) == key
    assert mode(path) == 0o600


def test_the_owners_own_restriction_stays(path):
    ensure_secret_key(path)
    path.chmod(0o440)
    ensure_secret_key(path)
    assert mode(path) == 0o400


def test_an_empty_file_is_never_taken_for_a_key(path):
    path.parent.mkdir()
    path.write_text("\n")
    with pytest.raises(SecretKeyError, match=r"secret_key is empty\. Put the key"):
        ensure_secret_key(path)
    assert path.read_text() == "\n"


def test_bytes_that_are_no_text_are_never_taken_for_a_key(path):
    path.parent.mkdir()
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(SecretKeyError, match="is not plain ASCII text"):
        ensure_secret_key(path)


def test_a_folder_in_its_place_is_named(path):
    path.mkdir(parents=True)
    with pytest.raises(SecretKeyError, match="secret_key cannot be read or made: Is a"):
        ensure_secret_key(path)


def test_a_folder_that_cannot_be_made_is_named(tmp_path):
    (tmp_path / "var").write_text("")
    with pytest.raises(SecretKeyError, match="cannot be read or made: File exists"):
        ensure_secret_key(tmp_path / "var" / "secret_key")


def test_a_failing_disk_leaves_no_half_key(path, monkeypatch):
    def fail(fd):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(SecretKeyError, match="No space left on device"):
        ensure_secret_key(path)
    assert [p.name for p in path.parent.iterdir()] == ["secret_key.lock"]


def test_this_process_uses_what_was_made(settings, path, monkeypatch):
    monkeypatch.delenv("SECRET_KEY")
    settings.SECRET_KEY, settings.SECRET_KEY_PATH = "", path
    provide_secret_key()
    assert secret_key() == path.read_text().strip()


@pytest.mark.parametrize("name", ["SECRET_KEY", "SECRET_KEY_FILE"])
def test_with_a_key_from_the_environment_none_is_made(
    settings, path, monkeypatch, name
):
    monkeypatch.delenv("SECRET_KEY")
    monkeypatch.setenv(name, "something")
    settings.SECRET_KEY, settings.SECRET_KEY_PATH = "given", path
    provide_secret_key()
    assert secret_key() == "given"
    assert not path.exists()


def test_without_a_key_a_service_ends_with_one_sentence():
    code = "from apps.system.secret import *; require_secret_key()"
    env = {"PATH": os.environ["PATH"], "DATA_DIR": "/nonexistent"}
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env={**env, "DJANGO_SETTINGS_MODULE": "automation_hub.settings"},
        capture_output=True,
        text=True,
        check=False,
    )
    # gunicorn does not start a worker again that ended so.
    assert done.returncode == 4
    assert done.stderr == (
        "There is no secret key. Run `manage.py setup`, which makes one in the data "
        "folder where there is none, or set SECRET_KEY.\n"
    )

"""What processes that stay for long load, and what they keep of it."""

from __future__ import annotations

import ctypes
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]


def _said(code: str, *arguments: str, data: Path) -> str:
    """Return what code prints in a process of its own that has loaded Django."""
    started = subprocess.run(
        [
            sys.executable,
            "-c",
            f"import sys, django; django.setup(); {code}",
            *arguments,
        ],
        capture_output=True,
        check=True,
        cwd=ROOT,
        env={
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "automation_hub.settings",
            "SECRET_KEY": "x" * 50,
            "DATA_DIR": str(data),
        },
        text=True,
    )
    return started.stdout.strip()


def test_workers_and_commands_load_no_page_of_the_console(tmp_path):
    code = "print('apps.runs.admin' in sys.modules)"

    assert _said(code, "qcluster", data=tmp_path) == "False"
    assert _said(code, "tasks", data=tmp_path) == "False"
    assert _said(code, "runserver", data=tmp_path) == "True"


@pytest.mark.parametrize("command", ["qcluster", "runserver"])
@pytest.mark.parametrize(("url", "is_loaded"), [("", "False"), ("redis://x", "True")])
def test_the_client_of_redis_is_loaded_where_there_is_one(
    tmp_path, monkeypatch, command, url, is_loaded
):
    monkeypatch.setenv("REDIS_URL", url)
    code = (
        "import automation_hub.urls, apps.runs.cluster.main;"
        "print('redis' in sys.modules)"
    )

    assert _said(code, command, data=tmp_path) == is_loaded


@pytest.mark.parametrize("command", ["qcluster", "runserver"])
def test_the_library_for_secrets_is_loaded_with_the_first_one(tmp_path, command):
    code = (
        "import automation_hub.urls, apps.runs.cluster.main;"
        "from apps.core.vault import keys_problem, new_key, seal;"
        "from django.conf import settings;"
        "before = 'cryptography.fernet' in sys.modules;"
        "settings.SECRETS_KEY = new_key();"
        "print(keys_problem(settings.SECRETS_KEY), before, bool(seal('hunter2')))"
    )

    assert _said(code, command, data=tmp_path).split() == ["False", "True"]


def test_what_is_loaded_is_left_alone_by_the_collector(tmp_path):
    code = (
        "import gc; from apps.core.memory import settle; settle();"
        "print(gc.get_freeze_count() > 10_000)"
    )

    assert _said(code, data=tmp_path) == "True"


def test_models_are_looked_at_without_a_database(tmp_path):
    code = (
        "from apps.core.memory import look_at_models; look_at_models();"
        "from django.db import connection;"
        "print('django.db.models.sql.compiler' in sys.modules, connection.connection)"
    )

    assert _said(code, data=tmp_path) == "True None"


HOLES = """
import ctypes
from apps.core.memory import fill_holes
libc = ctypes.CDLL(None)
libc.malloc.restype = libc.sbrk.restype = ctypes.c_void_p
libc.malloc.argtypes, libc.free.argtypes = [ctypes.c_size_t], [ctypes.c_void_p]
libc.sbrk.argtypes = [ctypes.c_ssize_t]
for size in (1_500, 90_000):
    blocks = [libc.malloc(size) for _ in range(200)]
    for block in blocks[::2]:
        libc.free(block)
if {fills}:
    assert fill_holes() > 100 * 90_000
end = libc.sbrk(0)
after = [libc.malloc(20_000) for _ in range(20)]
print(sum(block > end - 200_000 for block in after))
"""


@pytest.mark.skipif(
    not hasattr(ctypes.CDLL(None), "mallinfo2"), reason="The C library is not glibc."
)
@pytest.mark.parametrize(("fills", "fresh"), [(True, "20"), (False, "0")])
def test_a_fork_takes_memory_that_it_shares_with_nobody(tmp_path, fills, fresh):
    code = HOLES.format(fills=fills)

    assert _said(f"exec({code!r})", data=tmp_path) == fresh

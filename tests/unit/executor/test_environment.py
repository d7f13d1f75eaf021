from __future__ import annotations

import os

import pytest

from apps.executor.environment import PASSED_ON, build_env


def test_nothing_of_the_worker_is_passed_on_but_what_is_listed():
    base = dict.fromkeys(PASSED_ON, "x") | {"PATH": "/bin", "SECRET_KEY": "hush"}
    base |= {"DATABASE_URL": "postgres://", "REDIS_URL": "redis://", "LANG": "de_DE"}
    env = build_env(base=base, extra={})
    assert set(env) == {"PATH", "LANG", *PASSED_ON}


@pytest.mark.parametrize(
    "name", ["TZ", "SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "HTTPS_PROXY", "no_proxy"]
)
def test_time_zone_certificates_and_proxies_are_passed_on(name):
    assert build_env(base={name: "value"}, extra={})[name] == "value"


def test_text_is_utf8_whatever_the_worker_speaks():
    assert build_env(base={"LANG": "C", "LC_ALL": "C"}, extra={})["LANG"] == "C.UTF-8"


@pytest.mark.parametrize("base", [{}, {"PATH": ""}])
def test_without_a_path_there_is_the_systems_default(base):
    assert build_env(base=base, extra={})["PATH"] == os.defpath


def test_what_the_caller_adds_wins():
    env = build_env(
        base={"TZ": "UTC"}, extra={"TZ": "Asia/Shanghai", "HOME": "/srv/run"}
    )
    assert (env["TZ"], env["HOME"]) == ("Asia/Shanghai", "/srv/run")


def test_python_scripts_print_at_once_and_leave_no_bytecode():
    env = build_env(base={}, extra={}, python=True)
    assert env["PYTHONUNBUFFERED"] == env["PYTHONDONTWRITEBYTECODE"] == "1"


def test_other_scripts_get_no_variables_of_python():
    assert set(build_env(base={}, extra={})) == {"PATH", "LANG"}

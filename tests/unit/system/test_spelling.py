"""Variables that are one letter away from ours are found, and no others."""

from __future__ import annotations

import pytest

from apps.system.checks import check_variables
from apps.system.spelling import is_one_off, misspelt

KNOWN = ["WORKERS", "SECRET_KEY", "PORT", "LOG_LEVEL", "DATA_DIR"]
# What containers, shells, Kubernetes and libraries set.
OTHERS = [
    *("LANG", "LC_ALL", "HOSTNAME", "HOME", "PATH", "PWD", "TERM", "SHLVL", "TZ"),
    *("POST", "SORT", "USER", "LOGNAME", "SHELL", "MAIL", "EDITOR", "LANGUAGE"),
    *("KUBERNETES_PORT", "KUBERNETES_SERVICE_HOST", "REDIS_PORT", "API_PORT"),
    *("PYTHONPATH", "GPG_KEY", "PYTHON_VERSION", "VIRTUAL_ENV", "SSL_CERT_FILE"),
    *("AWS_REGION", "AWS_DEFAULT_REGION", "AWS_PROFILE", "AWS_ROLE_ARN", "DISPLAY"),
    *("XDG_DATA_DIRS", "GUNICORN_CMD_ARGS", "DJANGO_SETTINGS_MODULE", "NO_PROXY"),
    *("http_proxy", "HTTPS_PROXY", "OLDPWD", "_", "DEBIAN_FRONTEND", "CI", "TMPDIR"),
]


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ("WORKERS", "WORKER", True),
        ("WORKERS", "WORKERSS", True),
        ("WORKERS", "WORKARS", True),
        ("WORKERS", "WOKRERS", True),
        ("WORKERS", "XWORKERS", True),
        ("WORKERS", "WORKERS", False),
        ("WORKERS", "WORKE", False),
        ("WORKERS", "WROKRES", False),
        ("WORKERS", "workers", False),
        ("", "A", True),
    ],
)
def test_one_letter_off(one, other, expected):
    assert is_one_off(one, other) is expected
    assert is_one_off(other, one) is expected


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        ("WORKER", "WORKERS"),
        ("SECRETKEY", "SECRET_KEY"),
        ("SECRET_KEY_FIL", "SECRET_KEY_FILE"),
        ("LOGLEVEL", "LOG_LEVEL"),
    ],
)
def test_a_misspelt_name_is_found_with_what_was_meant(given, meant):
    assert list(misspelt([given, "HOME"], KNOWN)) == [(given, meant)]


def test_a_name_beside_the_right_one_is_nobodys_mistake():
    assert list(misspelt(["WORKER", "WORKERS"], KNOWN)) == []


def test_short_names_have_too_many_neighbours():
    assert list(misspelt(["SORT", "POST"], KNOWN)) == []


def test_what_others_read_is_no_mistake(settings):
    assert list(misspelt(OTHERS, settings.HUB_VARIABLES)) == []


def test_no_variable_of_ours_is_mistaken_for_another(settings):
    names = [name + end for name in settings.HUB_VARIABLES for end in ("", "_FILE")]
    for name in names:
        assert list(misspelt([name], settings.HUB_VARIABLES)) == []


def test_the_check_says_what_to_do(monkeypatch):
    monkeypatch.setenv("WORKER", "3")
    (warning,) = check_variables(None)
    assert warning.id == "hub.W007"
    assert warning.msg == (
        "The variable WORKER is set, which the hub does not read; WORKERS is."
    )
    assert warning.hint.startswith("Rename it to WORKERS, or")

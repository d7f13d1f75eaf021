"""Which interpreters a `requires-python` lets in."""

from __future__ import annotations

import pytest

from apps.scripts.pythons import NoVersions, fits, normalise

HERE = (3, 11, 7)


@pytest.mark.parametrize(
    "text",
    [
        *(">=3.11", ">=3", ">3.11", "<3.12", "<=3.11.7", "==3.11.*", "==3.11.7"),
        *("~=3.10", "~=3.11.0", "!=3.12.*", "!=3.11", ">=3.9,<3.13", ">= 3.9 , < 4"),
        *("<3.12a0", ">=3.11.0rc1", "===3.11.7", ">=3.11,"),
    ],
)
def test_it_lets_in(text):
    assert fits(text, HERE)


@pytest.mark.parametrize(
    "text",
    [
        *(">=3.12", "<3.11", ">3.11.7", "<=3.11", "==3.11", "==3.10.*", "!=3.11.*"),
        *("~=3.10.2", "~=3.12", ">=3.9,<3.11", "!=3.11.7", ">=4", "===3.11"),
    ],
)
def test_it_keeps_out(text):
    assert not fits(text, HERE)


@pytest.mark.parametrize(
    "text",
    ["", "3.11", "python3", ">=3.*", "~=3", ">=", "=>3", ",", ">=3.11;", "^3.11"],
)
def test_what_names_no_versions_is_refused(text):
    with pytest.raises(NoVersions):
        normalise(text)


def test_order_and_spaces_do_not_matter():
    assert normalise("< 4, >=3.11") == normalise(">=3.11,<4")

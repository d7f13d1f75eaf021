"""The arguments that values become."""

from __future__ import annotations

import pytest

from apps.scripts.parameters import NotRenderable, render_argv
from tests.unit.scripts.samples import LISTS, OPTIONS, POSITIONALS, SWITCHES, read

MODE = {"mode": "fast"}

RENDERED = [
    (OPTIONS, MODE, ["--mode=fast"]),
    (OPTIONS, {**MODE, "n": 5, "text": "a b"}, ["--text=a b", "-n=5", "--mode=fast"]),
    (OPTIONS, {**MODE, "limit": 5.0}, ["--limit=5", "--mode=fast"]),
    (OPTIONS, {**MODE, "ratio": 1e-07}, ["--ratio=0.0000001", "--mode=fast"]),
    (OPTIONS, {**MODE, "truth": False}, ["--mode=fast", "--truth="]),
    (OPTIONS, {**MODE, "target": "x"}, ["--out-dir=x", "--mode=fast"]),
    (OPTIONS, {**MODE, "tag": ["a", "b"]}, ["--mode=fast", "--tag=a", "--tag=b"]),
    (OPTIONS, {**MODE, "more": ["a", "b"]}, ["--mode=fast", "--more=a", "--more=b"]),
    (SWITCHES, {}, []),
    (SWITCHES, {"force": True, "color": False}, ["--force", "--no-color"]),
    (SWITCHES, {"force": False, "color": True}, []),
    (SWITCHES, {"cache": True, "wipe": False}, ["--cache", "--no-wipe"]),
    (SWITCHES, {"verbose": 2, "depth": 3}, ["--verbose", "--verbose", "--depth"]),
    (SWITCHES, {"size": 100, "power": False}, ["--large", "--off"]),
    (LISTS, {"names": ["a"]}, ["--names=a"]),
    (LISTS, {"names": ["a", "b"], "rest": ["c"]}, ["--names", "a", "b", "--", "c"]),
    (LISTS, {"any": []}, ["--any"]),
    (
        POSITIONALS,
        {"two": ["-x", "y"], "count": -5, "source": "--a", "flag": True},
        ["--flag", "--", "--a", "-5", "-x", "y"],
    ),
]


@pytest.mark.parametrize(("source", "values", "argv"), RENDERED)
def test_only_what_is_given_is_rendered_in_the_scripts_order(source, values, argv):
    assert render_argv(read(source).schema, values) == argv


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"exec": "id"}, "exec: is not a parameter of this script"),
        ({"--names": "id"}, "--names: is not a parameter"),
        ({"names": ["a", "--admin"]}, 'the script would read "--admin" as an option'),
        ({"rest": ["--"]}, 'rest: must not be "--" alone'),
    ],
)
def test_what_was_not_validated_is_never_rendered(values, sentence):
    with pytest.raises(NotRenderable, match=sentence):
        render_argv(read(LISTS).schema, values)

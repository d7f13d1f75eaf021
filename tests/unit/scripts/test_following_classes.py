"""What a script keeps on its objects is certain only where nothing else changes it."""

from __future__ import annotations

import textwrap

import pytest

from tests.unit.scripts.samples import names, read

SOURCE = """
import argparse
class Tool:
    modes = ["a", "b"]
    def __init__(self):
        self.limit = 5
        CHANGE
        self.parser = argparse.ArgumentParser()
    def add(self):
        self.parser.add_argument("--limit", type=int, default=self.limit)
        self.parser.add_argument("--mode", choices=self.modes)
        for mode in self.modes:
            self.parser.add_argument(f"--{mode}")
    def load(self):
        OTHER
    def run(self):
        self.add()
        return self.parser.parse_args()
Tool().run()
"""


def fields(change: str = "pass", other: str = "pass"):
    return read(SOURCE.replace("CHANGE", change).replace("OTHER", other))


def test_what_an_object_holds_is_known():
    declaration = fields()
    schema = declaration.schema["properties"]
    assert names(declaration) == ["limit", "mode", "a", "b"]
    assert schema["limit"]["default"] == 5
    assert schema["mode"]["enum"] == ["a", "b"]


@pytest.mark.parametrize(
    ("change", "other"),
    [
        ("self.modes.append('c')", "pass"),
        ("pass", "self.modes.append('c')"),
        ("pass", "self.modes[0] = 'c'"),
        ("pass", "self.modes = ['c']"),
        ("Tool.modes.append('c')", "pass"),
    ],
)
def test_a_list_that_is_changed_is_no_choice(change, other):
    declaration = fields(change, other)
    assert names(declaration) == ["limit", "mode"]
    assert "enum" not in declaration.schema["properties"]["mode"]


@pytest.mark.parametrize(
    ("change", "other"),
    [
        ("self.limit += 1", "pass"),
        ("self.limit = load()", "pass"),
        ("pass", "self.limit = 9"),
        ("if load(): self.limit = 9", "pass"),
    ],
)
def test_a_number_that_is_changed_is_no_default(change, other):
    schema = fields(change, other).schema["properties"]
    assert "default" not in schema["limit"]


def test_a_loop_that_may_be_left_leaves_the_rest_uncertain():
    source = textwrap.dedent(
        """
        import argparse
        parser = argparse.ArgumentParser()
        for name in ("a", "b"):
            parser.add_argument(f"--{name}-sure")
            if load(name):
                break
            parser.add_argument(f"--{name}-unsure")
        parser.add_argument("--after")
        parser.parse_args()
        """
    )
    assert names(read(source)) == ["a_sure", "after"]

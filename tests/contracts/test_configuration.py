"""docs/configuration.md says what the code reads."""

from __future__ import annotations

import re

import pytest

from tests.contracts import configuration
from tests.contracts.sources import ROOT, python_files
from tests.environment import setting_names

READS = re.compile(r"\b(?:os\.environ(?:\.get\(|\[)|os\.getenv\()\s*\"([A-Z]\w+)\"")


def test_the_table_is_that_of_the_code():
    written = configuration.PATH.read_text(encoding="utf-8")
    if written != configuration.render():
        pytest.fail("docs/configuration.md is stale: make configuration", pytrace=False)


@pytest.mark.parametrize("variable", configuration.variables(), ids=lambda v: v.name)
def test_each_variable_has_a_section_and_a_sentence(variable):
    assert variable.section
    assert variable.help.endswith(".")
    assert "|" not in variable.help + variable.kind + variable.default


def test_no_default_is_a_folder_of_this_host():
    assert str(ROOT) not in configuration.render()


def test_whatever_is_read_elsewhere_is_declared_too():
    known = {variable.name for variable in configuration.variables()}
    read = {
        name
        for folder in ("apps", "automation_hub")
        for path in python_files(folder)
        for name in READS.findall((ROOT / path).read_text(encoding="utf-8"))
    }
    assert "PORT" in read
    # HEARTBEAT_FILE is a variable, and no file that holds one.
    assert {name for name in read if name.removesuffix("_FILE") not in known} <= known


def test_the_tests_take_all_of_them_out_of_their_environment():
    known = {variable.name for variable in configuration.variables()}
    assert known <= set(setting_names())

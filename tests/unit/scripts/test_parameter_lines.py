"""In which line a parameter is declared."""

from __future__ import annotations

from apps.scripts.manifest import read_manifest
from apps.scripts.parameter_lines import parameter_lines
from apps.scripts.parameters import read_parameters

TWO_TO_ONE = """import argparse
p = argparse.ArgumentParser()
p.add_argument("file")
p.add_argument("--indent", type=int)
p.add_argument("--tab", dest="indent", action="store_const", const="x")
p.parse_args()
"""
COMMANDS = """import argparse
p = argparse.ArgumentParser()
subs = p.add_subparsers(dest="what")
add = subs.add_parser("add")
add.add_argument("--uid", type=int)
p.parse_args()
"""
SHELL = """#!/bin/sh
# /// script
# [tool.automation-hub.parameters.host]
# type = "string"
# ///
"""


def lines(source, language="python"):
    found = read_parameters(source, language=language, manifest=read_manifest(source))
    return parameter_lines(source, found.schema)


def test_options_and_positionals_have_the_line_of_their_call():
    assert lines(TWO_TO_ONE) == {"file": 3, "indent": 4, "tab": 5}


def test_a_sub_command_and_what_is_its_own():
    assert lines(COMMANDS) == {"what": 3, "uid": 5}


def test_what_the_header_alone_declares_has_the_line_of_its_table():
    assert lines(SHELL, "other") == {"host": 3}


def test_a_source_that_cannot_be_read_says_nothing():
    schema = {"properties": {"a": {"x-hub": {"flag": "--a"}}}}

    for source in ("def (:", "\0", "(" * 5000):
        assert parameter_lines(source, schema) == {}

"""How exactly the hub reads command lines only gets better."""

from __future__ import annotations

import sys

import pytest

from tests.fidelity.compare import Comparison, compare
from tests.fidelity.programs import Program, own_programs, standard_programs

# What docs/reading-scripts.md says; raise it with the figure.
STANDARD_FLOOR = (181, 189, 26)
OWN_FLOOR = (218, 225, 15)


def check(comparisons: list[Comparison]) -> None:
    """Nothing that would harm is read of any program."""
    assert [(c.name, c.wrong_types) for c in comparisons if c.wrong_types] == []
    assert [(c.name, c.lost_required) for c in comparisons if c.lost_required] == []


def total(comparisons: list[Comparison]) -> tuple[int, int, int]:
    """Return how many arguments are right, of how many, in how many programs."""
    right = sum(one.right for one in comparisons)
    return right, sum(one.count for one in comparisons), len(comparisons)


@pytest.mark.skipif(sys.version_info[:2] != (3, 11), reason="figures are of 3.11")
def test_the_standard_librarys_programs_are_read_as_exactly_as_ever():
    comparisons = [compare(program) for program in standard_programs()]
    check(comparisons)
    right, count, programs = total(comparisons)
    # A Python that was built without its tests has a few programs less.
    assert programs >= STANDARD_FLOOR[2] - 3
    assert right / count >= STANDARD_FLOOR[0] / STANDARD_FLOOR[1] - 0.01


def test_our_own_scripts_are_read_as_exactly_as_ever():
    comparisons = [compare(program) for program in own_programs()]
    check(comparisons)
    right, count, programs = total(comparisons)
    assert (right, count, programs) >= OWN_FLOOR
    assert {one.name for one in comparisons if one.wrong} <= {"beyond.py"}


def test_a_required_option_that_is_left_out_is_said(tmp_path):
    (one,) = [compare(p) for p in own_programs() if p.name == "beyond.py"]
    assert one.left_out == ["--released"]
    assert any("--released" in note for note in one.notes)


def test_a_wrong_type_and_a_lost_flag_would_be_found(tmp_path):
    script = tmp_path / "script.py"
    script.write_text(
        "import argparse\n"
        "parser = argparse.ArgumentParser()\n"
        "parser.add_argument('--a', type=str)\n"
        "parser._actions[-1].type = int\n"
        "b = argparse._StoreAction(['--b'], 'b', required=True)\n"
        "vars(parser)['_actions'].append(b)\n"
        "parser.parse_args()\n"
    )
    one = compare(Program("script.py", script, (str(script),)))
    assert (one.wrong_types, one.lost_required) == (["--a"], ["--b"])

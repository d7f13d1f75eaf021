"""`python -m tests.fidelity`: how exactly the hub reads command lines.

With -v it says what is read otherwise; with --notes what the scripts' pages say.
"""

from __future__ import annotations

import argparse
import platform

from tests.fidelity.compare import Comparison, compare
from tests.fidelity.programs import Program, own_programs, standard_programs


def report(title: str, programs: list[Program], args: argparse.Namespace) -> None:
    """Print one corpus: its programs with what is wrong, and the figure."""
    comparisons = [compare(program) for program in programs]
    for one in comparisons:
        if args.verbose or one.wrong:
            print(f"  {one.name}: {one.right} of {one.count}")
        if args.verbose:
            _print_wrong(one)
        if args.notes:
            for note in one.notes:
                print(f"      note: {note}")
    print(f"{title}: {figure(comparisons)}, {len(programs)} programs")


def _print_wrong(one: Comparison) -> None:
    for name, texts in one.wrong.items():
        for text in texts:
            print(f"      {name}: {text}")


def figure(comparisons: list[Comparison]) -> str:
    """Return the figure in words."""
    right = sum(one.right for one in comparisons)
    count = sum(one.count for one in comparisons)
    share = 100 * right / count
    return f"{right} of {count} arguments exactly right ({share:.1f} %)"


def main() -> None:
    """Report both corpora."""
    parser = argparse.ArgumentParser(prog="python -m tests.fidelity")
    parser.add_argument("-v", "--verbose", action="store_true")
    parser.add_argument("--notes", action="store_true")
    args = parser.parse_args()
    report(
        f"Standard library of Python {platform.python_version()}",
        standard_programs(),
        args,
    )
    report("Scripts of our own", own_programs(), args)


if __name__ == "__main__":
    main()

"""`python -m tests.fidelity_click`: how exactly click and typer scripts are read.

With -v it says what is read otherwise; with --notes what the scripts' pages say.
"""

from __future__ import annotations

import argparse
from importlib.metadata import version

from tests.fidelity_click.compare import Comparison, compare, scripts


def figure(comparisons: list[Comparison]) -> str:
    """Return the figure in words."""
    right = sum(one.right for one in comparisons)
    count = sum(one.count for one in comparisons)
    share = 100 * right / count
    return f"{right} of {count} arguments exactly right ({share:.1f} %)"


def report(library: str, args: argparse.Namespace) -> None:
    """Print what is wrong with the scripts of one library, and the figure."""
    chosen = [script for script in scripts() if script.stem.startswith(library)]
    comparisons = [compare(script) for script in chosen]
    for one in comparisons:
        if args.verbose:
            print(f"  {one.name}: {one.right} of {one.count}")
            for name, texts in one.wrong.items():
                print(*(f"      {name}: {text}" for text in texts), sep="\n")
        if args.notes:
            for note in one.notes:
                print(f"      note: {note}")
    number = version(library)
    print(f"{library} {number}: {figure(comparisons)}, {len(chosen)} scripts")


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("-v", "--verbose", action="store_true")
    parser.add_argument("--notes", action="store_true")
    args = parser.parse_args()
    report("click", args)
    report("typer", args)


if __name__ == "__main__":
    main()

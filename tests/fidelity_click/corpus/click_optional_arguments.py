"""Positional arguments that may be left out."""

from __future__ import annotations

import click


@click.command
@click.argument("source")
@click.argument("level", type=click.Choice(["low", "high"]), default="low")
@click.argument("flag", type=bool, required=False)
@click.argument("maybe", required=False, help="Perhaps.")
@click.argument("names", nargs=-1)
def main(source, level, flag, maybe, names):
    """Arguments, of which only the first is required."""


if __name__ == "__main__":
    main()

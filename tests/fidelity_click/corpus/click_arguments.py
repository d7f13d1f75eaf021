"""Positional arguments."""

from __future__ import annotations

import click


@click.command(no_args_is_help=True, help="Copies {files}.")
@click.argument("source", nargs=-1, required=True, type=click.Path())
@click.argument("target", type=click.Path(), envvar="TARGET")
@click.argument("pair", nargs=2, type=int)
@click.argument("count", type=int, default=1)
@click.option("--mode", default="copy", help="How.")
def main(source, target, pair, count, mode):
    """Not shown, since help is given."""


if __name__ == "__main__":
    main()

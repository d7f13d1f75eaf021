"""Commands made without decorators."""

from __future__ import annotations

import sys

import click


def work(name, count, files):
    """Works."""


command = click.Command(
    "work",
    callback=work,
    params=[
        click.Option(["--name", "-n"], required=True, help="Who."),
        click.Option(["-c", "--count"], type=int, default=1),
        click.Argument(["files"], nargs=-1),
    ],
)

if __name__ == "__main__":
    sys.exit(command.main(sys.argv[1:], standalone_mode=False))

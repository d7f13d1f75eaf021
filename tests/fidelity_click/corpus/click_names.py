"""How click finds the name of a parameter."""

from __future__ import annotations

import click


@click.command("names")
@click.option("-n", "--name")
@click.option("--first-name", "-f")
@click.option("-t", "--to", "recipient")
@click.option("source", "-s", "--source-address")
@click.option("-x")
@click.option("-o", type=int, default=1)
@click.option("-l", multiple=True)
@click.option("--Upper-Case", "-U")
@click.option("--one", "--other-one")
@click.option("-a", "--long-a", "--longer-a")
@click.option("-abc")
@click.option("---dashes", "dashes")
@click.option("--in", "-i", "in_")
@click.option("+w", "+wide", "wide")
@click.option("--debug/--no-debug", default=False)
@click.option("--shout/--no-shout", " /-S", default=True)
@click.option("-q/-v", "--quiet/--verbose", "quiet")
@click.option("--cache/--no-cache", "use_cache", default=None)
@click.option("/flag;/no-flag", "slash")
@click.option("--on/--off")
@click.argument("FILE-NAME")
@click.argument("rest", nargs=-1)
def names_command(**values):
    """Names of every kind."""


names_command()

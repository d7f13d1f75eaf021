"""Groups, commands in them, and what commands share."""

from __future__ import annotations

import click


def host_option(function):
    return click.option("--host", required=True, help="Where.")(function)


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.option("-v", "--verbose", count=True)
@click.option("--config", type=click.Path(), default="a.toml")
@click.pass_context
def cli(ctx, verbose, config):
    """A tool of several commands."""


@cli.command()
@host_option
@click.argument("paths", nargs=-1, type=click.Path())
@click.option("--limit", type=click.IntRange(1), default=5)
def upload_files_command(host, paths, limit):
    """Uploads files."""


@cli.command("remove", short_help="Removes.")
@host_option
@click.option("--force/--no-force", default=False)
@click.option("--verbose", type=int, default=1, help="Another one.")
def delete(host, force, verbose):
    """Removes files."""


@cli.group(invoke_without_command=True)
@click.option("--remote", default="origin")
def branch(remote):
    """Works on branches."""


@branch.command
@click.argument("name")
@click.option("--limit", default=0.5, help="Another limit.")
def create(name, limit):
    """Creates a branch."""


@click.command()
@click.option("--all", "everything", is_flag=True)
def show(everything):
    """Shows."""


@click.command(hidden=True)
@click.argument("what", type=click.Choice(["a", "b"]))
def debug(what):
    """Debugs."""


branch.add_command(show)
branch.add_command(show, name="list")
cli.add_command(debug)

if __name__ == "__main__":
    cli()

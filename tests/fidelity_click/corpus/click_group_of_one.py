"""A group with one command so far."""

from __future__ import annotations

import click


@click.group(invoke_without_command=False)
@click.version_option("2.0")
@click.option("--config", "-c", type=click.Path(), default="tool.toml")
@click.option("--profile", required=True, help="Whose settings.")
@click.pass_context
def cli(ctx, config, profile):
    """A tool that will grow."""


@cli.command("sync")
@click.option("--limit", type=int, default=5)
@click.option("--dry-run/--no-dry-run", default=True)
@click.argument("sources", nargs=-1, required=True)
def sync_sources(limit, dry_run, sources):
    """Syncs sources."""


if __name__ == "__main__":
    cli(obj={})

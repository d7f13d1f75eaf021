"""What ops scripts have around their command."""

from __future__ import annotations

import asyncio
import functools
import logging
import os
from pathlib import Path

import click

HERE = Path(__file__).parent
RETENTION_DAYS = int(os.environ.get("RETENTION_DAYS", "30"))
log = logging.getLogger(__name__)


def coroutine(function):
    @functools.wraps(function)
    def wrapper(*args, **kwargs):
        return asyncio.run(function(*args, **kwargs))

    return wrapper


def validate_name(ctx, param, value):
    if value and not value.isidentifier():
        raise click.BadParameter("must be a name")
    return value


@functools.lru_cache
def load():
    return {}


@click.command(context_settings=dict(show_default=True))
@click.argument("targets", nargs=-1, metavar="TARGET...")
@click.option("--name", callback=validate_name, metavar="NAME")
@click.option("--days", type=click.IntRange(min=0), default=RETENTION_DAYS)
@click.option("--since", type=click.DateTime(formats=["%Y-%m-%d"]), default=None)
@click.option("--until", type=click.DateTime(["%Y-%m-%d", "%d.%m.%Y"]))
@click.option(
    "--log-level",
    type=click.Choice(
        ["DEBUG", "INFO", "WARNING", "ERROR"],
        case_sensitive=False,
    ),
    default="INFO",
    show_default=True,
    help="How much is said.",
)
@click.option("--config", type=click.Path(dir_okay=False), default="config.toml")
@click.option("--tag", "-t", "tags", multiple=True, help="May be given several times.")
@click.option("--number", "numbers", multiple=True, type=int, default=(1, 2))
@click.option("--exclude", multiple=True, required=True)
@click.option("--size", nargs=2, type=int, metavar="W H", default=(640, 480))
@click.option("--env", "-e", multiple=True, type=(str, str), help="NAME VALUE.")
@coroutine
async def main(**values):
    """Clean up what is old."""


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO)
    main()

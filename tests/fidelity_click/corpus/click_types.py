"""Every type that click has."""

from __future__ import annotations

import uuid
from pathlib import Path

import click

PORT = click.IntRange(1, 65535)
LEVELS = ("debug", "info", "warning")
UNITS = {"s": 1, "m": 60, "h": 3600}


def positive(text: str) -> int:
    value = int(text)
    if value < 1:
        raise click.BadParameter("must be at least 1")
    return value


class Duration(click.ParamType):
    name = "duration"

    def convert(self, value, param, ctx):
        return value if isinstance(value, int) else int(str(value).rstrip("s"))


class Even(click.IntRange):
    name = "even"


DURATION = Duration()


@click.command()
@click.option("--text", type=str)
@click.option("--constant", type=click.STRING, default="x")
@click.option("--number", type=int)
@click.option("--click-number", type=click.INT, default=7)
@click.option("--ratio", type=float, default=0.5)
@click.option("--click-ratio", type=click.FLOAT)
@click.option("--truth", type=bool)
@click.option("--click-truth", type=click.BOOL, default=True)
@click.option("--guessed-truth", default=False)
@click.option("--guessed-number", default=5)
@click.option("--guessed-ratio", default=1.5)
@click.option("--guessed-text", default="abc")
@click.option("--guessed-negative", default=-5)
@click.option("--guessed-many", multiple=True, default=[1, 2])
@click.option("--guessed-pair", nargs=2, default=(0.5, 1.5))
@click.option("--port", type=PORT, default=8080, show_default=True)
@click.option("--workers", type=click.IntRange(min=1, max=9, max_open=True))
@click.option("--share", type=click.FloatRange(0, 1, min_open=True), required=True)
@click.option("--percent", type=click.FloatRange(max=100), default=10)
@click.option("--clamped", type=click.IntRange(0, 5, clamp=True), default=3)
@click.option("--level", type=click.Choice(LEVELS), default="info")
@click.option("--hash", type=click.Choice(["MD5", "SHA1"], case_sensitive=False))
@click.option("--unit", type=click.Choice(list(UNITS)), default="s")
@click.option("--sorted-unit", type=click.Choice(sorted(UNITS.keys())))
@click.option("--size", type=click.Choice([1, 2, 4]), default=2)
@click.option("--step", type=click.Choice([str(n) for n in range(3)]))
@click.option("--key", type=uuid.UUID)
@click.option("--click-key", type=click.UUID)
@click.option("--day", type=click.DateTime(formats=["%Y-%m-%d"]))
@click.option("--when", type=click.DateTime())
@click.option(
    "--path", type=click.Path(exists=False, path_type=Path), default=Path("out")
)
@click.option("--folder", type=click.Path(file_okay=False))
@click.option("--file", type=click.File("w"))
@click.option("--plain-path", type=Path)
@click.option("--item", type=(str, int))
@click.option("--point", type=(float, float), default=(0.0, 1.0))
@click.option("--named", type=click.Tuple([str, click.Choice(["a", "b"]), bool]))
@click.option("--checked", type=positive, default=1)
@click.option("--duration", type=DURATION, default=60)
@click.option("--even", type=Even())
@click.option("--raw", type=click.UNPROCESSED)
@click.option("--called", type=lambda text: text.upper())
def main(**values):
    """Options of every type."""


if __name__ == "__main__":
    main()

"""Decorators that helper functions make."""

from __future__ import annotations

import functools
from enum import Enum

import click


class Format(Enum):
    JSON = "json"
    TABLE = "table"


class Shade(str, Enum):
    LIGHT = "l"
    DARK = "d"


option = functools.partial(click.option, show_default=True)
verbose_option = click.option("-v", "--verbose", count=True, help="Say more.")
STANDARD = {"show_default": True, "help": "A standard option."}
SHARED = [
    click.option("--region", type=click.Choice(["eu", "us"]), default="eu"),
    click.option("--account", required=True),
]


def limit_option(default=10, *names, **settings):
    return click.option("--limit", *names, type=int, default=default, **settings)


def common_options(function):
    function = click.option("--profile", default="main")(function)
    return click.option("--quiet", is_flag=True)(function)


def add_options(options):
    def decorate(function):
        for one in reversed(options):
            function = one(function)
        return function

    return decorate


def compose(*options):
    def decorate(function):
        for one in reversed(options):
            function = one(function)
        return function

    return decorate


def with_timing(function):
    @click.option("--timing/--no-timing", default=False)
    @functools.wraps(function)
    def wrapper(*args, timing, **kwargs):
        return function(*args, **kwargs)

    return wrapper


def with_logging(function):
    @functools.wraps(function)
    def wrapper(*args, **kwargs):
        return function(*args, **kwargs)

    return wrapper


def format_option(default):
    def decorate(function):
        return click.option(
            "--format",
            type=click.Choice([one.value for one in Format], case_sensitive=False),
            default=default,
        )(function)

    return decorate


@click.command()
@verbose_option
@option("--retries", default=3)
@limit_option(20, "-l", help="At most.")
@add_options(SHARED)
@compose(click.option("--left"), click.option("--right", type=float))
@common_options
@with_timing
@with_logging
@format_option(Format.JSON.value)
@click.option("--shape", type=click.Choice(Format), default=Format.TABLE)
@click.option("--shade", type=click.Choice([s.name for s in Shade]))
@click.option("--standard", **STANDARD)
@click.option("--more", **dict(type=int, required=True))
@click.pass_context
def run(ctx, **values):
    """Decorators of every origin."""


def main():
    run()


if __name__ == "__main__":
    main()

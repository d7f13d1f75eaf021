"""Flags, counts, values that are optional, prompts."""

from __future__ import annotations

import os

import click


def user():
    return os.environ.get("USER", "nobody")


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option("1.0")
@click.option("--force", "-f", is_flag=True, help="Do not ask.")
@click.option("--dry-run", is_flag=True, default=False)
@click.option("--keep", is_flag=True, default=True)
@click.option("--no-color", "color", is_flag=True, flag_value=False, default=True)
@click.option("--upper", "transformation", flag_value="upper", default="upper")
@click.option("--lower", "transformation", flag_value="lower")
@click.option("--small", "size", flag_value=1, type=int)
@click.option("--large", "size", flag_value=100, type=int, default=100)
@click.option("--fast", "speed", flag_value="fast")
@click.option("--slow", "speed", flag_value="slow")
@click.option("--sure/--unsure", required=True)
@click.option("-v", "--verbose", count=True)
@click.option("-d", "depth", count=True, default=2, help="How deep.")
@click.option("-c", "capped", count=True, type=click.IntRange(0, 3, clamp=True))
@click.option("--log", is_flag=False, flag_value="all", default="none")
@click.option("--backup", is_flag=False, flag_value="~")
@click.option("--name", prompt=True)
@click.option("--city", prompt="Your city", default="Paris")
@click.option("--hobby", prompt=True, prompt_required=False, default="none")
@click.option("--needed", required=True, type=int)
@click.option("--user", default=lambda: os.environ.get("USER", ""), show_default="you")
@click.option("--owner", default=user)
@click.option("--home", default=os.environ.get("HUB_HOME", "/srv"))
@click.option("--limit", envvar="HUB_LIMIT", default=10)
@click.option("--token", envvar=["HUB_TOKEN", "TOKEN"], required=True)
@click.option("--secret", hidden=True)
@click.option("--old", deprecated=True)
@click.option("--older", deprecated="use --new", help="An old one.")
@click.option("--percent", help="100% sure, %(default)s stays as it is.", default=5)
@click.option("--boolean-text", type=bool, default="yes")
@click.option("--number-text", type=int, default="5")
@click.option("--text-number", type=str, default=5)
@click.confirmation_option(prompt="Really?")
@click.password_option()
@click.help_option("--info")
def main(**values):
    """Flags of every kind.

    More about them.

    \b
    A list
    of lines
    \f
    Not shown.
    """


if __name__ == "__main__":
    main(auto_envvar_prefix="HUB")

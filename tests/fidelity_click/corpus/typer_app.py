"""One command with typer.Option and typer.Argument as defaults."""

from __future__ import annotations

import os
from pathlib import Path

import typer

app = typer.Typer(add_completion=False, help="An app.")
NAME = typer.Option("World", "--name", "-n", help="Who.", rich_help_panel="People")
RETRIES = 3


def current_user():
    return os.environ.get("USER", "")


def show_version(value: bool):
    if value:
        raise typer.Exit()


@app.command("greet", help="Greets.")
def greet(
    ctx: typer.Context,
    source: Path = typer.Argument(..., exists=False, help="From where."),
    target: Path = typer.Argument(None),
    level: int = typer.Argument(1, min=0, max=5),
    rest: list[str] = typer.Argument(None, envvar="REST"),
    name: str = NAME,
    retries: int = typer.Option(RETRIES, min=0),
    needed: float = typer.Option(..., "--needed", help="Needed."),
    ratio: float = typer.Option(0.5, min=0.0, max=1.0, clamp=True),
    accept: bool = typer.Option(None, "--accept/--reject"),
    force: bool = typer.Option(False, "--force", "-f"),
    must: bool = typer.Option(...),
    short: str = typer.Option("x", "-s"),
    demo: bool = typer.Option(False, " /--demo", " /-d"),
    verbose: int = typer.Option(0, "--verbose", "-v", count=True),
    asked: str = typer.Option(..., prompt=True),
    suggested: str = typer.Option("blue", prompt="Colour"),
    password: str = typer.Option(
        ..., prompt=True, confirmation_prompt=True, hide_input=True
    ),
    user: str = typer.Option(default_factory=current_user),
    token: str = typer.Option(None, envvar="TOKEN", show_default=False),
    hidden: str = typer.Option("h", hidden=True),
    tags: list[str] = typer.Option(["a"], "--tag", help="Several."),
    points: tuple[int, int] = typer.Option((1, 2), help="Two."),
    day: str = typer.Option(default="today", help="Which day."),
    version: bool = typer.Option(
        None, "--version", callback=show_version, is_eager=True
    ),
):
    """Not shown."""


if __name__ == "__main__":
    app()

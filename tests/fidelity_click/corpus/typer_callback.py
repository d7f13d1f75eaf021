"""An app with a callback, which makes it a group."""

from __future__ import annotations

from typing import Annotated

import typer

app = typer.Typer()


@app.callback()
def settings(
    region: Annotated[str, typer.Option(help="Where.")],
    verbose: bool = False,
) -> None:
    """Manages things."""


@app.command()
def show_status(
    name: Annotated[str, typer.Argument(help="Which.")],
    deep: Annotated[int, typer.Option(min=0)] = 1,
) -> None:
    """Shows the status."""


if __name__ == "__main__":
    app()

"""An app of several commands, and an app below it."""

from __future__ import annotations

from typing import Annotated, Optional

import typer

app = typer.Typer(help="Manages users.")
items = typer.Typer()
app.add_typer(items, name="items")


@app.command()
def create_user(
    name: str,
    age: Annotated[int, typer.Option(min=0)] = 0,
    admin: bool = False,
) -> None:
    """Creates a user."""


@app.command("remove", hidden=True)
def delete_user(
    name: Annotated[str, typer.Argument(help="Who.")],
    force: Annotated[bool, typer.Option("--force")] = False,
) -> None:
    """Removes a user."""


@items.callback(invoke_without_command=True)
def settings(region: str = "eu") -> None:
    """Manages items."""


@items.command()
def sell(
    item: str,
    price: Annotated[float, typer.Option()],
    region: Optional[str] = None,
) -> None:
    """Sells an item."""


@items.command(name="buy")
def purchase(item: list[str]) -> None:
    """Buys items."""


if __name__ == "__main__":
    app()

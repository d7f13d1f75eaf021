"""One command with Annotated."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from enum import Enum
from pathlib import Path
from typing import Annotated, Optional

import typer
from typer import Argument, Option, Typer


class Color(Enum):
    RED = "red"
    BLUE = "blue"


class Stage(str, Enum):
    def __str__(self) -> str:
        return self.value

    DEV = "dev"
    PROD = "prod"


def parse_size(text: str) -> int:
    return int(text)


Verbose = Annotated[bool, Option("--verbose/--quiet", "-v/-q", help="Say more.")]
Names = Optional[list[str]]
Stages = Annotated[list[Stage], typer.Option("--stage")]
cli = Typer(pretty_exceptions_enable=False, no_args_is_help=True)


@cli.command()
def deploy_all(
    service: Annotated[str, Argument(help="Which.")],
    hosts: Annotated[list[str], Argument()],
    *,
    color: Annotated[Color, Option(case_sensitive=False)] = Color.RED,
    stage: Annotated[Stage, Option("--stage-name", "-s")],
    stages: Stages = [Stage.DEV],
    verbose: Verbose = False,
    names: Names = None,
    replicas: Annotated[int, Option(min=1, max=50, help="How many.")] = 2,
    cpu: Annotated[Optional[float], Option(min=0.1)] = None,
    since: Annotated[Optional[datetime], Option(formats=["%Y-%m-%d"])] = None,
    until: Annotated[datetime | None, Option()] = None,
    config: Annotated[Path, Option(exists=False, dir_okay=False)] = Path("a.toml"),
    size: Annotated[int, Option(parser=parse_size)] = 5,
    price: Decimal = Decimal("1.5"),
    pair: Annotated[tuple[str, int, bool], Option()] = ("a", 1, True),
    dry_run: Annotated[bool, Option("--dry-run")] = False,
    out: Annotated[typer.FileTextWrite, Option()] = None,
    text: Annotated[str, Option(rich_help_panel="Texts", prompt=True)],
    count: Annotated[int, Option("-c", count=True)] = 0,
    maker: Annotated[str, Option(default_factory=lambda: "x")],
) -> None:
    """Deploys a service.

    To all hosts.
    """


def main() -> None:
    cli()


if __name__ == "__main__":
    main()

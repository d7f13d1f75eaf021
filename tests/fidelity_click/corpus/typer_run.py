"""typer.run, and the types that annotations have."""

from __future__ import annotations

import enum
import uuid
from datetime import datetime
from pathlib import Path
from typing import List, Literal, Optional, Tuple, Union

import typer


class Network(str, enum.Enum):
    simple = "simple"
    conv = "conv"


class Size(enum.IntEnum):
    SMALL = 1
    LARGE = 10


def main(
    name: str,
    count: int,
    files: List[Path],
    ratio: float = 0.5,
    force: bool = False,
    colour: bool = True,
    maybe: Optional[bool] = None,
    network: Network = Network.simple,
    size: Size = Size.LARGE,
    mode: Literal["fast", "slow"] = "fast",
    out: Path = Path("out"),
    key: Optional[uuid.UUID] = None,
    when: datetime = None,
    pair: Tuple[int, str] = (1, "a"),
    point: tuple[float, float] = None,
    tags: List[str] = [],
    numbers: list[int] = [1, 2],
    either: Union[int, None] = None,
    newer: "int | None" = None,
    many: Optional[List[Network]] = None,
    user_name: str = "x",
    guessed=5,
    guessed_text="a",
):
    """Work on FILES.

    For as long as it takes.
    """


if __name__ == "__main__":
    typer.run(main)

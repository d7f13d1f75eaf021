"""Every type that an argument may have."""

from __future__ import annotations

import argparse
import decimal
import enum
import functools
import json
import pathlib
from pathlib import Path


class Color(enum.Enum):
    RED = "red"
    GREEN = "green"


def positive(text: str) -> int:
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError("must be at least 1")
    return value


def percent(text):
    value = float(text)
    if not 0 <= value <= 100:
        raise argparse.ArgumentTypeError("must be between 0 and 100")
    return value


def str2bool(value):
    """Read yes and no."""
    if isinstance(value, bool):
        return value
    if value.lower() in ("yes", "true", "t", "y", "1"):
        return True
    if value.lower() in ("no", "false", "f", "n", "0"):
        return False
    raise argparse.ArgumentTypeError("Boolean value expected.")


def truthy(text):
    return text.strip().lower() in {"1", "true", "on"}


def size(text):
    factor = {"k": 1024, "m": 1024**2}.get(text[-1:], 1)
    return int(text.rstrip("km")) * factor


def pair(text: str) -> tuple[str, str]:
    key, _, value = text.partition("=")
    return key, value


def main():
    parser = argparse.ArgumentParser(description="Every type.")
    parser.add_argument("--integer", type=int)
    parser.add_argument("--number", type=float)
    parser.add_argument("--text", type=str)
    parser.add_argument("--plain")
    parser.add_argument("--path", type=Path)
    parser.add_argument("--other-path", type=pathlib.PurePath)
    parser.add_argument("--input", type=argparse.FileType("r"))
    parser.add_argument("--output", type=argparse.FileType("w", encoding="utf-8"))
    parser.add_argument("--positive", type=positive, default=1)
    parser.add_argument("--percent", type=percent)
    parser.add_argument("--switch", type=str2bool, default=False)
    parser.add_argument("--bare-switch", type=str2bool, nargs="?", const=True)
    parser.add_argument("--truthy", type=truthy)
    parser.add_argument("--lambda-true", type=lambda text: text.lower() == "true")
    parser.add_argument("--lambda-int", type=lambda text: int(text))
    parser.add_argument("--lambda-any", type=lambda text: text.split(","))
    parser.add_argument("--lambda-hex", type=lambda text: int(text, 0))
    parser.add_argument("--hex", type=functools.partial(int, base=16))
    parser.add_argument("--size", type=size)
    parser.add_argument("--pair", type=pair, metavar="KEY=VALUE")
    parser.add_argument("--json", type=json.loads)
    parser.add_argument("--price", type=decimal.Decimal)
    parser.add_argument("--color", type=Color)
    parser.add_argument("--bool", type=bool, default=True)
    parser.add_argument("--none", type=None)
    print(parser.parse_args())


if __name__ == "__main__":
    main()

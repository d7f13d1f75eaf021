"""Every way to say what may be chosen."""

from __future__ import annotations

import argparse
from enum import Enum, IntEnum, StrEnum, auto

MODES = ["fast", "slow"]
LEVELS = ("debug", "info") + ("warning",)
HANDLERS = {"copy": print, "move": len}
SIZES = {"small": 1, "large": 100}


class Color(Enum):
    RED = "red"
    GREEN = "green"
    CRIMSON = "red"

    def __str__(self):
        return self.value


class Shape(str, Enum):
    ROUND = "round"
    SQUARE = "square"


class Speed(StrEnum):
    SLOW = auto()
    FAST = auto()


class Priority(IntEnum):
    LOW = 1
    HIGH = 5


parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("--literal", choices=["a", "b"])
parser.add_argument("--tuple", choices=("a", "b"))
parser.add_argument("--letters", choices="abc")
parser.add_argument("--constant", choices=MODES, default=MODES[0])
parser.add_argument("--sum", choices=LEVELS, help="one of %(choices)s")
parser.add_argument("--table", choices=HANDLERS)
parser.add_argument("--keys", choices=HANDLERS.keys())
parser.add_argument("--sorted-keys", choices=sorted(SIZES), default="small")
parser.add_argument("--range", type=int, choices=range(1, 5))
parser.add_argument("--wide", type=int, choices=range(1, 1001), default=10)
parser.add_argument("--steps", type=int, choices=range(0, 50, 10))
parser.add_argument("--numbers", type=float, choices=[0.5, 1.0])
parser.add_argument("--values", choices=[color.value for color in Color])
parser.add_argument("--members", type=Color, choices=list(Color), default=Color.RED)
parser.add_argument("--class", type=Color, choices=Color, dest="klass")
parser.add_argument("--shape", type=Shape, choices=list(Shape))
parser.add_argument("--speed", choices=list(Speed), default=Speed.SLOW)
parser.add_argument("--by-name", type=Color.__getitem__, choices=list(Color))
parser.add_argument("--names", choices=[p.name.lower() for p in Priority])
parser.add_argument("--priority", type=int, choices=[p.value for p in Priority])
parser.add_argument("--upper", choices=[mode.upper() for mode in MODES])
parser.add_argument("--filtered", choices=[n for n, v in SIZES.items() if v > 10])
parser.add_argument("--texts", choices=[str(n) for n in range(3)])
parser.add_argument("kind", choices=["one", "two"])
parser.add_argument("several", choices=MODES, nargs="*", default=["fast"])
print(parser.parse_args())

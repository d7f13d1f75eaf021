"""Arguments that are added in loops over what is written out."""

from __future__ import annotations

import argparse

OPTIONS = [
    ("--width", int, 80, "how wide"),
    ("--ratio", float, 0.5, "how much"),
    ("--title", str, "none", "what to call it"),
]
SWITCHES = {"force": "do it anyway", "dry-run": "do nothing"}
SPECS = [
    {"name": "--alpha", "type": int, "required": True},
    {"name": "--beta", "choices": ["x", "y"]},
]
TABLE = {
    "--host": {"default": "localhost", "help": "where"},
    "--port": dict(type=int, default=80),
}

parser = argparse.ArgumentParser(description="Loops.")
for name in ("--first", "--second"):
    parser.add_argument(name, type=int)
for flag, kind, default, text in OPTIONS:
    parser.add_argument(flag, type=kind, default=default, help=f"{text} (%(default)s)")
for name, text in SWITCHES.items():
    parser.add_argument(f"--{name}", action="store_true", help=text)
for number, name in enumerate(["one", "two"], start=1):
    parser.add_argument(f"--{name}", type=int, default=number)
for name, default in zip(["--left", "--right"], [1.5, 2.5]):
    parser.add_argument(name, type=float, default=default)
for spec in SPECS:
    parser.add_argument(spec["name"], **{k: v for k, v in spec.items() if k != "name"})
for names, settings in TABLE.items():
    parser.add_argument(names, **settings)
for index in range(2):
    group = parser.add_argument_group(f"Disk {index}")
    group.add_argument(f"--disk-{index}", required=index == 0)
for name in ["--keep", "--skip", "--done"]:
    if name == "--skip":
        continue
    parser.add_argument(name, action="store_true")
[parser.add_argument(f"--{letter}", type=int) for letter in "xyz"]
for name in sorted(SWITCHES):
    for suffix in ("min", "max"):
        parser.add_argument(f"--{name}-{suffix}", type=int)
print(parser.parse_args())

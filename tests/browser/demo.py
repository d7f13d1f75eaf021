"""A hub with something of everything, for screenshots and the tests of its pages."""

from __future__ import annotations

from typing import Any

from tests.servers import Hub

SHIPPED = ("fetch_rss.py", "http_check.py", "disk_usage.sh")
BACKUP = """#!/bin/sh
# /// script
# [tool.automation-hub]
# title = "Back up the shop's database"
# artifacts = ["*.txt", "*.json"]
# ///
echo "Dumping 48 tables ..."
printf 'table,rows\\norders,18422\\ncustomers,3107\\n' > tables.txt
echo '{"tables": 48, "bytes": 73400320}' > summary.json
echo "warning: table sessions is empty" >&2
sleep "${1:-1}"
echo "Done: 70 MiB"
"""
SLOW = """#!/bin/sh
echo 'Draining connections ...'
sleep 600
"""
BROKEN = """#!/usr/bin/env python3
import argparse
import sys

parser = argparse.ArgumentParser(description="Write this month's invoices")
parser.add_argument("--month", default="2026-11", help="Which month")
parser.add_argument("--format", choices=["pdf", "csv"], default="pdf")
parser.add_argument("--dry-run", action="store_true", help="Write nothing")
parser.parse_args()
print("Reading 212 orders")
print("KeyError: 'customer'", file=sys.stderr)
sys.exit(1)
"""
# What an earlier version of it said.
FORMERLY = ('print("Reading 212 orders")', 'print("Reading orders")')
# A queue that nobody serves.
PATIENT = """#!/bin/sh
# /// script
# [tool.automation-hub]
# title = "Train the model"
# queue = "gpu"
# ///
echo "training"
"""
WAIT_S = 60


def fill(hub: Hub) -> None:
    """Give a hub that is set up a past and a plan, and one that is started runs."""
    for name in SHIPPED:
        hub.copy_script(name)
    hub.add_script("db/backup.sh", BACKUP)
    hub.add_script("deploy/restart.sh", SLOW)
    hub.add_script("reports/invoices.py", BROKEN.replace(*FORMERLY))
    hub.add_script("models/train.sh", PATIENT)
    inside(hub, "sync()")
    hub.add_script("reports/invoices.py", BROKEN)
    inside(hub, "sync()")
    inside(hub, "remember()")
    ids = inside(hub, "start()")
    hub.wait_for(
        lambda: inside(hub, f"ended({ids!r})") == len(ids),
        WAIT_S,
        what="the runs of the demo ended",
    )


def inside(hub: Hub, call: str) -> Any:
    """Call a function of past.py in the hub's own Django."""
    return inside_of(hub, "past", call)


def inside_of(hub: Hub, module: str, call: str) -> Any:
    """Call a function of a module beside this one in the hub's own Django."""
    return hub.inside(f"tests.browser.{module}", call)

"""A hub with something of everything, for screenshots and the tests of its pages."""

from __future__ import annotations

import json
import time
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
    hub.manage("sync_scripts")
    hub.add_script("reports/invoices.py", BROKEN)
    hub.manage("sync_scripts")
    inside(hub, "remember()")
    ids = inside(hub, "start()")
    deadline = time.monotonic() + WAIT_S
    while inside(hub, f"ended({ids!r})") < len(ids):
        assert time.monotonic() < deadline, "The runs of the demo do not end."
        time.sleep(0.5)


def inside(hub: Hub, call: str) -> Any:
    """Call a function of past.py in the hub's own Django."""
    return inside_of(hub, "past", call)


def inside_of(hub: Hub, module: str, call: str) -> Any:
    """Call a function of a module beside this one in the hub's own Django."""
    code = (
        f"import json\nfrom tests.browser.{module} import *\nprint(json.dumps({call}))"
    )
    return json.loads(hub.manage("shell", "--no-imports", "-c", code).stdout)

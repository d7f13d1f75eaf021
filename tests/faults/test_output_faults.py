"""Whatever a script prints, its run ends and the hub stays small."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.faults.site import slots

# Far below what is printed, and above what a slot has of its own.
SLOT_BYTES = 150 * 2**20
LIMIT = "1048576"


@pytest.fixture(scope="module")
def installed(make_site):
    return make_site(broker="redis", LOG_LIMIT_BYTES=LIMIT)


def printing(site, name, text):
    """Start a cluster and a script of this text; returns (run, slots)."""
    site.add_script(name, f"#!/bin/sh\n{text}\n")
    cluster = site.start_cluster()
    return site.start(name), slots(cluster)


def peak_bytes(process) -> int:
    """Return the most memory that a process ever had."""
    with Path(f"/proc/{process.pid}/status").open() as status:
        [line] = [line for line in status if line.startswith("VmHWM")]
    return int(line.split()[1]) * 1024


@pytest.mark.fault(34)
def test_a_gigabyte_is_cut_and_costs_no_memory(site):
    run_id, parts = printing(site, "large.sh", "yes 0123456789 | head -c 1000000000")

    assert site.ended(run_id, 60) == ("completed", "exit")
    assert len(site.log(run_id)) < 2 * int(LIMIT)
    assert max(peak_bytes(part) for part in parts) < SLOT_BYTES


@pytest.mark.fault(34)
def test_printing_without_end_can_be_cancelled(site):
    run_id, parts = printing(site, "endless.sh", "exec yes")
    site.wait(lambda: len(site.log(run_id)) > 1000, what="it printed")

    site.cancel(run_id)

    assert site.ended(run_id) == ("cancelled", "user")
    assert max(peak_bytes(part) for part in parts) < SLOT_BYTES


@pytest.mark.fault(35)
def test_one_line_of_a_hundred_megabytes_is_cut(site):
    run_id, parts = printing(
        site, "line.sh", "head -c 100000000 /dev/zero | tr '\\\\0' x"
    )

    assert site.ended(run_id, 60) == ("completed", "exit")
    assert len(site.log(run_id)) < 2 * int(LIMIT)
    assert max(peak_bytes(part) for part in parts) < SLOT_BYTES


@pytest.mark.fault(36)
def test_bytes_that_are_no_text_are_made_visible(site):
    run_id, _parts = printing(
        site, "bytes.sh", r"printf 'a\000b\377c\rd\033[31me\342\200\256f\n'"
    )

    assert site.ended(run_id) == ("completed", "exit")
    visible = "a\u2400b\N{REPLACEMENT CHARACTER}c\rd\x1b[31me\u202ef\n"
    assert site.log(run_id) == visible

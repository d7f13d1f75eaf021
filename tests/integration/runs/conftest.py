"""A run, its folders and its log, for tests that write as a worker does."""

from __future__ import annotations

import pytest

from apps.runs.folders import folders as folders_of
from apps.runs.logs import LogWriter


@pytest.fixture
def run(make_run):
    """A run that goes on; test modules may have another."""
    return make_run(status="running")


@pytest.fixture
def place(run):
    """The folders in which that run works."""
    made = folders_of(run)
    made.make()
    return made


@pytest.fixture
def write(run):
    """Write blocks of (stream, text) into the run's log and return the run's id.

    With `is_flushed` each block is a row of its own, if it is not larger than one.
    """

    def write_blocks(*blocks, limit_bytes=2**24, is_flushed=False):
        log = LogWriter(run.pk, limit_bytes=limit_bytes)
        for stream, text in blocks:
            log.write(stream, text.encode())
            if is_flushed:
                log.flush()
        log.close()
        return run.pk

    return write_blocks

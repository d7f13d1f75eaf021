"""`python -m benchmarks` measures a real hub; what it finds is no test's business."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from tests.servers.hub import ROOT

pytestmark = [pytest.mark.acceptance, pytest.mark.redis]


def bench(*arguments):
    return subprocess.run(
        [sys.executable, "-m", "benchmarks", *arguments],
        capture_output=True,
        text=True,
        cwd=ROOT,
        timeout=120,
        check=False,
    )


def test_a_measure_gives_a_table_and_data(tmp_path, shared_redis):
    file = tmp_path / "figures.json"

    done = bench("post", "--quick", "--json", str(file))

    assert done.returncode == 0, done.stderr
    found = json.loads(file.read_text())
    assert found["settings"]["LEASE_S"] == 30
    first = found["figures"][0]
    assert 0 < first["values"]["median_ms"] <= first["values"]["p95_ms"]
    assert first["at_most"] == {"median_ms": 5, "p95_ms": 10}
    assert "| post " in done.stdout


def test_an_unknown_measure_is_refused_with_the_names_of_those_there_are():
    done = bench("weather")

    assert done.returncode == 2
    assert "invalid choice: 'weather'" in done.stderr
    assert "queries" in done.stderr

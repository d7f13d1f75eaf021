"""What real scripts print, however they print it, can be read by its lines."""

from __future__ import annotations

import pytest

from apps.runs import logs, worker

pytestmark = pytest.mark.django_db


@pytest.fixture
def perform(add_script, make_run):
    """Run a script's source in a slot; returns the run afterwards."""

    def run_source(source, name="case.py"):
        run = make_run(script=add_script(name, source))
        worker.look()
        run.refresh_from_db()
        assert run.status == "completed", run.detail
        return run

    return run_source


def texts(run, first=1, last=100):
    found = logs.read_lines(run.pk, first, last, is_numbered=True)
    return [line.text for line in found]


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (b"\xff\xfe\n\xe2\x82", ["\ufffd\ufffd", "\ufffd"]),
        (b"a\0b\n\0", ["a\u2400b", "\u2400"]),
        (b"10%\r20%\rdone\r\n", ["10%\r20%\rdone\r"]),
        (b"\x1b[31mred\x1b[0m\n", ["\x1b[31mred\x1b[0m"]),
        (b"\n\n", ["", ""]),
        ("\u2028 \x85 \x0b\n二\n".encode(), ["\u2028 \x85 \x0b", "二"]),
    ],
)
def test_any_bytes(perform, raw, expected):
    run = perform(f"import sys\nsys.stdout.buffer.write({raw!r})\n")

    assert run.log_bytes == len(raw)
    assert texts(run) == expected


def test_one_line_of_100_mb(perform, settings):
    run = perform("#!/bin/sh\nhead -c 100000000 /dev/zero | tr '\\0' x\n", "case.sh")

    assert run.log_bytes == 100_000_000
    assert logs.summarize(run.pk).lines == 1
    kept = sum(text.count("x") for text in logs.read_text(run.pk))
    assert settings.LOG_LIMIT_BYTES * 0.5 < kept <= settings.LOG_LIMIT_BYTES


def test_numbers_behind_the_cut_are_those_of_the_script(perform, settings):
    settings.LOG_LIMIT_BYTES = 200_000

    run = perform("#!/bin/sh\nseq 300000\n", "case.sh")

    assert logs.summarize(run.pk).lines == 300_000
    assert texts(run, 299_990, 300_000) == [str(n) for n in range(299_990, 300_001)]
    assert texts(run, 1, 10) == [str(n) for n in range(1, 11)]


def test_a_line_is_there_while_its_script_waits_for_it(perform, monkeypatch, tmp_path):
    """The script goes on only when somebody has read what it printed."""
    seen = tmp_path / "seen"
    honest = worker.Execution._tick

    def look_at_the_log(self):
        if logs.read_lines(self._run.pk, 2, 2, is_numbered=True):
            seen.touch()
        return honest(self)

    monkeypatch.setattr(worker.Execution, "_tick", look_at_the_log)

    perform(
        "import pathlib, sys, time\nprint('one\\ntwo', end='')\n"
        f"for turn in range(300):\n    if pathlib.Path({str(seen)!r}).exists():\n"
        "        sys.exit(0)\n    time.sleep(0.1)\nsys.exit('nobody saw it')\n"
    )

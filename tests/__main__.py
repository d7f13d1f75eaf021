"""Runs every test: `python -m tests [--cover | --faults] [pytest's own arguments]`.

Without arguments in parts, each a process of its own, of which a few run side by side:
everything in process on SQLite, tests/integration once more on PostgreSQL,
tests/acceptance and tests/browser; and tests/faults in the end, beside nothing else,
since its leases are short. What a part says comes when it has ended; the last lines
name what failed, and say how each part went. With arguments the tests run on SQLite
and then, where they concern both, on PostgreSQL. With `--cover`, or under `CI=true`,
branch coverage is measured on SQLite and has to reach the floor in pyproject.toml.
`--faults` runs tests/faults alone. Under `CI=true` a missing server or browser is a
failure; Debian's Chromium is installed first where that can be done.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from pathlib import Path
from types import FrameType
from typing import NoReturn

from tests.failures import FILE as FAILURES
from tests.parts import Outcome, Part, mixed, run_alone, run_parts, shares
from tests.servers import chromium
from tests.servers.fixtures import under_ci
from tests.servers.postgres import PostgresServer, create_database, postgres_server
from tests.servers.process import ServerMissing

ROOT = Path(__file__).resolve().parents[1]
TESTS = Path("tests")
ON_BOTH = TESTS / "integration"
# What these are about is no matter of the database, so one run of them is enough.
ON_ONE = (
    ON_BOTH / "ops_scripts",
    ON_BOTH / "envs" / "test_own_environment.py",
    ON_BOTH / "runs" / "test_artifacts_in_s3.py",
    ON_BOTH / "system" / "test_memory.py",
)
# Sources, or other processes, are all that these look at, or they are exhaustive: what
# they call of the hub other tests call as well. Counting lines would double what they
# take.
UNCOUNTED = (
    TESTS / "contracts",
    TESTS / "fidelity",
    TESTS / "unit" / "servers",
    TESTS / "unit" / "tasks" / "test_fires_against_a_walk.py",
    ON_BOTH / "api" / "test_tasks_bad_input.py",
    ON_BOTH / "ops_scripts",
    ON_BOTH / "runs" / "test_any_order_of_events.py",
    ON_BOTH / "runs" / "test_listing.py",
    ON_BOTH / "schedules" / "test_any_order_of_planning.py",
    ON_BOTH / "system" / "test_hostile_console.py",
)
FAULTS = TESTS / "faults"
ACCEPTANCE = TESTS / "acceptance"
# In a process of its own: Playwright keeps an event loop in the thread that uses it,
# where Django would refuse to ask the database.
BROWSER = TESTS / "browser"
OWN_OPTIONS = {"--cover", "--faults"}
COVERAGE = ("--cov", "--cov-report=", "--cov-fail-under=0")
# Tests wait as much as they compute: with one part more than there are processors, none
# of these stands idle.
LANES = min((os.cpu_count() or 1) + 1, 6)


def main(arguments: Sequence[str]) -> int:
    """Run all parts, say how they went, and return the exit code."""
    signal.signal(signal.SIGTERM, _interrupt)
    os.chdir(ROOT)
    cover = "--cover" in arguments or (under_ci() and not arguments)
    extra = [argument for argument in arguments if argument not in OWN_OPTIONS]
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        # Every part writes there what fails; see tests/failures.py.
        failures = folder / "failures"
        failures.touch()
        os.environ[FAILURES] = str(failures)
        server = _postgres(stack)
        measured = folder if cover else None
        if "--faults" in arguments:
            outcomes = run_parts(_faults(server, extra), lanes=LANES)
        elif extra:
            outcomes = [
                run_alone(_on_sqlite(server, extra, measured)),
                _run_on_postgres(server, extra),
            ]
        else:
            outcomes = _run_all(server, measured)
        failed = failures.read_text("utf-8").splitlines()
        if measured:
            outcomes.append(_coverage(measured))
    if failed:
        print("\nWhat failed:", *failed, sep="\n", flush=True)
    print("\nTests:", *(outcome.sentence for outcome in outcomes), sep="\n", flush=True)
    return 0 if all(outcome.ok for outcome in outcomes) else 1


def _run_all(
    server: PostgresServer | ServerMissing, measured: Path | None
) -> list[Outcome]:
    print(chromium.install(), flush=True)
    outcomes = run_parts(parts_of(server, measured), lanes=LANES)
    if isinstance(server, ServerMissing):
        outcomes.append(_not_run(server))
    return outcomes + run_parts(_faults(server, []), lanes=LANES)


def parts_of(
    server: PostgresServer | ServerMissing, measured: Path | None
) -> list[Part]:
    """Return everything but the faults, in the order in which it begins."""
    env = _env(server)
    hubs = _named("whole hubs", files_in(ACCEPTANCE), 2)
    pages = _named("a browser", files_in(BROWSER), 2)
    return mixed(
        [Part(name, share, env) for name, share in hubs],
        [Part(name, share, env) for name, share in pages],
        _in_process(server, measured),
        _once_more(server),
    )


def _in_process(
    server: PostgresServer | ServerMissing, measured: Path | None
) -> list[Part]:
    """Return the parts that run on SQLite; coverage goes to the folder."""
    apart = (FAULTS, ACCEPTANCE, BROWSER)
    files = [file for file in files_in(TESTS) if not _is_in(file, apart)]
    counted = [file for file in files if not _is_in(file, UNCOUNTED)]
    uncounted = [str(file) for file in files if _is_in(file, UNCOUNTED)]
    parts = [
        _on_sqlite(server, share, measured, name)
        for name, share in _named("SQLite", counted, 3)
    ]
    return [*parts, _on_sqlite(server, uncounted, None, "SQLite, the rest")]


def _once_more(server: PostgresServer | ServerMissing) -> list[Part]:
    """Return the parts that run on PostgreSQL."""
    if isinstance(server, ServerMissing):
        return []
    files = [file for file in files_in(ON_BOTH) if not _is_in(file, ON_ONE)]
    return [
        Part(name, share, _on_postgres(server))
        for name, share in _named("PostgreSQL", files, 2)
    ]


def files_in(folder: Path) -> list[Path]:
    """Return the files of tests below a folder."""
    return sorted(folder.rglob("test_*.py"))


def _is_in(file: Path, folders: Iterable[Path]) -> bool:
    return any(file.is_relative_to(folder) for folder in folders)


def _named(name: str, files: Iterable[Path], count: int) -> list[tuple[str, list[str]]]:
    """Return the files in so many shares, each with its name."""
    lists = shares(files, count)
    return [(f"{name}, {n} of {len(lists)}", s) for n, s in enumerate(lists, start=1)]


def _faults(server: PostgresServer | ServerMissing, extra: Sequence[str]) -> list[Part]:
    return [
        Part(name, [*share, *extra], _env(server))
        # What a file holds tells little of how long it waits: small shares even it out.
        for name, share in _named("faults", files_in(FAULTS), 2 * LANES)
    ]


def _on_sqlite(
    server: PostgresServer | ServerMissing,
    arguments: Sequence[str],
    measured: Path | None,
    name: str = "SQLite",
) -> Part:
    """Return the part that runs these on SQLite; coverage goes to the folder."""
    env = _env(server)
    if measured is None:
        return Part(name, arguments, env)
    env["COVERAGE_FILE"] = str(measured / f"coverage.{name.replace(' ', '-')}")
    return Part(name, [*COVERAGE, *arguments], env)


def split_paths(extra: Sequence[str]) -> tuple[list[str], list[str]]:
    """Return what of pytest's arguments names tests, and the rest."""
    paths = [a for a in extra if Path(a.partition("::")[0]).exists()]
    return paths, [a for a in extra if a not in paths]


def _postgres(stack: ExitStack) -> PostgresServer | ServerMissing:
    """Start the PostgreSQL that both runs use, or return why there is none."""
    print("Starting PostgreSQL for the tests ...", flush=True)
    try:
        return stack.enter_context(postgres_server())
    except ServerMissing as exc:
        return exc


def _env(server: PostgresServer | ServerMissing) -> dict[str, str]:
    if isinstance(server, ServerMissing):
        return {}
    return {"HUB_TEST_POSTGRES_URL": server.url}


def _run_on_postgres(
    server: PostgresServer | ServerMissing, extra: Sequence[str]
) -> Outcome:
    if isinstance(server, ServerMissing):
        return _not_run(server)
    paths, options = split_paths(extra)
    inside = [path for path in paths if Path(path).is_relative_to(ON_BOTH)]
    if paths and not inside:
        return Outcome(True, "Nothing to run on PostgreSQL.")
    chosen = inside or [str(ON_BOTH), *(f"--ignore={one}" for one in ON_ONE)]
    return run_alone(Part("PostgreSQL", [*chosen, *options], _on_postgres(server)))


def _not_run(missing: ServerMissing) -> Outcome:
    return Outcome(not under_ci(), f"NOT RUN on PostgreSQL. {missing}")


def _on_postgres(server: PostgresServer) -> dict[str, str]:
    """Return the environment of what runs on PostgreSQL, with a database for it."""
    return {**_env(server), "DATABASE_URL": create_database(server.url)}


def _coverage(folder: Path) -> Outcome:
    """Put together what the parts measured, and compare it with the floor."""
    coverage = [sys.executable, "-m", "coverage"]
    found = [str(file) for file in sorted(folder.glob("coverage.*"))]
    combined = subprocess.call([*coverage, "combine", "--quiet", *found]) == 0
    ok = combined and subprocess.call([*coverage, "report"]) == 0
    return Outcome(ok, "Coverage holds." if ok else "Coverage FAILED.")


def _interrupt(number: int, frame: FrameType | None) -> NoReturn:
    raise SystemExit("Tests: told to end.")


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit("Tests: interrupted.")

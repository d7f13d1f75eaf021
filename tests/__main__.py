"""Runs every test: `python -m tests [--cover | --faults] [pytest's own arguments]`.

Without arguments in three steps, each of two parts side by side on two processors:
everything in process on SQLite beside tests/acceptance, tests/integration once more on
PostgreSQL beside tests/browser, and tests/faults in two halves, alone, since its leases
are short. What a part beside another says comes when the other has ended; the last
lines name what failed, and say how each part went. With arguments they run on SQLite
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
import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import IO, NoReturn, Self

from tests.failures import FILE as FAILURES
from tests.servers import chromium
from tests.servers.fixtures import under_ci
from tests.servers.postgres import PostgresServer, create_database, postgres_server
from tests.servers.process import ServerMissing, launched

ROOT = Path(__file__).resolve().parents[1]
ON_BOTH = Path("tests/integration")
# These need no database, so one run of them is enough.
ON_ONE = "tests/integration/ops_scripts"
WHOLE_OF_BOTH = [str(ON_BOTH), f"--ignore={ON_ONE}"]
FAULTS = "tests/faults"
ACCEPTANCE = "tests/acceptance"
# In a process of its own: Playwright keeps an event loop in the thread that uses it,
# where Django would refuse to ask the database.
BROWSER = "tests/browser"
IN_PROCESS = [f"--ignore={folder}" for folder in (FAULTS, ACCEPTANCE, BROWSER)]
TESTS = "test_*.py"
OWN_OPTIONS = {"--cover", "--faults"}
NOTHING_COLLECTED = 5
STOP_S = 30


@dataclass(frozen=True)
class Outcome:
    """How one part went, as a sentence."""

    ok: bool
    sentence: str


def main(arguments: Sequence[str]) -> int:
    """Run all parts, say how they went, and return the exit code."""
    signal.signal(signal.SIGTERM, _interrupt)
    os.chdir(ROOT)
    cover = "--cover" in arguments or (under_ci() and not arguments)
    extra = [argument for argument in arguments if argument not in OWN_OPTIONS]
    if cover:
        _coverage("erase")
    with ExitStack() as stack:
        _note_failures(stack)
        server = _postgres(stack)
        if "--faults" in arguments:
            outcomes = _run_faults(server, extra, stack)
        elif extra:
            outcomes = [
                _run_on("SQLite", extra, cover=cover, env=_env(server)),
                _run_on_postgres(server, extra),
            ]
        else:
            outcomes = _run_all(server, stack, cover=cover)
        failed = Path(os.environ[FAILURES]).read_text("utf-8").splitlines()
    if cover:
        ok = _coverage("report") == 0
        outcomes.append(Outcome(ok, "Coverage holds." if ok else "Coverage FAILED."))
    if failed:
        print("\nWhat failed:", *failed, sep="\n", flush=True)
    print(f"\nTests: {' '.join(outcome.sentence for outcome in outcomes)}", flush=True)
    return 0 if all(outcome.ok for outcome in outcomes) else 1


def _note_failures(stack: ExitStack) -> None:
    """Have every part write what fails to one file; see tests/failures.py."""
    folder = stack.enter_context(tempfile.TemporaryDirectory())
    file = Path(folder) / "failures"
    file.touch()
    os.environ[FAILURES] = str(file)


def _run_all(
    server: PostgresServer | ServerMissing, stack: ExitStack, *, cover: bool
) -> list[Outcome]:
    print(chromium.install(), flush=True)
    env = _env(server)

    def beside(name: str, *paths: str) -> Beside:
        return stack.enter_context(Beside(name, paths, env))

    accepted = beside("whole hubs", ACCEPTANCE)
    outcomes = [
        _run_on("SQLite", IN_PROCESS, cover=cover, env=env),
        accepted.outcome(),
    ]
    seen = beside("a browser", BROWSER)
    outcomes += [_run_on_postgres(server, []), seen.outcome()]
    return outcomes + _run_faults(server, [], stack)


def _run_faults(
    server: PostgresServer | ServerMissing, extra: Sequence[str], stack: ExitStack
) -> list[Outcome]:
    started = [
        stack.enter_context(
            Beside(f"faults, half {number},", [*half, *extra], _env(server))
        )
        for number, half in enumerate(halves(sorted(Path(FAULTS).glob(TESTS))), start=1)
    ]
    return [half.outcome() for half in started]


def halves(files: Sequence[Path]) -> tuple[list[str], list[str]]:
    """Return the files in two lists that take about as long: by how much they hold."""
    lists: tuple[list[str], list[str]] = [], []
    sizes = [0, 0]
    for size, name in sorted(((f.stat().st_size, str(f)) for f in files), reverse=True):
        shorter = sizes.index(min(sizes))
        lists[shorter].append(name)
        sizes[shorter] += size
    return lists


class Beside:
    """A part of the tests beside the others; a context manager that ends it."""

    def __init__(
        self, name: str, arguments: Sequence[str], env: Mapping[str, str]
    ) -> None:
        print(f"Running the tests on {name} beside the others ...", flush=True)
        self._name = name
        self._began = time.monotonic()
        self._output = tempfile.TemporaryFile("w+")  # noqa: SIM115
        self._child = _start_pytest([*arguments, "-q"], env, output=self._output)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        if self._child.poll() is None:
            _end(self._child, patience_s=0)
        self._output.close()

    def outcome(self) -> Outcome:
        """Wait for their end, show what they said, and return how they went."""
        code = self._child.wait()
        self._output.seek(0)
        print(f"The tests on {self._name} said:\n{self._output.read()}", flush=True)
        return _outcome(self._name, code, self._began)


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


def _run_on(
    name: str, extra: Sequence[str], *, env: Mapping[str, str], cover: bool = False
) -> Outcome:
    """Run pytest once; `env` is added to the environment."""
    measure = ["--cov", "--cov-report=", "--cov-fail-under=0"] if cover else []
    print(f"Running the tests on {name} ...", flush=True)
    began = time.monotonic()
    code = _pytest([*measure, *extra], env)
    if code == NOTHING_COLLECTED and extra:
        return Outcome(True, f"Nothing to run on {name}.")
    return _outcome(name, code, began)


def _outcome(name: str, code: int, began: float) -> Outcome:
    word = "FAILED" if code else "Passed"
    return Outcome(code == 0, f"{word} on {name} in {time.monotonic() - began:.0f} s.")


def _run_on_postgres(
    server: PostgresServer | ServerMissing, extra: Sequence[str]
) -> Outcome:
    if isinstance(server, ServerMissing):
        return Outcome(not under_ci(), f"NOT RUN on PostgreSQL. {server}")
    paths, options = split_paths(extra)
    inside = [path for path in paths if Path(path).is_relative_to(ON_BOTH)]
    if paths and not inside:
        return Outcome(True, "Nothing to run on PostgreSQL.")
    arguments = [*inside, *options] if inside else [*WHOLE_OF_BOTH, *options]
    return _run_on("PostgreSQL", arguments, env=_on_postgres(server))


def _on_postgres(server: PostgresServer) -> dict[str, str]:
    """Return the environment of what runs on PostgreSQL, with a database for it."""
    return {**_env(server), "DATABASE_URL": create_database(server.url)}


def _pytest(arguments: Sequence[str], env: Mapping[str, str]) -> int:
    """Run pytest in a process of its own; settings are read once a process."""
    child = _start_pytest(arguments, env)
    try:
        return child.wait()
    except KeyboardInterrupt:
        # Ctrl-C reached it too; a SIGINT for this process alone did not.
        _end(child, patience_s=2)
        raise
    except SystemExit:
        _end(child, patience_s=0)
        raise


def _start_pytest(
    arguments: Sequence[str], env: Mapping[str, str], output: IO[str] | None = None
) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        launched([sys.executable, "-m", "pytest", *arguments], signal.SIGTERM),
        env={**os.environ, **env},
        stdout=output,
        stderr=subprocess.STDOUT if output else None,
    )


def _end(child: subprocess.Popen[bytes], *, patience_s: float) -> None:
    """See that pytest ends, after it has ended its own servers and hubs."""
    try:
        child.wait(patience_s)
    except subprocess.TimeoutExpired:
        child.terminate()
    try:
        child.wait(STOP_S)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()


def _coverage(command: str) -> int:
    return subprocess.call([sys.executable, "-m", "coverage", command])


def _interrupt(number: int, frame: FrameType | None) -> NoReturn:
    raise SystemExit("Tests: told to end.")


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit("Tests: interrupted.")

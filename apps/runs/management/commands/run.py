from __future__ import annotations

import contextlib
import getpass
import os
import sys
import time
from collections.abc import Mapping
from typing import Any

from django.core.management.base import CommandError, CommandParser

from apps.core.commands import HubCommand
from apps.core.errors import HubError, NotFound
from apps.runs import logs, sentences, services
from apps.runs.management.given import GivenFiles, Texts, await_choices
from apps.runs.models import Run, RunStatus, Trigger
from apps.runs.rows import rows
from apps.runs.waits import Waits
from apps.scripts import services as scripts
from apps.scripts.models import Script
from apps.scripts.parameters import convert

POLL_S = 0.3
# A shell's convention for a command that a signal ended.
SIGNAL_BASE = 128


class Command(HubCommand):
    help = (
        "Start a run: manage.py run fetch_rss.py url=https://… limit=5 --wait. "
        "With --wait it follows the log and exits with the script's own code."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("script_name", help="its path in the scripts folder")
        parser.add_argument(
            "parameters",
            nargs="*",
            metavar="name=value",
            help="a list takes its name several times; a file is given by its path",
        )
        parser.add_argument(
            "--secret",
            action="append",
            default=[],
            metavar="name",
            help="ask for this parameter without showing it, or read it from standard "
            "input where that is no terminal",
        )
        parser.add_argument(
            "--wait", action="store_true", help="follow the log until the run ends"
        )

    def run_from_argv(self, argv: list[str]) -> None:
        # What this process makes in the data folder is nobody else's to read.
        os.umask(0o077)
        super().run_from_argv(argv)

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            run = self._start(
                options["script_name"], options["parameters"], options["secret"]
            )
        except HubError as exc:
            raise CommandError(exc.message) from exc
        if not options["wait"]:
            self.stdout.write(str(run.pk))
            return
        self.stderr.write(f"run {run.pk} queued")
        try:
            self._follow(run)
        except KeyboardInterrupt:
            # What was started from this terminal ends with it.
            with contextlib.suppress(HubError):
                services.cancel_run(run=run)
            self._follow(run)
        sys.exit(self._exit_code(run))

    def _start(self, name: str, words: list[str], secrets: list[str]) -> Run:
        script = _find_script(name)
        scripts.refresh_script(script=script)
        schema = script.parameters_schema
        texts = _pairs(words, schema) | _asked(secrets)
        files = GivenFiles(schema)
        try:
            # What is wrong is said before anything is sent.
            self._converted(script, files.checked(texts))
            parameters = self._converted(script, files.send(texts))
            await_choices(script, parameters)
            return services.start_run(
                script=script, parameters=parameters, user=None, trigger=Trigger.CLI
            )
        except (HubError, CommandError):
            files.take_back()
            raise

    def _converted(self, script: Script, texts: Texts) -> dict[str, Any]:
        parameters, problems = convert(script.parameters_schema, texts)
        if problems:
            raise CommandError(scripts.problem_sentence(problems[0]))
        return parameters

    def _follow(self, run: Run) -> None:
        seq, said = 0, ""
        while True:
            run.refresh_from_db()
            ended = not run.is_active
            seq = self._echo_new(run, seq)
            if ended:
                return
            said = self._say_why_it_waits(run, said)
            time.sleep(POLL_S)

    def _echo_new(self, run: Run, seq: int) -> int:
        """Print what was printed behind `seq`; returns how far that was."""
        while chunks := logs.read_after(run.pk, seq, 50):
            for chunk in chunks:
                self._echo(chunk)
            seq = chunks[-1]["seq"]
        return seq

    def _echo(self, chunk: dict[str, Any]) -> None:
        out = self.stdout if chunk["stream"] == "stdout" else self.stderr
        out.write(chunk["text"], ending="")
        out.flush()

    def _say_why_it_waits(self, run: Run, said: str) -> str:
        row = rows(Run.objects).get(pk=run.pk)
        sentence = sentences.waiting(row, Waits.of([row])) or ""
        if sentence and sentence != said:
            self.stderr.write(f"waiting: {sentence}")
        return sentence

    def _exit_code(self, run: Run) -> int:
        row = rows(Run.objects).get(pk=run.pk)
        self.stderr.write(f"run {run.pk} {row['status']}: {sentences.message(row)}")
        if run.exit_code is not None:
            return run.exit_code
        if run.signal is not None:
            return SIGNAL_BASE + run.signal
        return 0 if run.status == RunStatus.COMPLETED else 1


def _find_script(name: str) -> Script:
    try:
        return scripts.find_script(name=name, user=SHELL, to_run=True)
    except NotFound as exc:
        raise CommandError(
            f"There is no script {name!a}; `manage.py sync_scripts` looks into the "
            "scripts folder again."
        ) from exc


def _asked(names: list[str]) -> dict[str, str]:
    """Return what is given for secrets: not as words, which everybody here can read."""
    if sys.stdin.isatty():
        return {name: getpass.getpass(f"{name}: ") for name in names}
    if len(names) > 1:
        raise CommandError(
            "Standard input holds one secret; name one of them with --secret, or start "
            "this in a terminal."
        )
    return {name: sys.stdin.read().removesuffix("\n") for name in names}


def _pairs(words: list[str], schema: Mapping[str, Any]) -> dict[str, str | list[str]]:
    """Return what each name was given: of a list each word is an item, line ends and
    all."""
    pairs: dict[str, list[str]] = {}
    for word in words:
        name, equals, value = word.partition("=")
        if not name:
            raise CommandError(f"{word!r} is not name=value.")
        if not equals:
            raise CommandError(f"{word!r} is not name=value; write it as {word}=…")
        pairs.setdefault(name, []).append(value)
    fields = schema.get("properties", {})
    lists = {name for name in fields if fields[name].get("type") == "array"}
    return {
        name: v if name in lists or len(v) > 1 else v[0] for name, v in pairs.items()
    }


class _Shell:
    """Whoever holds this host's shell: it reads the database file anyway."""

    is_superuser = True
    is_authenticated = True


SHELL: Any = _Shell()
